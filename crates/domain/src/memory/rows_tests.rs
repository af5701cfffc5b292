use std::time::Duration;

use uuid::Uuid;

use super::{InMemoryUserData, RowChange, RowKey, RowsError, UserDataRow};
use crate::{
    ActionId, AnswerText, Batch, CallOperation, ConversationId, ConversationTitle, IdempotencyKey,
    KeyedRequest, MessageId, MessageText, ModelIdentity, NewTask, RequestDigest, TaskAction,
    TaskChange, TaskId, TaskTitle, TimeZone, Timestamp, TokenUsage, TurnFence, TurnId, UserId,
    UserLimits,
    ports::{
        ActionDecision, ActionRef, AskOutcome, AskStep, BeginOutcome, BeginTurn, Begun,
        ConversationRef, DecideAction, DecideOutcome, FinishTurn, PreparedCall, RunStep, UndoTurn,
    },
};

fn user() -> UserId {
    UserId::new(1).unwrap()
}

fn now() -> Timestamp {
    Timestamp::from_microsecond(0).unwrap()
}

fn request(key: &str) -> Option<KeyedRequest> {
    let key = IdempotencyKey::new(key).unwrap();
    Some(KeyedRequest { key, digest: RequestDigest::new([1; 32]) })
}

fn milk() -> NewTask {
    NewTask::titled(TaskTitle::new("milk").unwrap())
}

fn begun(data: &mut InMemoryUserData, number: u128, key: &str) -> Begun {
    let conversation = ConversationId::new(Uuid::from_u128(7));
    let turn = BeginTurn {
        user_id: user(),
        conversation: ConversationRef::NewOrExisting(conversation),
        turn_id: TurnId::new(Uuid::from_u128(number)),
        message_id: MessageId::new(Uuid::from_u128(number)),
        answer_id: MessageId::new(Uuid::from_u128(100 + number)),
        text: MessageText::new("add milk").unwrap(),
        now: now(),
        lease: Duration::from_secs(60),
        history: 20,
        budget: None,
        keyed: request(key),
        decides: None,
    };
    match data.begin(turn) {
        BeginOutcome::Begun(begun) => begun,
        other => panic!("{other:?}"),
    }
}

fn step(fence: TurnFence, operation: impl Into<CallOperation>) -> RunStep {
    let call = PreparedCall {
        id: "c1".into(),
        name: "a_tool".into(),
        arguments: "{}".into(),
        operation: Ok(operation.into()),
    };
    RunStep {
        fence,
        number: 1,
        plan: None,
        reasoning: None,
        identity: identity(),
        usage: TokenUsage { input_tokens: 10, output_tokens: 5 },
        calls: vec![call],
        now: now(),
    }
}

fn identity() -> ModelIdentity {
    ModelIdentity { engine: "scripted".into(), model: "script-1".into() }
}

fn finish(data: &mut InMemoryUserData, turn: &Begun) {
    data.finish(FinishTurn {
        fence: turn.fence,
        message_id: turn.answer_id,
        text: AnswerText::new("Done.").unwrap(),
        identity: identity(),
        usage: TokenUsage { input_tokens: 20, output_tokens: 9 },
        now: now(),
    });
}

fn ask(data: &mut InMemoryUserData, turn: &Begun, number: u128) -> ActionId {
    let action_id = ActionId::new(Uuid::from_u128(number));
    let delete = TaskChange::act(TaskId::new(1).unwrap(), TaskAction::Delete);
    let step = step(turn.fence, CallOperation::from(delete));
    let asked = data.ask(AskStep { step, action_id, time_zone: TimeZone::UTC });
    assert!(matches!(asked, AskOutcome::Asked(_)), "{asked:?}");
    action_id
}

/// Tasks, a turn that was undone, a decided action, one that waits, a turn that runs, and keys of
/// messages and of a batch.
fn some_data() -> InMemoryUserData {
    let mut data = InMemoryUserData::new(UserLimits::default(), "Asia/Tokyo".parse().unwrap());
    let batch = Batch::new(vec![TaskChange::Create(milk())]).unwrap();
    data.change_once(batch, request("batch").unwrap(), now());
    let first = begun(&mut data, 1, "first");
    data.run_step(step(first.fence, TaskChange::Create(milk())));
    finish(&mut data, &first);
    let (turn_id, undo_id) = (first.fence.turn_id, TurnId::new(Uuid::from_u128(50)));
    data.undo(UndoTurn { user_id: user(), turn_id, undo_id, now: now() });
    let asked = begun(&mut data, 2, "asked");
    let action_id = ask(&mut data, &asked, 1);
    let (decision, lease) = (ActionDecision::Reject, Duration::from_secs(60));
    let decide =
        DecideAction { user_id: user(), action_id, decision, now: now(), lease, history: 20 };
    let DecideOutcome::Decided(decided) = data.decide(&decide) else { panic!("{data:?}") };
    finish(&mut data, &decided.begun);
    let waiting = begun(&mut data, 3, "waiting");
    ask(&mut data, &waiting, 2);
    data
}

#[test]
fn what_was_written_down_row_by_row_is_put_together_again() {
    let data = some_data();
    let rows = data.rows().into_values().rev();
    let mut restored = InMemoryUserData::from_rows(user(), UserLimits::default(), rows).unwrap();
    assert_eq!(restored, data);

    // It goes on where it was.
    let waiting = restored.action(ActionRef::WaitingIn(ConversationId::new(Uuid::from_u128(7))));
    assert_eq!(waiting.map(|action| action.id), Some(ActionId::new(Uuid::from_u128(2))));
    let turn = begun(&mut restored, 4, "next");
    assert_eq!(turn.time_zone.name(), "Asia/Tokyo");
    restored.run_step(step(turn.fence, TaskChange::Create(milk())));
    let numbers: Vec<i64> = restored.tasks().tasks().map(|task| task.id.get()).collect();
    assert_eq!(numbers, [1, 3], "the number of a task that is gone is not given again");
}

#[test]
fn only_rows_that_have_changed_are_written() {
    let before = some_data();
    let mut data = before.clone();
    assert_eq!(data.changes_since(&before), []);

    data.change(TaskChange::act(TaskId::new(1).unwrap(), TaskAction::Complete).into(), now())
        .unwrap();
    let changes = data.changes_since(&before);
    assert!(matches!(&changes[..], [RowChange::Write(UserDataRow::Task(_))]), "{changes:?}");

    let conversation = ConversationId::new(Uuid::from_u128(7));
    let mut data = before.clone();
    data.rename(conversation, ConversationTitle::new("Milk").unwrap(), now());
    let changes = data.changes_since(&before);
    assert!(matches!(&changes[..], [RowChange::Write(UserDataRow::Conversation(_))]));

    let mut data = before.clone();
    data.set_time_zone(TimeZone::UTC);
    let changes = data.changes_since(&before);
    assert!(matches!(&changes[..], [RowChange::Write(UserDataRow::User(_))]), "{changes:?}");

    assert!(data.delete(conversation));
    let left: Vec<String> = data.rows().keys().map(ToString::to_string).collect();
    assert_eq!(left, ["user", "task/1", "request/batch"]);
    let removed = data.changes_since(&before);
    let removed = removed.iter().filter(|change| matches!(change, RowChange::Remove(_)));
    assert_eq!(removed.count(), before.rows().len() - left.len());
}

#[test]
fn rows_of_a_conversation_that_is_not_there_are_refused() {
    let restored = |rows: Vec<UserDataRow>| {
        InMemoryUserData::from_rows(user(), UserLimits::default(), rows).unwrap_err()
    };
    assert_eq!(restored(Vec::new()), RowsError::NoUser);
    let conversation = ConversationId::new(Uuid::from_u128(7));
    let mut rows = some_data().rows();
    rows.remove(&RowKey::Conversation(conversation));
    let error = restored(rows.into_values().collect());
    assert!(
        matches!(&error, RowsError::NoConversation(RowKey::Message(id, _)) if *id == conversation)
    );
    assert!(error.to_string().starts_with("the row message/"), "{error}");
}
