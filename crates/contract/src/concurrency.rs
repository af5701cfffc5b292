//! Many at once.

use std::collections::BTreeSet;

use todo_domain::{
    ConversationId, Priority, TaskAction, TaskChange, TaskDone, TaskOutcome, TaskPatch, TaskQuery,
    TaskVersion,
    ports::{BeginOutcome, ConversationRef, EndOutcome, StepOutcome},
};
use tokio::task::JoinSet;

use super::{ChatStores, LEASE, TaskStores, TurnStores, call, number, titled, uuid};

/// The other one is told to wait.
pub async fn of_two_turns_begun_at_once_one_begins(stores: TurnStores) {
    let ada = stores.user("ada").await;
    let first = stores.begin(ada, "hello").await;
    stores.finish(&first, "Hello.").await;
    let conversation = ConversationRef::Existing(first.fence.conversation_id);
    let mut begins = JoinSet::new();
    for _ in 0..4 {
        let stores = stores.clone();
        begins.spawn(async move { stores.say(ada, conversation, "add milk", LEASE).await });
    }
    let outcomes = begins.join_all().await;
    let begun = outcomes.iter().filter(|it| matches!(it, BeginOutcome::Begun(_))).count();
    let waiting = |it: &&BeginOutcome| matches!(it, BeginOutcome::TurnInProgress { .. });
    assert_eq!((begun, outcomes.iter().filter(waiting).count()), (1, 3));
}

/// No number is given twice, and none is left out.
pub async fn fifty_tasks_added_at_once_have_fifty_numbers(stores: TaskStores) {
    let ada = stores.user("ada").await;
    let mut adds = JoinSet::new();
    for _ in 0..50 {
        let stores = stores.clone();
        adds.spawn(async move { stores.add(ada, titled("milk")).await.id });
    }
    let numbers: BTreeSet<_> = adds.join_all().await.into_iter().collect();
    assert_eq!(numbers, (1..=50).map(number).collect());
}

/// Both callers read the same records.
pub async fn the_same_step_run_twice_at_once_is_carried_out_once(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let turn = stores.begin(ada, "add milk").await;
    let calls = vec![call(TaskChange::Create(titled("milk")))];
    let mut steps = JoinSet::new();
    for _ in 0..4 {
        let (stores, turn, calls) = (stores.clone(), turn.clone(), calls.clone());
        steps.spawn(async move { stores.step(&turn, 1, calls).await });
    }
    let outcomes = steps.join_all().await;
    assert!(matches!(outcomes[0], StepOutcome::Recorded(_)));
    assert!(outcomes.iter().all(|outcome| *outcome == outcomes[0]));
    assert_eq!(stores.list(ada, TaskQuery::default()).await.tasks.len(), 1);
}

/// Every change counts.
pub async fn changes_of_one_task_happen_one_after_another(stores: TaskStores) {
    let ada = stores.user("ada").await;
    let task = stores.add(ada, titled("milk")).await;
    let mut changes = JoinSet::new();
    for index in 0..20 {
        let stores = stores.clone();
        changes.spawn(async move {
            let title = todo_domain::TaskTitle::new(format!("milk {index}")).ok();
            let patch = TaskPatch { title, priority: Some(Priority::High), ..TaskPatch::default() };
            stores.act(ada, task.id, TaskAction::Update(patch)).await
        });
    }
    let mut versions = BTreeSet::new();
    for outcome in changes.join_all().await {
        let TaskOutcome::Done(TaskDone::Updated { before, after }) = outcome else {
            unreachable!("{outcome:?}")
        };
        assert_eq!(after.version, before.version.next());
        versions.insert(after.version);
    }
    assert_eq!(versions, (2..=21).map(TaskVersion::new).collect());
}

/// Whichever comes first, the end is a sound one.
pub async fn a_deletion_during_a_turn_leaves_no_half_of_it(stores: ChatStores) {
    let ada = stores.user("ada").await;
    for _ in 0..5 {
        let turn = stores.begin(ada, "add milk").await;
        let id = turn.fence.conversation_id;
        let (deleted, ended) =
            tokio::join!(stores.conversations.delete(ada, id), stores.finish(&turn, "Done."));
        assert!(deleted.expect("works"));
        assert!(matches!(ended, EndOutcome::Ended(_) | EndOutcome::FencedOff));
        let conversation = ConversationRef::Existing(id);
        let gone = stores.say(ada, conversation, "hello", LEASE).await;
        assert_eq!(gone, BeginOutcome::ConversationNotFound);
    }
}

/// Users do not wait for each other's turns.
pub async fn many_users_talk_at_once(stores: TurnStores) {
    let mut talks = JoinSet::new();
    for index in 0..10 {
        let stores = stores.clone();
        talks.spawn(async move {
            let user = stores.user(&format!("user{index}")).await;
            let conversation = ConversationRef::New(ConversationId::new(uuid()));
            let begun = stores.say(user, conversation, "add milk", LEASE).await;
            let BeginOutcome::Begun(turn) = begun else { unreachable!("{begun:?}") };
            let create = call(TaskChange::Create(titled("milk")));
            let calls = stores.recorded(&turn, 1, vec![create]).await;
            stores.finish(&turn, "Done.").await;
            calls[0].effects().next().map(|effect| effect.task_id)
        });
    }
    assert!(talks.join_all().await.into_iter().all(|id| id == Some(number(1))));
}
