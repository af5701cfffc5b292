//! Old turns go, and what was said stays.

use std::time::Duration;

use todo_domain::{
    ConversationId, FailureCode, PageLimit, TaskChange,
    ports::{BeginOutcome, Begun, ConversationRef, HistoryEntry},
};

use super::{Stores, TurnStores, at, call, titled, uuid};

async fn is_kept(stores: &TurnStores, turn: &Begun) -> bool {
    let found = stores.turns.turn(turn.fence.user_id, turn.fence.turn_id).await;
    found.expect("works").is_some()
}

async fn forget(stores: &Stores, ended_before: i64, limit: u32) -> u64 {
    stores.retention.forget_turns(at(ended_before), limit).await.expect("works")
}

/// Turns of the cases end at second 1.
pub async fn a_turn_that_ended_before_is_forgotten_and_its_messages_stay(stores: Stores) {
    let ada = stores.user("ada").await;
    let turn = stores.begin(ada, "add milk").await;
    stores.recorded(&turn, 1, vec![call(TaskChange::Create(titled("milk")))]).await;
    stores.finish(&turn, "Done.").await;
    assert_eq!(forget(&stores, 1, 500).await, 0);
    assert!(is_kept(&stores, &turn).await);
    assert_eq!(forget(&stores, 2, 500).await, 1);
    assert!(!is_kept(&stores, &turn).await);
    let conversation = turn.fence.conversation_id;
    let opened = stores.conversations.open(ada, conversation, PageLimit::MAX).await;
    let (_, page) = opened.expect("works").expect("is there");
    assert_eq!(page.messages.len(), 2);
    assert!(page.messages.iter().all(|message| message.turn_id == turn.fence.turn_id));
    assert_eq!(forget(&stores, 2, 500).await, 0);
}

/// However old it is.
pub async fn a_turn_that_runs_is_not_forgotten(stores: Stores) {
    let ada = stores.user("ada").await;
    let running = stores.begin(ada, "one").await;
    let new = ConversationRef::New(ConversationId::new(uuid()));
    let dead = stores.say(ada, new, "two", Duration::ZERO).await;
    let BeginOutcome::Begun(dead) = dead else { unreachable!("{dead:?}") };
    assert_eq!(forget(&stores, 1_000_000, 500).await, 0);
    assert!(is_kept(&stores, &running).await && is_kept(&stores, &dead).await);
    stores.finish(&running, "done").await;
}

/// Whosever they are, and no more than asked for.
pub async fn turns_of_all_users_are_forgotten_little_by_little(stores: Stores) {
    for name in ["ada", "grace", "edsger"] {
        let user = stores.user(name).await;
        for _ in 0..2 {
            let turn = stores.begin(user, "hi").await;
            stores.finish(&turn, "hello").await;
        }
    }
    assert_eq!(forget(&stores, 2, 4).await, 4);
    assert_eq!(forget(&stores, 2, 4).await, 2);
    assert_eq!(forget(&stores, 2, 4).await, 0);
}

/// What it changed is not told any more, what was said is.
pub async fn a_history_goes_on_without_the_turns_that_were_forgotten(stores: Stores) {
    let ada = stores.user("ada").await;
    let failed = stores.begin(ada, "add milk").await;
    stores.recorded(&failed, 1, vec![call(TaskChange::Create(titled("milk")))]).await;
    stores.fail(&failed, FailureCode::TurnTimeout).await;
    assert_eq!(forget(&stores, 2, 500).await, 1);
    let next = stores.go_on(&failed, "and?").await;
    assert_eq!(next.history, [HistoryEntry::User("add milk".into())]);
    stores.finish(&next, "milk").await;
}

/// Each turn is forgotten by one of those who do it at the same time.
pub async fn several_may_forget_at_once(stores: Stores) {
    let ada = stores.user("ada").await;
    for _ in 0..12 {
        let turn = stores.begin(ada, "hi").await;
        stores.finish(&turn, "hello").await;
    }
    let (one, two, three) =
        tokio::join!(forget(&stores, 2, 500), forget(&stores, 2, 500), forget(&stores, 2, 500));
    assert_eq!(one + two + three, 12);
}
