//! Turns that are undone, redone, and undone again.

use std::time::Duration;

use todo_domain::{
    CallOperation, CallResult, ConversationId, FailureCode, Task, TaskAction, TaskChange,
    TaskEffect, TaskPatch, TaskTitle, TaskVersion, TurnId, TurnStatus, UndoConflict, UndoDirection,
    UndoLink, UndoRefusal, UserId,
    ports::{
        BeginOutcome, Begun, ConversationRef, PreparedCall, UndoOutcome, UndoTurn, UndoneTurn,
    },
};
use tokio::task::JoinSet;

use super::{ChatStores, Stores, TurnStores, at, call, number, titled, uuid};

fn create(title: &str) -> PreparedCall {
    call(TaskChange::Create(titled(title)))
}

fn act(id: i64, action: TaskAction) -> PreparedCall {
    call(TaskChange::act(number(id), action))
}

fn rename(id: i64, title: &str) -> PreparedCall {
    let title = TaskTitle::new(title).ok();
    act(id, TaskAction::Update(TaskPatch { title, ..TaskPatch::default() }))
}

fn undo_latest(direction: UndoDirection) -> PreparedCall {
    PreparedCall { operation: Ok(CallOperation::Undo(direction)), ..create("unused") }
}

/// A turn that makes these calls and is answered.
async fn done(stores: &TurnStores, turn: &Begun, calls: Vec<PreparedCall>) {
    stores.recorded(turn, 1, calls).await;
    stores.finish(turn, "Done.").await;
}

async fn undo(stores: &TurnStores, user_id: UserId, turn_id: TurnId) -> UndoOutcome {
    let undo = UndoTurn { user_id, turn_id, undo_id: TurnId::new(uuid()), now: at(100) };
    stores.turns.undo(undo).await.expect("the store works")
}

async fn undone(stores: &TurnStores, user: UserId, turn: TurnId) -> UndoneTurn {
    match undo(stores, user, turn).await {
        UndoOutcome::Undone(undone) => undone,
        other => unreachable!("{other:?}"),
    }
}

/// The tasks in the order of their numbers, without what an undo does not bring back.
async fn content(stores: &ChatStores, user: UserId) -> Vec<Task> {
    let mut tasks = stores.list(user, todo_domain::TaskQuery::default()).await.tasks;
    tasks.sort_by_key(|task| task.id);
    for task in &mut tasks {
        (task.version, task.updated_at) = (TaskVersion::FIRST, task.created_at);
    }
    tasks
}

/// What a turn changed, in a list of three tasks.
async fn a_turn_with_changes(stores: &ChatStores, user: UserId) -> Begun {
    for title in ["milk", "bread", "eggs"] {
        stores.add(user, titled(title)).await;
    }
    stores.act(user, number(3), TaskAction::Complete).await;
    let turn = stores.begin(user, "do a lot").await;
    let calls = vec![
        rename(1, "oat milk"),
        act(1, TaskAction::Complete),
        act(2, TaskAction::Delete),
        act(3, TaskAction::Reopen),
        create("salt"),
    ];
    done(stores, &turn, calls).await;
    turn
}

/// Numbers and instants included.
pub async fn an_undone_turn_leaves_the_list_as_it_was_before_it(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let turn = a_turn_with_changes(&stores, ada).await;
    let undone = undone(&stores, ada, turn.fence.turn_id).await;
    let titles: Vec<_> =
        content(&stores, ada).await.iter().map(|task| task.title.to_string()).collect();
    assert_eq!(titles, ["milk", "bread", "eggs"]);
    let numbers: Vec<_> = undone.effects.iter().map(|effect| effect.task_id.get()).collect();
    assert_eq!(numbers, [4, 3, 2, 1], "the latest first");
    let bread = &undone.effects[2];
    assert_eq!(bread.before, None);
    let after = bread.after.as_ref().expect("it is back");
    assert_eq!((after.created_at, after.updated_at), (at(0), at(100)));
    assert_eq!(after.version, TaskVersion::new(2), "above the one it was deleted in");
}

/// Again and again, each time in versions that no task had before.
pub async fn a_turn_is_undone_redone_and_undone_again(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let turn = a_turn_with_changes(&stores, ada).await;
    let after = content(&stores, ada).await;
    let first = undone(&stores, ada, turn.fence.turn_id).await;
    let before = content(&stores, ada).await;
    let mut last = first.undone_by;
    for round in 0..4 {
        last = undone(&stores, ada, last).await.undone_by;
        let expected = if round % 2 == 0 { &after } else { &before };
        assert_eq!(&content(&stores, ada).await, expected, "round {round}");
    }
    // By its own id, too.
    let redone = undone(&stores, ada, last).await.undone_by;
    assert_eq!(content(&stores, ada).await, after);
    let again = undone(&stores, ada, turn.fence.turn_id).await;
    assert_eq!(content(&stores, ada).await, before);
    assert_eq!(undone(&stores, ada, redone).await, again, "that undid the redo");
}

/// The second time it is only told what the first did.
pub async fn undoing_twice_undoes_once(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let turn = a_turn_with_changes(&stores, ada).await;
    let first = undone(&stores, ada, turn.fence.turn_id).await;
    stores.act(ada, number(1), TaskAction::Complete).await;
    assert_eq!(undone(&stores, ada, turn.fence.turn_id).await, first);
    assert!(content(&stores, ada).await[0].completed_at.is_some(), "this was not touched");
}

/// With the link between the two, in both directions.
pub async fn an_undo_is_a_turn_of_its_own(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let turn = a_turn_with_changes(&stores, ada).await;
    let undone = undone(&stores, ada, turn.fence.turn_id).await;
    let id = undone.undone_by;
    let recorded = stores.turns.turn(ada, id).await.expect("works").expect("it is there");
    assert_eq!(recorded.conversation_id, turn.fence.conversation_id);
    assert_eq!((recorded.status, recorded.started_at), (TurnStatus::Completed, at(100)));
    assert_eq!(recorded.undo, Some(UndoLink { first: turn.fence.turn_id, number: 1 }));
    assert_eq!(recorded.undone_by, None);
    assert_eq!((recorded.steps.len(), recorded.steps[0].calls.len()), (1, 1));
    assert_eq!(recorded.effects().collect::<Vec<_>>(), undone.effects);
    assert_eq!(stores.turn(&turn).await.undone_by, Some(id));
    let redone = super::undo::undone(&stores, ada, id).await;
    assert_eq!(stores.turn(&turn).await.undone_by, None);
    let recorded = stores.turns.turn(ada, id).await.expect("works").expect("it is there");
    assert_eq!(recorded.undone_by, Some(redone.undone_by));
}

/// All of them are named.
pub async fn a_task_that_has_changed_since_refuses_an_undo(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let turn = a_turn_with_changes(&stores, ada).await;
    stores.act(ada, number(3), TaskAction::Complete).await;
    stores.act(ada, number(4), TaskAction::Delete).await;
    let left = content(&stores, ada).await;
    let conflict = |id, version: Option<i64>| UndoConflict {
        task_id: number(id),
        version: version.map(TaskVersion::new),
    };
    // Task 3 is completed at another instant than before, and so is another task than it was.
    let refused = UndoRefusal::Conflict(vec![conflict(4, None), conflict(3, Some(4))]);
    assert_eq!(undo(&stores, ada, turn.fence.turn_id).await, UndoOutcome::Refused(refused));
    assert_eq!(content(&stores, ada).await, left);
    assert_eq!(stores.turn(&turn).await.undone_by, None);
}

/// Back to the first one.
pub async fn turns_are_undone_one_after_another(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let first = stores.begin(ada, "add milk").await;
    done(&stores, &first, vec![create("milk")]).await;
    let second = stores.go_on(&first, "done").await;
    done(&stores, &second, vec![act(1, TaskAction::Complete)]).await;
    undone(&stores, ada, second.fence.turn_id).await;
    undone(&stores, ada, first.fence.turn_id).await;
    assert_eq!(content(&stores, ada).await, []);
}

/// It needs no answer.
pub async fn a_failed_turn_can_be_undone(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let turn = stores.begin(ada, "add milk").await;
    stores.recorded(&turn, 1, vec![create("milk")]).await;
    stores.fail(&turn, FailureCode::ProviderUnavailable).await;
    undone(&stores, ada, turn.fence.turn_id).await;
    assert_eq!(content(&stores, ada).await, []);
    assert_eq!(stores.turn(&turn).await.status, TurnStatus::Cancelled, "no key resumes it");
    assert_eq!(stores.go_on(&turn, "again").await.history.len(), 1, "nothing is done any more");
}

/// There is nothing to do, and it can be done.
pub async fn a_turn_without_changes_is_undone_without_effects(stores: TurnStores) {
    let ada = stores.user("ada").await;
    let turn = stores.begin(ada, "hello").await;
    stores.finish(&turn, "Hello.").await;
    assert_eq!(undone(&stores, ada, turn.fence.turn_id).await.effects, []);
}

/// Unless its lease is over.
pub async fn a_running_turn_is_not_undone(stores: TurnStores) {
    let ada = stores.user("ada").await;
    let turn = stores.begin(ada, "add milk").await;
    stores.recorded(&turn, 1, vec![create("milk")]).await;
    let refused = undo(&stores, ada, turn.fence.turn_id).await;
    let UndoOutcome::Running { turn_id, retry_after } = refused else {
        unreachable!("{refused:?}")
    };
    assert_eq!(turn_id, turn.fence.turn_id);
    assert!(retry_after > Duration::ZERO);
    let new = ConversationRef::New(ConversationId::new(uuid()));
    let dead = stores.say(ada, new, "add bread", Duration::ZERO).await;
    let BeginOutcome::Begun(dead) = dead else { unreachable!("{dead:?}") };
    stores.recorded(&dead, 1, vec![create("bread")]).await;
    assert_eq!(undone(&stores, ada, dead.fence.turn_id).await.effects.len(), 1);
    assert_eq!(stores.turn(&dead).await.status, TurnStatus::Cancelled);
}

/// Nobody can tell it from one that there is not.
pub async fn another_users_turn_is_not_undone(stores: ChatStores) {
    let (ada, bob) = (stores.user("ada").await, stores.user("bob").await);
    let turn = stores.begin(ada, "add milk").await;
    done(&stores, &turn, vec![create("milk")]).await;
    assert_eq!(undo(&stores, bob, turn.fence.turn_id).await, UndoOutcome::NotFound);
    assert_eq!(undo(&stores, ada, TurnId::new(uuid())).await, UndoOutcome::NotFound);
    assert_eq!(content(&stores, ada).await.len(), 1);
}

/// They need room like others.
pub async fn deleted_tasks_do_not_return_to_a_full_list(stores: ChatStores) {
    let ada = stores.user("ada").await;
    stores.add(ada, titled("milk")).await;
    let turn = stores.begin(ada, "delete 1").await;
    done(&stores, &turn, vec![act(1, TaskAction::Delete)]).await;
    let max = super::user_limits().tasks;
    for _ in 0..max.get() {
        stores.add(ada, titled("bread")).await;
    }
    let full = UndoOutcome::Refused(UndoRefusal::LimitReached { max });
    assert_eq!(undo(&stores, ada, turn.fence.turn_id).await, full);
    stores.act(ada, number(2), TaskAction::Delete).await;
    assert_eq!(undone(&stores, ada, turn.fence.turn_id).await.effects.len(), 1);
}

/// The model undoes what the conversation did last, message by message, and redoes it.
pub async fn a_call_undoes_and_redoes_the_latest_turn(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let milk = stores.begin(ada, "add milk").await;
    done(&stores, &milk, vec![create("milk")]).await;
    let bread = stores.go_on(&milk, "add bread").await;
    done(&stores, &bread, vec![create("bread")]).await;
    let look = stores.go_on(&milk, "what is there?").await;
    stores.finish(&look, "Milk and bread.").await;
    let titles = async || -> Vec<String> {
        content(&stores, ada).await.iter().map(|task| task.title.to_string()).collect()
    };
    let say = async |direction| {
        let turn = stores.go_on(&milk, "undo, or redo").await;
        let result = stores.recorded(&turn, 1, vec![undo_latest(direction)]).await.remove(0);
        stores.finish(&turn, "Done.").await;
        assert_eq!(stores.turn(&turn).await.steps[0].calls[0], result);
        result.result
    };
    assert!(say(UndoDirection::Undo).await.is_ok());
    assert_eq!(titles().await, ["milk"]);
    assert!(say(UndoDirection::Undo).await.is_ok());
    assert_eq!(titles().await, [""; 0]);
    assert_eq!(say(UndoDirection::Undo).await, CallResult::NothingToUndo);
    assert!(say(UndoDirection::Redo).await.is_ok());
    assert_eq!(titles().await, ["milk"]);
    assert!(say(UndoDirection::Redo).await.is_ok());
    assert_eq!(titles().await, ["milk", "bread"]);
    assert_eq!(say(UndoDirection::Redo).await, CallResult::NothingToUndo);
    assert!(say(UndoDirection::Undo).await.is_ok());
    assert_eq!(titles().await, ["milk"]);
}

/// It is a turn that undid another, whoever asked for it.
pub async fn the_turn_of_a_call_that_undid_another_can_be_undone(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let milk = stores.begin(ada, "add milk").await;
    done(&stores, &milk, vec![create("milk")]).await;
    let turn = stores.go_on(&milk, "undo that").await;
    let again = vec![undo_latest(UndoDirection::Undo), undo_latest(UndoDirection::Redo)];
    let calls = stores.recorded(&turn, 1, again).await;
    assert_eq!(calls[1].result, CallResult::NothingToUndo, "a turn undoes one turn");
    assert_eq!(stores.turn(&milk).await.undone_by, Some(turn.fence.turn_id));
    let running = undo(&stores, ada, turn.fence.turn_id).await;
    assert!(matches!(running, UndoOutcome::Running { .. }), "{running:?}");
    stores.finish(&turn, "Done.").await;
    undone(&stores, ada, turn.fence.turn_id).await;
    assert_eq!(content(&stores, ada).await.len(), 1);
    assert_eq!(stores.turn(&milk).await.undone_by, None);
}

/// The call says which, and changes nothing.
pub async fn a_call_that_meets_a_conflict_names_the_tasks(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let milk = stores.begin(ada, "add milk").await;
    done(&stores, &milk, vec![create("milk")]).await;
    stores.act(ada, number(1), TaskAction::Complete).await;
    let turn = stores.go_on(&milk, "undo that").await;
    let calls = stores.recorded(&turn, 1, vec![undo_latest(UndoDirection::Undo)]).await;
    let conflict = UndoConflict { task_id: number(1), version: Some(TaskVersion::new(2)) };
    assert_eq!(calls[0].result, CallResult::UndoConflict(vec![conflict]));
    assert_eq!(stores.turn(&turn).await.steps[0].calls, calls);
    assert_eq!(stores.turn(&turn).await.undo, None);
}

/// So that a model does not take for done what is not.
pub async fn a_history_says_which_answers_were_undone(stores: TurnStores) {
    use todo_domain::ports::HistoryEntry::{Assistant, Undone, User};
    let ada = stores.user("ada").await;
    let milk = stores.begin(ada, "add milk").await;
    done(&stores, &milk, vec![create("milk")]).await;
    let first = undone(&stores, ada, milk.fence.turn_id).await;
    let next = stores.go_on(&milk, "and?").await;
    let said = [User("add milk".into()), Assistant("Done.".into())];
    assert_eq!(next.history, [&said[..], &[Undone]].concat());
    stores.finish(&next, "Nothing.").await;
    undone(&stores, ada, first.undone_by).await;
    let next = stores.go_on(&milk, "and now?").await;
    assert_eq!(next.history[..2], said);
    assert_eq!(next.history[2], User("and?".into()));
}

/// Of the record of an undo, too.
pub async fn a_conversation_goes_with_its_undos(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let turn = a_turn_with_changes(&stores, ada).await;
    let undone = undone(&stores, ada, turn.fence.turn_id).await;
    let deleted = stores.conversations.delete(ada, turn.fence.conversation_id).await;
    assert!(deleted.expect("works"));
    for id in [turn.fence.turn_id, undone.undone_by] {
        assert_eq!(undo(&stores, ada, id).await, UndoOutcome::NotFound);
    }
}

/// What undid it can still be undone.
pub async fn a_forgotten_turn_stays_undone(stores: Stores) {
    let ada = stores.user("ada").await;
    let turn = a_turn_with_changes(&stores, ada).await;
    let after = content(&stores, ada).await;
    let first = undone(&stores, ada, turn.fence.turn_id).await;
    // The turn ended at 1, its undo at 100.
    assert_eq!(stores.retention.forget_turns(at(50), 100).await.expect("works"), 1);
    assert_eq!(undo(&stores, ada, turn.fence.turn_id).await, UndoOutcome::NotFound);
    undone(&stores, ada, first.undone_by).await;
    assert_eq!(content(&stores, ada).await, after);
}

/// Either the one or the other came first.
pub async fn an_undo_and_an_edit_at_once_leave_no_half_of_either(stores: ChatStores) {
    let ada = stores.user("ada").await;
    for round in 0..5 {
        let turn = stores.begin(ada, "add two").await;
        let calls = vec![create("milk"), create("bread")];
        let calls = stores.recorded(&turn, 1, calls).await;
        stores.finish(&turn, "Done.").await;
        let effects: Vec<TaskEffect> = calls.iter().flat_map(|call| call.effects()).collect();
        let ids: Vec<_> = effects.iter().map(|effect| effect.task_id).collect();
        let (undone, edited) = tokio::join!(
            undo(&stores, ada, turn.fence.turn_id),
            stores.act(ada, ids[1], TaskAction::Complete)
        );
        let left = content(&stores, ada).await;
        let left = left.iter().filter(|task| ids.contains(&task.id)).count();
        match undone {
            UndoOutcome::Undone(_) => {
                assert_eq!((left, edited.is_ok()), (0, false), "round {round}");
            }
            UndoOutcome::Refused(UndoRefusal::Conflict(tasks)) => {
                assert_eq!((left, edited.is_ok()), (2, true), "round {round}");
                assert_eq!(tasks[0].task_id, ids[1]);
            }
            other => unreachable!("{other:?}"),
        }
    }
}

/// All callers are told the same.
pub async fn a_turn_undone_many_times_at_once_is_undone_once(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let turn = a_turn_with_changes(&stores, ada).await;
    let mut undos = JoinSet::new();
    for _ in 0..8 {
        let (stores, id) = (stores.clone(), turn.fence.turn_id);
        undos.spawn(async move { undone(&stores, ada, id).await });
    }
    let answers = undos.join_all().await;
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(content(&stores, ada).await.len(), 3);
}
