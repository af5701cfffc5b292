//! Steps that are asked about, and decisions.

use std::time::Duration;

use todo_domain::{
    Action, ActionId, CallOperation, CallResult, Decision, FailureCode, ModelIdentity, Rejection,
    RejectionCode, Task, TaskAction, TaskChange, TaskFilter, TaskIds, TaskOutcome, TaskQuery,
    TaskRefusal, TaskStatus, TimeZone, Timestamp, TurnStatus, UserId,
    ports::{
        ActionDecision, ActionRef, AskOutcome, AskStep, BeginOutcome, BeginTurn, Begun,
        CancelOutcome, ConversationRef, DecideAction, DecideOutcome, DecidedTurn, HistoryEntry,
        PreparedCall, SpokenDecision, StepOutcome, UndoOutcome, UndoTurn,
    },
};
use tokio::task::JoinSet;

use super::{ChatStores, LEASE, TurnStores, at, call, message, number, step, titled, uuid};

fn delete(ids: impl IntoIterator<Item = i64>) -> PreparedCall {
    let tasks = TaskIds::new(ids.into_iter().map(number)).expect("numbers");
    call(CallOperation::Each { tasks, action: TaskAction::Delete })
}

fn delete_matching(status: Option<TaskStatus>) -> PreparedCall {
    let filter = TaskFilter { status, ..TaskFilter::default() };
    call(CallOperation::DeleteMatching(TaskQuery { filter, ..TaskQuery::default() }))
}

/// A user with so many tasks, numbered from 1.
async fn with_tasks(stores: &ChatStores, count: usize) -> UserId {
    let ada = stores.user("ada").await;
    for number in 1..=count {
        stores.add(ada, titled(&format!("task {number}"))).await;
    }
    ada
}

async fn left(stores: &ChatStores, user: UserId) -> Vec<i64> {
    let tasks = stores.list(user, TaskQuery::default()).await.tasks;
    let mut numbers: Vec<i64> = tasks.iter().map(|task: &Task| task.id.get()).collect();
    numbers.sort_unstable();
    numbers
}

async fn ask(stores: &TurnStores, turn: &Begun, calls: Vec<PreparedCall>) -> AskOutcome {
    ask_as(stores, turn, calls, ActionId::new(uuid())).await
}

/// Asks with this id for the action.
async fn ask_as(
    stores: &TurnStores,
    turn: &Begun,
    calls: Vec<PreparedCall>,
    action_id: ActionId,
) -> AskOutcome {
    let ask = AskStep { step: step(turn, 1, calls), action_id, time_zone: TimeZone::UTC };
    stores.turns.ask(ask).await.expect("the store works")
}

/// A turn that waits, and what for.
async fn asked(stores: &TurnStores, user: UserId, calls: Vec<PreparedCall>) -> (Begun, Action) {
    let turn = stores.begin(user, "delete everything").await;
    let action = asked_in(stores, &turn, calls).await;
    (turn, action)
}

async fn asked_in(stores: &TurnStores, turn: &Begun, calls: Vec<PreparedCall>) -> Action {
    match ask(stores, turn, calls).await {
        AskOutcome::Asked(action) => *action,
        other => unreachable!("{other:?}"),
    }
}

/// The calls of an action as they are carried out.
fn approved(action: &Action) -> ActionDecision {
    let calls = action.calls.iter().map(|call| PreparedCall {
        id: call.call.id.clone(),
        name: call.call.name.clone(),
        arguments: call.call.arguments.clone(),
        operation: Ok(call
            .approved_deletion()
            .unwrap_or_else(|| TaskChange::Create(titled("more")).into())),
    });
    ActionDecision::Approve(calls.collect())
}

async fn decide_at(
    stores: &TurnStores,
    user_id: UserId,
    action: ActionId,
    decision: ActionDecision,
    now: Timestamp,
) -> DecideOutcome {
    let (lease, history) = (LEASE, 20);
    let decide = DecideAction { user_id, action_id: action, decision, now, lease, history };
    stores.turns.decide(decide).await.expect("the store works")
}

async fn decide(
    stores: &TurnStores,
    user: UserId,
    action: &Action,
    decision: ActionDecision,
) -> DecideOutcome {
    decide_at(stores, user, action.id, decision, at(2)).await
}

fn decided(outcome: DecideOutcome) -> DecidedTurn {
    match outcome {
        DecideOutcome::Decided(turn) => *turn,
        other => unreachable!("{other:?}"),
    }
}

/// What a message does that decides an action.
async fn say(
    stores: &TurnStores,
    turn: &Begun,
    text: &str,
    spoken: Option<(ActionId, ActionDecision)>,
) -> Begun {
    let conversation = ConversationRef::Existing(turn.fence.conversation_id);
    let decides = spoken.map(|(action_id, decision)| SpokenDecision { action_id, decision });
    let message = message(turn.fence.user_id, conversation, text, LEASE);
    match stores.turns.begin(BeginTurn { decides, now: at(2), ..message }).await.expect("works") {
        BeginOutcome::Begun(begun) => begun,
        other => unreachable!("{other:?}"),
    }
}

/// It holds nothing back: neither its conversation nor a runner.
pub async fn a_step_that_is_asked_about_waits_and_does_nothing(stores: ChatStores) {
    let ada = with_tasks(&stores, 5).await;
    let refused = Rejection { code: RejectionCode::UnknownTool, message: "no".into() };
    let unknown = PreparedCall { operation: Err(refused.clone()), ..delete([1]) };
    let create = call(TaskChange::Create(titled("more")));
    let (turn, action) = asked(&stores, ada, vec![delete([1, 2, 3, 9]), unknown, create]).await;
    assert_eq!(left(&stores, ada).await, [1, 2, 3, 4, 5]);
    let titles: Vec<_> = action.tasks().iter().map(|task| task.title.as_str().to_owned()).collect();
    assert_eq!(titles, ["task 1", "task 2", "task 3"]);
    assert_eq!(action.expires_at, at(1).saturating_add(Action::LIFETIME));
    let waiting = stores.turn(&turn).await;
    assert_eq!((waiting.status, waiting.finished_at), (TurnStatus::Waiting, Some(at(1))));
    assert_eq!(waiting.action.as_ref(), Some(&action));
    let results: Vec<_> = waiting.steps[0].calls.iter().map(|call| call.result.clone()).collect();
    let waits = CallResult::Waiting(action.id);
    assert_eq!(results, [waits.clone(), CallResult::Rejected(refused), waits]);
    assert_eq!(stores.step(&turn, 2, vec![]).await, StepOutcome::FencedOff);
    let home = turn.fence.conversation_id;
    assert_eq!(stores.turns.unfinished(ada, home).await.expect("works"), Some(turn.fence.turn_id));
    for which in [ActionRef::Action(action.id), ActionRef::WaitingIn(home)] {
        assert_eq!(stores.turns.action(ada, which).await.expect("works"), Some(action.clone()));
    }
    let again = ask_as(&stores, &turn, vec![delete([1, 2, 3, 9])], action.id).await;
    assert_eq!(again, AskOutcome::Asked(Box::new(action)), "the reply to the commit was lost");
    let other = ask(&stores, &turn, vec![delete([1, 2, 3, 9])]).await;
    assert_eq!(other, AskOutcome::FencedOff, "another attempt has asked");
}

/// All of it in one transaction; the model reads what came of it.
pub async fn what_is_approved_is_carried_out_once(stores: ChatStores) {
    let ada = with_tasks(&stores, 5).await;
    let (turn, action) = asked(&stores, ada, vec![delete([1, 2, 3, 4])]).await;
    let went_on = decided(decide(&stores, ada, &action, approved(&action)).await);
    assert_eq!(went_on.text, "delete everything");
    assert_eq!((went_on.begun.fence.attempt, went_on.begun.answer_id), (2, turn.answer_id));
    let results = &went_on.begun.steps[0].calls[0].result;
    assert_eq!(results.effects().count(), 4);
    assert_eq!(left(&stores, ada).await, [5]);
    assert_eq!(stores.turn(&turn).await.status, TurnStatus::Running);
    let busy = decide(&stores, ada, &action, approved(&action)).await;
    assert!(matches!(busy, DecideOutcome::TurnInProgress { is_same_request: true, .. }));
    stores.finish(&went_on.begun, "Deleted.").await;
    let again = decide(&stores, ada, &action, approved(&action)).await;
    let DecideOutcome::Replayed(replayed) = again else { unreachable!("{again:?}") };
    assert_eq!(replayed.turn, stores.turn(&turn).await);
    assert_eq!(replayed.answer.expect("an answer").text, "Deleted.");
    let other = decide(&stores, ada, &action, ActionDecision::Reject).await;
    assert_eq!(other, DecideOutcome::DecidedOtherwise(Decision::Approved));
}

/// And the turn goes on, too.
pub async fn what_is_rejected_is_not_carried_out(stores: ChatStores) {
    let ada = with_tasks(&stores, 4).await;
    let (_, action) = asked(&stores, ada, vec![delete([1, 2, 3, 4])]).await;
    let went_on = decided(decide(&stores, ada, &action, ActionDecision::Reject).await);
    assert_eq!(went_on.begun.steps[0].calls[0].result, CallResult::Denied(action.id));
    assert_eq!(left(&stores, ada).await, [1, 2, 3, 4]);
    let other = decide(&stores, ada, &action, approved(&action)).await;
    assert_eq!(other, DecideOutcome::DecidedOtherwise(Decision::Rejected));
}

/// Its runner died between the decision and the closing words.
pub async fn a_decided_turn_without_an_answer_goes_on(stores: ChatStores) {
    let ada = with_tasks(&stores, 4).await;
    let (turn, action) = asked(&stores, ada, vec![delete([1, 2, 3, 4])]).await;
    let went_on = decided(decide(&stores, ada, &action, approved(&action)).await).begun;
    stores.fail(&went_on, FailureCode::ProviderUnavailable).await;
    let again = decided(decide(&stores, ada, &action, approved(&action)).await).begun;
    assert_eq!((again.fence.attempt, &again.steps), (3, &went_on.steps));
    assert_eq!(left(&stores, ada).await, [0; 0]);
    stores.finish(&again, "Deleted.").await;
    assert_eq!(stores.turn(&turn).await.steps, again.steps);
}

/// Nothing was deleted, and the conversation reads like one.
pub async fn an_action_that_has_expired_closes_its_turn(stores: ChatStores) {
    let ada = with_tasks(&stores, 4).await;
    let (turn, action) = asked(&stores, ada, vec![delete([1, 2, 3, 4])]).await;
    for _ in 0..2 {
        let late = decide_at(&stores, ada, action.id, approved(&action), action.expires_at).await;
        assert_eq!(late, DecideOutcome::Expired);
    }
    assert_eq!(left(&stores, ada).await, [1, 2, 3, 4]);
    let closed = stores.turn(&turn).await;
    assert_eq!((closed.status, closed.action), (TurnStatus::Completed, None));
    assert!(matches!(closed.steps[0].calls[0].result, CallResult::Rejected(_)));
    let next = stores.go_on(&turn, "hello").await;
    let said = [HistoryEntry::User("delete everything".into())];
    assert_eq!(next.history, [&said[..], &[HistoryEntry::Assistant(action.question())]].concat());
}

/// A yes becomes the first step of the turn that it begins.
pub async fn a_message_that_says_yes_carries_the_action_out(stores: ChatStores) {
    let ada = with_tasks(&stores, 5).await;
    let (turn, action) = asked(&stores, ada, vec![delete([1, 2, 3, 4])]).await;
    let yes = say(&stores, &turn, "yes", Some((action.id, approved(&action)))).await;
    assert_eq!(left(&stores, ada).await, [5]);
    assert_eq!(yes.steps.len(), 1);
    assert_eq!(yes.steps[0].calls[0].result.effects().count(), 4);
    assert_eq!(stores.turn(&yes).await.steps, yes.steps);
    let closed = stores.turn(&turn).await;
    assert_eq!((closed.status, closed.effects().count()), (TurnStatus::Completed, 0));
    assert_eq!(yes.history.last(), Some(&HistoryEntry::Assistant(action.question())));
    stores.finish(&yes, "Deleted.").await;
    let clicked = decide(&stores, ada, &action, approved(&action)).await;
    let DecideOutcome::Replayed(replayed) = clicked else { unreachable!("{clicked:?}") };
    assert_eq!(replayed.turn.id, yes.fence.turn_id);
    let undone = UndoTurn {
        user_id: ada,
        turn_id: yes.fence.turn_id,
        undo_id: todo_domain::TurnId::new(uuid()),
        now: at(3),
    };
    let undone = stores.turns.undo(undone).await.expect("works");
    assert!(matches!(undone, UndoOutcome::Undone(_)), "{undone:?}");
    assert_eq!(left(&stores, ada).await, [1, 2, 3, 4, 5]);
}

/// Whatever else is said: nothing happens without a yes.
pub async fn another_message_closes_the_question(stores: ChatStores) {
    let ada = with_tasks(&stores, 4).await;
    for spoken in [None, Some(ActionDecision::Reject)] {
        let (turn, action) = asked(&stores, ada, vec![delete([1, 2, 3, 4])]).await;
        let is_no = spoken.is_some();
        let next = say(&stores, &turn, "add milk", spoken.map(|no| (action.id, no))).await;
        assert!(next.steps.is_empty());
        assert_eq!(stores.turn(&turn).await.status, TurnStatus::Completed);
        let late = decide(&stores, ada, &action, approved(&action)).await;
        let expected = match is_no {
            true => DecideOutcome::DecidedOtherwise(Decision::Rejected),
            false => DecideOutcome::Expired,
        };
        assert_eq!(late, expected);
        let home = ActionRef::WaitingIn(turn.fence.conversation_id);
        assert_eq!(stores.turns.action(ada, home).await.expect("works"), None);
    }
    assert_eq!(left(&stores, ada).await, [1, 2, 3, 4]);
}

/// A task that was changed, and one that was deleted meanwhile.
pub async fn a_task_that_has_changed_since_the_question_stays(stores: ChatStores) {
    let ada = with_tasks(&stores, 5).await;
    let (_, action) = asked(&stores, ada, vec![delete_matching(None)]).await;
    stores.act(ada, number(2), TaskAction::Complete).await;
    stores.act(ada, number(3), TaskAction::Delete).await;
    let added = stores.add(ada, titled("after the question")).await;
    let went_on = decided(decide(&stores, ada, &action, approved(&action)).await).begun;
    assert_eq!(left(&stores, ada).await, [2, added.id.get()]);
    let CallResult::Each(outcomes) = &went_on.steps[0].calls[0].result else { unreachable!() };
    let of = |id: i64| outcomes.iter().find(|outcome| outcome.task_id() == Some(number(id)));
    assert!(matches!(of(2), Some(TaskOutcome::Refused(TaskRefusal::VersionMismatch(_)))));
    assert!(matches!(of(3), Some(TaskOutcome::Refused(TaskRefusal::NotFound(_)))));
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 3);
}

/// The tasks are those of the moment of asking. With none there is nothing to ask.
pub async fn a_filter_is_resolved_when_the_question_is_asked(stores: ChatStores) {
    let ada = with_tasks(&stores, 105).await;
    let none = stores.begin(ada, "clear completed").await;
    let outcome = ask(&stores, &none, vec![delete_matching(Some(TaskStatus::Completed))]).await;
    let AskOutcome::Recorded(calls) = outcome else { unreachable!("{outcome:?}") };
    assert_eq!(calls[0].result, CallResult::Each(vec![]));
    assert_eq!(stores.turn(&none).await.status, TurnStatus::Running);
    stores.act(ada, number(7), TaskAction::Complete).await;
    let (_, done) = asked(&stores, ada, vec![delete_matching(Some(TaskStatus::Completed))]).await;
    assert_eq!(done.tasks().iter().map(|task| task.id.get()).collect::<Vec<_>>(), [7]);
    let (_, all) = asked(&stores, ada, vec![delete_matching(None)]).await;
    assert_eq!(all.tasks().len(), 105, "more than a page");
    decided(decide(&stores, ada, &all, approved(&all)).await);
    assert_eq!(left(&stores, ada).await, [0; 0]);
}

/// Its question is over then.
pub async fn a_turn_that_waits_can_be_cancelled_and_undone(stores: ChatStores) {
    let ada = with_tasks(&stores, 4).await;
    let (turn, action) = asked(&stores, ada, vec![delete([1, 2, 3, 4])]).await;
    let cancelled = stores.turns.cancel(ada, turn.fence.turn_id, at(2)).await.expect("works");
    let CancelOutcome::Cancelled(cancelled) = cancelled else { unreachable!("{cancelled:?}") };
    assert_eq!((cancelled.status, &cancelled.action), (TurnStatus::Cancelled, &None));
    assert_eq!(decide(&stores, ada, &action, approved(&action)).await, DecideOutcome::Expired);

    let turn = stores.go_on(&turn, "add one, and delete everything").await;
    stores.recorded(&turn, 1, vec![call(TaskChange::Create(titled("one")))]).await;
    let ask = AskStep {
        step: step(&turn, 2, vec![delete_matching(None)]),
        action_id: ActionId::new(uuid()),
        time_zone: TimeZone::UTC,
    };
    let asked = stores.turns.ask(ask).await.expect("works");
    let AskOutcome::Asked(action) = asked else { unreachable!("{asked:?}") };
    let undo_id = todo_domain::TurnId::new(uuid());
    let undo = UndoTurn { user_id: ada, turn_id: turn.fence.turn_id, undo_id, now: at(3) };
    let undone = stores.turns.undo(undo).await.expect("works");
    assert!(matches!(undone, UndoOutcome::Undone(_)), "{undone:?}");
    assert_eq!(stores.turn(&turn).await.status, TurnStatus::Cancelled);
    assert_eq!(decide(&stores, ada, &action, approved(&action)).await, DecideOutcome::Expired);
    assert_eq!(left(&stores, ada).await, [1, 2, 3, 4]);
}

/// Not even to those who know its id.
pub async fn another_users_action_does_not_exist(stores: ChatStores) {
    let ada = with_tasks(&stores, 4).await;
    let ben = stores.user("ben").await;
    let (_, action) = asked(&stores, ada, vec![delete([1, 2, 3, 4])]).await;
    let which = ActionRef::Action(action.id);
    assert_eq!(stores.turns.action(ben, which).await.expect("works"), None);
    assert_eq!(decide(&stores, ben, &action, approved(&action)).await, DecideOutcome::NotFound);
    let unknown = decide_at(&stores, ada, ActionId::new(uuid()), approved(&action), at(2)).await;
    assert_eq!(unknown, DecideOutcome::NotFound);
    assert_eq!(left(&stores, ada).await, [1, 2, 3, 4]);
}

/// The others are told that it goes on, or that it was decided otherwise.
pub async fn of_many_decisions_at_once_one_wins(stores: ChatStores) {
    let ada = with_tasks(&stores, 4).await;
    let (turn, action) = asked(&stores, ada, vec![delete([1, 2, 3, 4])]).await;
    let mut deciding = JoinSet::new();
    for n in 0..8 {
        let (stores, action) = (stores.clone(), action.clone());
        let decision = if n % 2 == 0 { approved(&action) } else { ActionDecision::Reject };
        deciding.spawn(async move { decide(&stores, ada, &action, decision).await });
    }
    let outcomes = deciding.join_all().await;
    let won = outcomes.iter().filter(|it| matches!(it, DecideOutcome::Decided(_))).count();
    let contrary =
        outcomes.iter().filter(|it| matches!(it, DecideOutcome::DecidedOtherwise(_))).count();
    let busy =
        outcomes.iter().filter(|it| matches!(it, DecideOutcome::TurnInProgress { .. })).count();
    assert_eq!((won, contrary, busy), (1, 4, 3));
    let effects = stores.turn(&turn).await.effects().count();
    assert!(effects == 4 && left(&stores, ada).await.is_empty() || effects == 0);
}

/// A conversation takes one turn at a time.
pub async fn an_action_waits_for_the_turn_that_runs(stores: ChatStores) {
    let ada = with_tasks(&stores, 4).await;
    let (turn, action) = asked(&stores, ada, vec![delete([1, 2, 3, 4])]).await;
    let went_on = decided(decide(&stores, ada, &action, approved(&action)).await).begun;
    let home = ConversationRef::Existing(turn.fence.conversation_id);
    let busy = stores.say(ada, home, "and now?", Duration::from_secs(1)).await;
    assert!(matches!(busy, BeginOutcome::TurnInProgress { .. }), "{busy:?}");
    stores.finish(&went_on, "Deleted.").await;
    stores.go_on(&turn, "and now?").await;
}

/// Its answer counts once, whatever is decided.
pub async fn a_question_costs_what_its_answer_cost(stores: ChatStores) {
    let ada = with_tasks(&stores, 4).await;
    let (turn, action) = asked(&stores, ada, vec![delete([1, 2, 3, 4])]).await;
    let waiting = stores.turn(&turn).await;
    let identity = ModelIdentity { engine: "scripted".into(), model: "script-1".into() };
    assert_eq!((waiting.usage.input_tokens, waiting.identity), (7, Some(identity)));
    let went_on = decided(decide(&stores, ada, &action, approved(&action)).await).begun;
    assert_eq!(went_on.usage.input_tokens, 7);
    stores.finish(&went_on, "Deleted.").await;
    assert_eq!(stores.turn(&turn).await.usage.input_tokens, 100);
}
