//! What every storage must do, as cases that take its ports. An adapter makes a test of each, by
//! giving a macro to [`crate::for_each_contract_case`].

pub mod accounts;
pub mod actions;
pub mod archives;
pub mod batch;
pub mod budget;
mod cases;
pub mod concurrency;
pub mod conversations;
pub mod history;
pub mod idempotency;
pub mod ledger;
pub mod listing;
pub mod oversight;
pub mod retention;
pub mod scripts;
pub mod search;
pub mod tags;
pub mod tasks;
pub mod tokens;
pub mod turns;
pub mod undo;
pub mod usage;
pub mod user_limits;

use std::{ops::Deref, time::Duration};

use todo_adapters::Database;
use todo_domain::{
    AnswerText, CallOperation, ConversationId, FailureCode, MessageId, MessageText, ModelIdentity,
    NewTask, PasswordHash, RecordedCall, Tags, Task, TaskAction, TaskId, TaskOperation,
    TaskOutcome, TaskPage, TaskQuery, TaskTarget, TaskTitle, TimeZone, Timestamp, TokenUsage,
    TurnFence, TurnId, UserId, UserLimit, UserLimits,
    ports::{
        self, BeginOutcome, BeginTurn, Begun, ConversationRef, CreateUser, EndOutcome, FailTurn,
        FinishTurn, PreparedCall, RunStep, StepOutcome,
    },
};
use uuid::Uuid;

/// The stores of a database, and shorthands for what tests do all the time.
#[derive(Debug, Clone)]
pub struct Stores(ports::Stores);

impl Deref for Stores {
    type Target = ports::Stores;

    fn deref(&self) -> &ports::Stores {
        &self.0
    }
}

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
        0x0193_5000_0000_7000_8000_0000_0000_0000 | process << 32 | u128::from(crate::unique()),
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
pub fn new_user(email: &str) -> todo_domain::NewUser {
    todo_domain::NewUser {
        email: email.parse().expect("an e-mail address"),
        name: todo_domain::UserName::new("Ada Lovelace").expect("a name"),
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
        id: format!("call_{}", crate::unique()),
        name: "a_tool".into(),
        arguments: "{}".into(),
        operation: Ok(operation.into()),
    }
}

impl Stores {
    /// The stores of a database.
    #[must_use]
    pub fn of(database: &Database) -> Self {
        Self(database.stores())
    }

    /// A user of this name.
    pub async fn user(&self, name: &str) -> UserId {
        let created = self.accounts.create(new_user(&format!("{name}@example.org"))).await;
        match created.expect("the store works") {
            CreateUser::Created(user) => user.id,
            CreateUser::EmailTaken => unreachable!("{name} signed up before"),
        }
    }

    /// Does something with tasks.
    pub async fn execute(&self, user: UserId, operation: TaskOperation) -> TaskOutcome {
        self.tasks.execute(user, operation, at(0)).await.expect("the store works")
    }

    /// Adds a task.
    pub async fn add(&self, user: UserId, new: NewTask) -> Task {
        match self.execute(user, TaskOperation::Create(new)).await {
            TaskOutcome::Created { after } => after,
            other => unreachable!("{other:?}"),
        }
    }

    /// Does something with one task.
    pub async fn act(
        &self,
        user: UserId,
        target: impl Into<TaskTarget>,
        action: TaskAction,
    ) -> TaskOutcome {
        self.execute(user, TaskOperation::act(target, action)).await
    }

    /// A page of tasks.
    pub async fn list(&self, user: UserId, query: TaskQuery) -> TaskPage {
        match self.execute(user, TaskOperation::List(query)).await {
            TaskOutcome::Listed(page) => page,
            other => unreachable!("{other:?}"),
        }
    }

    /// What comes of saying something.
    pub async fn say(
        &self,
        user_id: UserId,
        conversation: ConversationRef,
        text: &str,
        lease: Duration,
    ) -> BeginOutcome {
        let turn = message(user_id, conversation, text, lease);
        self.turns.begin(turn).await.expect("the store works")
    }

    /// Begins a turn in a new conversation.
    pub async fn begin(&self, user: UserId, text: &str) -> Begun {
        let conversation = ConversationRef::New(ConversationId::new(uuid()));
        begun(self.say(user, conversation, text, LEASE).await)
    }

    /// Begins another turn in the conversation of an earlier one.
    pub async fn go_on(&self, earlier: &Begun, text: &str) -> Begun {
        let TurnFence { user_id, conversation_id, .. } = earlier.fence;
        let conversation = ConversationRef::Existing(conversation_id);
        begun(self.say(user_id, conversation, text, LEASE).await)
    }

    /// Runs a step of a turn.
    pub async fn step(&self, turn: &Begun, number: i32, calls: Vec<PreparedCall>) -> StepOutcome {
        let step = step(turn, number, calls);
        self.turns.run_step(step).await.expect("the store works")
    }

    /// Runs a step that is carried out.
    pub async fn recorded(
        &self,
        turn: &Begun,
        number: i32,
        calls: Vec<PreparedCall>,
    ) -> Vec<RecordedCall> {
        match self.step(turn, number, calls).await {
            StepOutcome::Recorded(calls) => calls,
            StepOutcome::FencedOff => unreachable!("fenced off"),
        }
    }

    /// Answers a turn.
    pub async fn finish(&self, turn: &Begun, text: &str) -> EndOutcome<todo_domain::Message> {
        let end = FinishTurn {
            fence: turn.fence,
            message_id: turn.answer_id,
            text: AnswerText::new(text).expect("an answer"),
            identity: identity(),
            usage: tokens(100, 10),
            now: at(1),
        };
        self.turns.finish(end).await.expect("the store works")
    }

    /// Gives a turn up.
    pub async fn fail(&self, turn: &Begun, code: FailureCode) -> EndOutcome<()> {
        self.fail_amid(turn, code, None).await
    }

    /// Gives a turn up of whose answer this has been said.
    pub async fn fail_amid(
        &self,
        turn: &Begun,
        code: FailureCode,
        partial_answer: Option<AnswerText>,
    ) -> EndOutcome<()> {
        let end = FailTurn {
            fence: turn.fence,
            code,
            identity: identity(),
            usage: tokens(100, 10),
            partial_answer,
            now: at(1),
        };
        self.turns.fail(end).await.expect("the store works")
    }

    /// A turn as the ledger has it.
    pub async fn turn(&self, turn: &Begun) -> todo_domain::Turn {
        let TurnFence { user_id, turn_id, .. } = turn.fence;
        let turn = self.turns.turn(user_id, turn_id).await.expect("the store works");
        turn.expect("the turn is there")
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

fn begun(outcome: BeginOutcome) -> Begun {
    match outcome {
        BeginOutcome::Begun(begun) => begun,
        other => unreachable!("{other:?}"),
    }
}
