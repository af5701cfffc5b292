//! Where turns and their ledger are kept.
//!
//! A turn is begun, runs any number of steps, and is finished or failed: one unit of work each,
//! with nothing held in between, so that a model may think as long as it likes.

use std::time::Duration;

use async_trait::async_trait;

use crate::{
    AnswerText, Capacity, ConversationId, FailureCode, Message, MessageId, MessageText,
    ModelIdentity, RecordedCall, Rejection, TaskEffect, TaskOperation, TimeZone, Timestamp,
    TokenUsage, Turn, TurnFence, TurnId, UserId, ports::StoreError,
};

/// The conversation a message belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConversationRef {
    /// A new one, under this id.
    New(ConversationId),
    /// One there should be.
    Existing(ConversationId),
}

/// A user's message, and the turn that is to answer it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BeginTurn {
    /// Whose.
    pub user_id: UserId,
    /// Where.
    pub conversation: ConversationRef,
    /// The turn's id.
    pub turn_id: TurnId,
    /// The message's id.
    pub message_id: MessageId,
    /// What the user said.
    pub text: MessageText,
    /// When.
    pub now: Timestamp,
    /// How long the turn may run before others may take it for dead, by the database's clock.
    pub lease: Duration,
    /// How many earlier messages to load.
    pub history: u16,
}

/// What came of [`TurnStore::begin`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BeginOutcome {
    /// The message is stored and the turn runs.
    Begun(Begun),
    /// The user has no such conversation. Nothing was stored.
    ConversationNotFound,
    /// Another turn of the conversation runs. Nothing was stored.
    TurnInProgress {
        /// Which one.
        turn_id: TurnId,
        /// When it will have ended, at the latest.
        retry_after: Duration,
    },
    /// The message would have begun a conversation, and the user has as many as anybody may have.
    /// Nothing was stored.
    ConversationLimitReached {
        /// How many that is.
        max: Capacity,
    },
    /// There is no such user. Nothing was stored.
    UserNotFound,
}

/// A turn that has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// The right to carry it on.
    pub fence: TurnFence,
    /// The user's time zone.
    pub time_zone: TimeZone,
    /// What was said before, oldest first, without the message that began the turn.
    pub history: Vec<HistoryEntry>,
}

/// Something that happened earlier in a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryEntry {
    /// The user said this.
    User(String),
    /// The model answered this.
    Assistant(String),
    /// A turn ended without an answer, after it had changed these tasks.
    Unanswered(Vec<TaskEffect>),
}

/// An answer of the model that asked for tools.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunStep {
    /// The right to run it.
    pub fence: TurnFence,
    /// 1, 2, 3 … within the turn.
    pub number: i32,
    /// What the model said it would do.
    pub plan: Option<String>,
    /// What it thought.
    pub reasoning: Option<String>,
    /// Who answered.
    pub identity: ModelIdentity,
    /// What that answer cost.
    pub usage: TokenUsage,
    /// The calls in order.
    pub calls: Vec<PreparedCall>,
    /// When.
    pub now: Timestamp,
}

/// A tool call, parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedCall {
    /// The model's name for it, unique within its turn.
    pub id: String,
    /// The tool the model named.
    pub name: String,
    /// The model's arguments, byte for byte.
    pub arguments: String,
    /// What it amounts to, or why it amounts to nothing.
    pub operation: Result<TaskOperation, Rejection>,
}

/// What came of [`TurnStore::run_step`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepOutcome {
    /// The step is done and recorded, now or by an earlier try.
    Recorded(Vec<RecordedCall>),
    /// The turn is no longer this runner's: it was closed, taken over, or deleted with its
    /// conversation. Nothing was written.
    FencedOff,
}

/// The end of a turn that has an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinishTurn {
    /// The right to end it.
    pub fence: TurnFence,
    /// The answer's id.
    pub message_id: MessageId,
    /// The answer.
    pub text: AnswerText,
    /// Who answered.
    pub identity: ModelIdentity,
    /// What all answers of the turn cost.
    pub usage: TokenUsage,
    /// When.
    pub now: Timestamp,
}

/// The end of a turn that has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailTurn {
    /// The right to end it.
    pub fence: TurnFence,
    /// Why it failed.
    pub code: FailureCode,
    /// Who was asked.
    pub identity: ModelIdentity,
    /// What its answers cost.
    pub usage: TokenUsage,
    /// When.
    pub now: Timestamp,
}

/// What came of ending a turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndOutcome<T> {
    /// It has ended.
    Ended(T),
    /// The turn is no longer this runner's. Nothing was written.
    FencedOff,
}

/// Keeps turns and their ledger.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait TurnStore: Send + Sync {
    /// Stores the user's message and a running turn, and loads the history.
    ///
    /// At most one turn of a conversation runs at a time. One whose lease has run out is closed
    /// as interrupted on the way.
    async fn begin(&self, turn: BeginTurn) -> Result<BeginOutcome, StoreError>;

    /// Carries out the calls of a step in order and records them, all together.
    ///
    /// A step that is recorded already is not carried out again: its records come back. So a
    /// caller that does not know whether its step was committed may ask again.
    async fn run_step(&self, step: RunStep) -> Result<StepOutcome, StoreError>;

    /// Stores the answer and completes the turn.
    async fn finish(&self, end: FinishTurn) -> Result<EndOutcome<Message>, StoreError>;

    /// Marks the turn failed. What its steps did stays done and recorded.
    async fn fail(&self, end: FailTurn) -> Result<EndOutcome<()>, StoreError>;

    /// A turn with its ledger.
    async fn turn(&self, user: UserId, id: TurnId) -> Result<Option<Turn>, StoreError>;
}
