use std::time::Duration;

use uuid::Uuid;

use super::{ConversationLog, TaskList};
use crate::{
    AnswerText, ConversationId, FailureCode, MessageId, MessageText, ModelIdentity, NewTask,
    TaskChange, TaskTitle, TimeZone, Timestamp, TokenUsage, TurnFence, TurnId, TurnStatus, UserId,
    ports::{
        BeginOutcome, BeginTurn, Begun, ConversationRef, EndOutcome, FailTurn, FinishTurn,
        HistoryEntry, PreparedCall, RunStep, StepOutcome,
    },
};

const LEASE: Duration = Duration::from_secs(60);

fn at(second: i64) -> Timestamp {
    Timestamp::from_microsecond(second * 1_000_000).unwrap()
}

fn identity() -> ModelIdentity {
    ModelIdentity { engine: "scripted".into(), model: "script-1".into() }
}

/// The turn of this number, begun as many seconds after the first.
fn turn(number: u128, text: &str) -> BeginTurn {
    BeginTurn {
        user_id: UserId::new(1).unwrap(),
        conversation: ConversationRef::New(ConversationId::new(Uuid::from_u128(7))),
        turn_id: TurnId::new(Uuid::from_u128(number)),
        message_id: MessageId::new(Uuid::from_u128(number)),
        answer_id: MessageId::new(Uuid::from_u128(100 + number)),
        text: MessageText::new(text).unwrap(),
        now: at(number as i64),
        lease: LEASE,
        history: 20,
        budget: None,
        keyed: None,
        decides: None,
    }
}

fn begun(log: &mut ConversationLog, turn: BeginTurn) -> Begun {
    match log.begin(turn, TimeZone::UTC, &mut TaskList::default()) {
        BeginOutcome::Begun(begun) => begun,
        other => panic!("{other:?}"),
    }
}

/// A conversation in which a first turn runs.
fn log() -> (ConversationLog, TurnFence) {
    let first = turn(1, "add milk");
    let mut log = ConversationLog::opened_by(&first);
    let fence = begun(&mut log, first).fence;
    (log, fence)
}

fn add_milk(fence: TurnFence) -> RunStep {
    let milk = NewTask::titled(TaskTitle::new("milk").unwrap());
    RunStep {
        fence,
        number: 1,
        plan: Some("I add\0 it.".into()),
        reasoning: None,
        identity: identity(),
        usage: TokenUsage { input_tokens: 10, output_tokens: 5 },
        calls: vec![PreparedCall {
            id: "c1".into(),
            name: "add_task".into(),
            arguments: r#"{"title":"milk"}"#.into(),
            operation: Ok(TaskChange::Create(milk).into()),
        }],
        now: at(2),
    }
}

fn answered(fence: TurnFence) -> FinishTurn {
    FinishTurn {
        fence,
        message_id: MessageId::new(Uuid::from_u128(99)),
        text: AnswerText::new("Added.").unwrap(),
        identity: identity(),
        usage: TokenUsage { input_tokens: 20, output_tokens: 9 },
        now: at(3),
    }
}

fn failed(fence: TurnFence) -> FailTurn {
    FailTurn {
        fence,
        code: FailureCode::ProviderUnavailable,
        identity: identity(),
        usage: TokenUsage::default(),
        partial_answer: None,
        now: at(3),
    }
}

#[test]
fn a_turn_is_begun_carried_out_and_answered() {
    let (mut log, fence) = log();
    let mut tasks = TaskList::default();
    log.run_step(add_milk(fence), &mut tasks);
    let EndOutcome::Ended(answer) = log.finish(answered(fence)) else { panic!("{log:?}") };
    assert_eq!((answer.position.get(), log.messages().len()), (2, 2));
    assert_eq!(log.conversation().title.as_str(), "add milk");
    let turn = log.turn(fence.turn_id).unwrap();
    assert_eq!((turn.status, turn.usage.input_tokens), (TurnStatus::Completed, 20));
    assert_eq!(turn.steps[0].plan.as_deref(), Some("I add it."));
    assert_eq!(tasks.tasks().count(), 1);
}

#[test]
fn a_step_asked_for_again_is_not_carried_out_again() {
    let (mut log, fence) = log();
    let mut tasks = TaskList::default();
    let first = log.run_step(add_milk(fence), &mut tasks);
    let again = log.run_step(add_milk(fence), &mut tasks);
    assert!(matches!(&first, StepOutcome::Recorded(calls) if calls.len() == 1));
    assert_eq!(first, again);
    assert_eq!(tasks.tasks().count(), 1);
}

#[test]
fn another_message_waits_until_the_lease_has_run_out() {
    let (mut log, fence) = log();
    let retry_after = LEASE - Duration::from_secs(1);
    assert_eq!(
        log.begin(turn(2, "and eggs"), TimeZone::UTC, &mut TaskList::default()),
        BeginOutcome::TurnInProgress {
            turn_id: fence.turn_id,
            retry_after,
            is_same_request: false
        }
    );
    let later = BeginTurn { now: at(61), ..turn(2, "and eggs") };
    begun(&mut log, later);
    assert_eq!(log.turn(fence.turn_id).unwrap().status, TurnStatus::Interrupted);
    assert_eq!(log.finish(answered(fence)), EndOutcome::FencedOff);
}

#[test]
fn a_turn_that_is_over_or_another_users_is_fenced_off() {
    let (mut log, fence) = log();
    let foreign = TurnFence { user_id: UserId::new(2).unwrap(), ..fence };
    assert_eq!(log.fail(failed(foreign)), EndOutcome::FencedOff);
    assert_eq!(log.fail(failed(fence)), EndOutcome::Ended(()));
    assert_eq!(log.finish(answered(fence)), EndOutcome::FencedOff);
    let mut tasks = TaskList::default();
    let step = log.run_step(add_milk(fence), &mut tasks);
    assert_eq!(step, StepOutcome::FencedOff);
    assert_eq!(tasks.tasks().count(), 0);
}

#[test]
fn a_failed_turn_tells_what_it_changed() {
    let (mut log, fence) = log();
    let mut tasks = TaskList::default();
    log.run_step(add_milk(fence), &mut tasks);
    log.fail(failed(fence));
    let history = begun(&mut log, turn(4, "again")).history;
    let [HistoryEntry::User(said), HistoryEntry::Unanswered(effects)] = &history[..] else {
        panic!("{history:?}")
    };
    assert_eq!((said.as_str(), effects.len()), ("add milk", 1));
}

#[test]
fn a_history_is_no_longer_than_asked_for() {
    let (mut log, fence) = log();
    log.finish(answered(fence));
    let history = begun(&mut log, BeginTurn { history: 1, ..turn(4, "more") }).history;
    assert_eq!(history, [HistoryEntry::Assistant("Added.".into())]);
}
