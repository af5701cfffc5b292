//! The values that cases are made of.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use todo_domain::{
    CallOperation, MessageId, MessageText, ModelIdentity, NewTask, NewUser, PasswordHash, Tags,
    TaskId, TaskTitle, TimeZone, Timestamp, TokenUsage, TurnId, UserId, UserLimit, UserLimits,
    UserName,
    ports::{BeginOutcome, BeginTurn, Begun, ConversationRef, PreparedCall, RunStep},
};
use uuid::Uuid;

/// So many seconds after the cases' beginning of time.
#[must_use]
pub fn at(second: i64) -> Timestamp {
    Timestamp::from_microsecond(1_795_341_600_000_000 + second * 1_000_000).expect("an instant")
}

/// A UUID that was not used before.
#[must_use]
pub fn uuid() -> Uuid {
    // Version 7 with the same instant: the order is the order of making.
    let process = u128::from(std::process::id());
    Uuid::from_u128(
        0x0193_5000_0000_7000_8000_0000_0000_0000 | process << 32 | u128::from(unique()),
    )
}

/// Some lease that does not run out during a test.
pub const LEASE: Duration = Duration::from_secs(600);

/// How much a user of the cases may keep.
///
/// # Panics
/// Never: both numbers are within their bounds.
#[must_use]
pub fn user_limits() -> UserLimits {
    let limit = |things| UserLimit::new(things).expect("a limit");
    UserLimits { tasks: limit(110), conversations: limit(20) }
}

/// A message to begin a turn with.
///
/// # Panics
/// Where the text is none that a message may have.
#[must_use]
pub fn message(
    user_id: UserId,
    conversation: ConversationRef,
    text: &str,
    lease: Duration,
) -> BeginTurn {
    BeginTurn {
        user_id,
        conversation,
        turn_id: TurnId::new(uuid()),
        message_id: MessageId::new(uuid()),
        answer_id: MessageId::new(uuid()),
        text: MessageText::new(text).expect("a message"),
        now: at(0),
        lease,
        history: 20,
        budget: None,
        keyed: None,
        decides: None,
    }
}

/// The model of the cases.
#[must_use]
pub fn identity() -> ModelIdentity {
    ModelIdentity { engine: "scripted".into(), model: "script-1".into() }
}

/// A number of tokens.
#[must_use]
pub const fn tokens(input_tokens: u64, output_tokens: u64) -> TokenUsage {
    TokenUsage { input_tokens, output_tokens }
}

/// A user to be created.
#[must_use]
pub fn new_user(email: &str) -> NewUser {
    NewUser {
        email: email.parse().expect("an e-mail address"),
        name: UserName::new("Ada Lovelace").expect("a name"),
        password_hash: PasswordHash::new("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA".into()),
        time_zone: "Europe/Berlin".parse().unwrap_or(TimeZone::UTC),
        created_at: at(0),
    }
}

/// A task with nothing but a title.
#[must_use]
pub fn titled(title: &str) -> NewTask {
    NewTask::titled(TaskTitle::new(title).expect("a title"))
}

/// Tags, with commas between them.
#[must_use]
pub fn tags(text: &str) -> Tags {
    text.parse().expect("tags")
}

/// A task's number.
#[must_use]
pub fn number(number: i64) -> TaskId {
    TaskId::new(number).expect("a number from 1")
}

/// A call of the model that amounts to an operation.
#[must_use]
pub fn call(operation: impl Into<CallOperation>) -> PreparedCall {
    PreparedCall {
        id: format!("call_{}", unique()),
        name: "a_tool".into(),
        arguments: "{}".into(),
        operation: Ok(operation.into()),
    }
}

/// A step to be run.
#[must_use]
pub fn step(turn: &Begun, number: i32, calls: Vec<PreparedCall>) -> RunStep {
    RunStep {
        fence: turn.fence,
        number,
        plan: Some("I will look.".into()),
        reasoning: None,
        identity: identity(),
        usage: tokens(7, 3),
        calls,
        now: at(1),
    }
}

pub(crate) fn begun(outcome: BeginOutcome) -> Begun {
    match outcome {
        BeginOutcome::Begun(begun) => begun,
        other => unreachable!("{other:?}"),
    }
}

/// A number that this process has not used before.
fn unique() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
