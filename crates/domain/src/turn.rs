//! Turns and their ledger: what was asked, what the model wanted, what was done.

use std::{fmt, str::FromStr, time::Duration};

use crate::{
    Action, AnswerText, CallResult, Closing, ConversationId, MessageId, ModelIdentity, TaskEffect,
    TaskOutcome, Timestamp, TokenUsage, TurnId, UndoLink, UserId,
    ports::{StoreErrorKind, UndoTurn},
};

/// The right to carry a turn on: held by the runner of its latest attempt. A store refuses to
/// write for a runner whose fence is no longer the turn's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TurnFence {
    /// Whose turn.
    pub user_id: UserId,
    /// In which conversation.
    pub conversation_id: ConversationId,
    /// Which turn.
    pub turn_id: TurnId,
    /// Which attempt at it, from 1.
    pub attempt: i32,
}

/// Where a turn stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnStatus {
    /// Being worked on.
    Running,
    /// Asks its user about an action, and goes on once that is decided.
    Waiting,
    /// Answered.
    Completed,
    /// Ended without an answer.
    Failed(FailureCode),
    /// Stopped by the user.
    Cancelled,
    /// Left behind by a process that died.
    Interrupted,
}

impl TurnStatus {
    /// Its name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Completed => "completed",
            Self::Failed(_) => "failed",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
        }
    }
}

/// Why a turn failed: stable names for programs to branch on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureCode {
    /// The provider refused our credentials.
    ProviderAuth,
    /// The provider's quota is used up.
    ProviderQuotaExhausted,
    /// The provider asks us to slow down.
    ProviderRateLimited,
    /// The provider called our request malformed.
    ProviderRejectedRequest,
    /// The provider does not have the model.
    ProviderModelNotFound,
    /// The provider can't be reached or is broken.
    ProviderUnavailable,
    /// Too many turns are asking the provider at once.
    ProviderBusy,
    /// The answer was cut off inside tool calls.
    ModelTruncated,
    /// The answer was empty, too long, or made no sense.
    ModelAnswerInvalid,
    /// The model asked for more steps than a turn may have.
    TurnStepLimit,
    /// The turn's time ran out.
    TurnTimeout,
    /// The database did not answer.
    DatabaseUnavailable,
    /// The disk of the database is full.
    StorageFull,
    /// Other searches of the same user took all the time that one of the turn had.
    TooManySearches,
    /// A bug, or data that can't be.
    Internal,
}

/// The text was not a [`FailureCode`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown failure code")]
pub struct UnknownCode;

impl FailureCode {
    /// Every code.
    pub const ALL: [Self; 15] = [
        Self::ProviderAuth,
        Self::ProviderQuotaExhausted,
        Self::ProviderRateLimited,
        Self::ProviderRejectedRequest,
        Self::ProviderModelNotFound,
        Self::ProviderUnavailable,
        Self::ProviderBusy,
        Self::ModelTruncated,
        Self::ModelAnswerInvalid,
        Self::TurnStepLimit,
        Self::TurnTimeout,
        Self::DatabaseUnavailable,
        Self::StorageFull,
        Self::TooManySearches,
        Self::Internal,
    ];

    /// Its name on the wire and in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ProviderAuth => "provider_auth",
            Self::ProviderQuotaExhausted => "provider_quota_exhausted",
            Self::ProviderRateLimited => "provider_rate_limited",
            Self::ProviderRejectedRequest => "provider_rejected_request",
            Self::ProviderModelNotFound => "provider_model_not_found",
            Self::ProviderUnavailable => "provider_unavailable",
            Self::ProviderBusy => "provider_busy",
            Self::ModelTruncated => "model_truncated",
            Self::ModelAnswerInvalid => "model_answer_invalid",
            Self::TurnStepLimit => "turn_step_limit",
            Self::TurnTimeout => "turn_timeout",
            Self::DatabaseUnavailable => "database_unavailable",
            Self::StorageFull => "storage_full",
            Self::TooManySearches => "too_many_searches",
            Self::Internal => "internal_error",
        }
    }
}

impl From<StoreErrorKind> for FailureCode {
    fn from(kind: StoreErrorKind) -> Self {
        match kind {
            StoreErrorKind::StorageFull => Self::StorageFull,
            StoreErrorKind::Crowded => Self::TooManySearches,
            StoreErrorKind::Unavailable | StoreErrorKind::Contention => Self::DatabaseUnavailable,
            // Nothing of an import's account can be amid a turn.
            StoreErrorKind::NoUser
            | StoreErrorKind::Importing
            | StoreErrorKind::Constraint
            | StoreErrorKind::Corrupt
            | StoreErrorKind::Internal => Self::Internal,
        }
    }
}

impl fmt::Display for FailureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for FailureCode {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        Self::ALL.into_iter().find(|code| code.as_str() == text).ok_or(UnknownCode)
    }
}

/// A turn with its ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Which one.
    pub id: TurnId,
    /// In which conversation.
    pub conversation_id: ConversationId,
    /// Where it stands.
    pub status: TurnStatus,
    /// The id of its answer, stored or not: given out when the turn begins. `None` for turns that
    /// earlier versions began.
    pub answer_id: Option<MessageId>,
    /// Who answered last; `None` before the first answer.
    pub identity: Option<ModelIdentity>,
    /// What all its answers cost.
    pub usage: TokenUsage,
    /// What was done, in order.
    pub steps: Vec<TurnStep>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended, or asked what it waits for; `None` while it runs.
    pub finished_at: Option<Timestamp>,
    /// Where it stands among the turns that undid a turn and each other; `None` of a turn that
    /// undid nothing.
    pub undo: Option<UndoLink>,
    /// The turn by which it is undone now. Not part of an export: it follows from the links.
    pub undone_by: Option<TurnId>,
    /// What a waiting turn asks; `None` of any other.
    pub action: Option<Action>,
    /// What had been said of an answer when the turn was stopped or failed, if anything had.
    pub partial_answer: Option<AnswerText>,
}

impl Turn {
    /// How many steps a turn has at most.
    pub const MAX_STEPS: usize = 6;

    /// The turn with which its chain of undos begins, and its number in it.
    #[must_use]
    pub fn undo_position(&self) -> (TurnId, i32) {
        self.undo.map_or((self.id, 0), |link| (link.first, link.number))
    }

    /// Whether it undid a turn without a message that asked for it.
    #[must_use]
    pub const fn is_undo_without_message(&self) -> bool {
        self.undo.is_some() && self.answer_id.is_none()
    }

    /// Makes a turn that waits an interrupted one. What waited was not carried out.
    pub fn give_up_waiting(&mut self) {
        if self.status == TurnStatus::Waiting {
            self.status = TurnStatus::Interrupted;
        }
        self.action = None;
        for call in self.steps.iter_mut().flat_map(|step| &mut step.calls) {
            if call.is_waiting() {
                call.result = CallResult::Rejected(Closing::MovedOn.rejection());
            }
        }
    }

    /// What it changed, in order.
    pub fn effects(&self) -> impl Iterator<Item = TaskEffect> + '_ {
        self.steps.iter().flat_map(|step| &step.calls).flat_map(RecordedCall::effects)
    }

    /// The turn that undid another with these outcomes, without any model: it has one step of one
    /// call.
    #[must_use]
    pub fn undoing(
        undo: &UndoTurn,
        conversation_id: ConversationId,
        link: UndoLink,
        outcomes: Vec<TaskOutcome>,
    ) -> Self {
        let identity = ModelIdentity { engine: "undo".to_owned(), model: "undo".to_owned() };
        let direction = link.direction();
        let call = RecordedCall {
            id: "undo_last_turn_1".to_owned(),
            name: "undo_last_turn".to_owned(),
            arguments: format!(r#"{{"direction":"{direction}"}}"#),
            result: CallResult::Each(outcomes),
            duration: Duration::ZERO,
        };
        let step = TurnStep {
            number: 1,
            plan: None,
            reasoning: None,
            identity: identity.clone(),
            usage: TokenUsage::default(),
            calls: vec![call],
        };
        Self {
            id: undo.undo_id,
            conversation_id,
            status: TurnStatus::Completed,
            answer_id: None,
            identity: Some(identity),
            usage: TokenUsage::default(),
            steps: vec![step],
            started_at: undo.now,
            finished_at: Some(undo.now),
            undo: Some(link),
            undone_by: None,
            action: None,
            partial_answer: None,
        }
    }
}

/// One answer of the model that asked for tools, and what came of it. A step and its effects are
/// committed together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnStep {
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
    pub calls: Vec<RecordedCall>,
}

impl TurnStep {
    /// How many calls of one answer are recorded at most, carried out or not.
    pub const MAX_CALLS: usize = 128;

    /// The first step of a turn whose message approved what another turn had asked: calls of the model
    /// that had asked it.
    #[must_use]
    pub const fn approved(identity: ModelIdentity, calls: Vec<RecordedCall>) -> Self {
        let usage = TokenUsage { input_tokens: 0, output_tokens: 0 };
        Self { number: 1, plan: None, reasoning: None, identity, usage, calls }
    }
}

/// A tool call as it was made and what it brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedCall {
    /// The model's name for it.
    pub id: String,
    /// The tool the model named.
    pub name: String,
    /// The model's arguments, byte for byte.
    pub arguments: String,
    /// What it brought.
    pub result: CallResult,
    /// How long it took inside the store.
    pub duration: Duration,
}

impl RecordedCall {
    /// How many effects a call has at most.
    pub const MAX_EFFECTS: usize = 500;

    /// What it changed, in order.
    pub fn effects(&self) -> impl Iterator<Item = TaskEffect> + '_ {
        self.result.effects()
    }

    /// Whether it waits for a decision.
    #[must_use]
    pub const fn is_waiting(&self) -> bool {
        matches!(self.result, CallResult::Waiting(_))
    }
}

/// Why a call was not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The kind.
    pub code: RejectionCode,
    /// A sentence that the model can act on.
    pub message: String,
}

/// The kinds of [`Rejection`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectionCode {
    /// There is no such tool.
    UnknownTool,
    /// The arguments are not what the tool takes.
    InvalidArguments,
    /// The turn had no calls left.
    NotExecuted,
}

impl RejectionCode {
    /// Every code.
    pub const ALL: [Self; 3] = [Self::UnknownTool, Self::InvalidArguments, Self::NotExecuted];

    /// Its name on the wire and in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownTool => "unknown_tool",
            Self::InvalidArguments => "invalid_arguments",
            Self::NotExecuted => "not_executed",
        }
    }
}

impl fmt::Display for RejectionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for RejectionCode {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        Self::ALL.into_iter().find(|code| code.as_str() == text).ok_or(UnknownCode)
    }
}
