//! What is said to a language model and what it says back.

use std::{
    fmt,
    ops::{Add, AddAssign},
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{FailureCode, TimeZone, Timestamp, UserId};

/// A tool as a model is shown it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolSpec {
    /// What the model calls it by.
    pub name: &'static str,
    /// When to use it, for the model to read.
    pub description: &'static str,
    /// The JSON Schema of its arguments, as JSON text.
    pub parameters: String,
}

/// One question to a model: everything it is to know, since it remembers nothing.
///
/// Built once per turn; only `messages` grows, by the calls and results of each step.
#[derive(Debug, Clone)]
pub struct ModelRequest {
    /// Who asks. Models do not see it; adapters share what there is among users.
    pub user: UserId,
    /// Who the model is and how it behaves.
    pub system: String,
    /// What was said, oldest first: history, the user's message, then this turn's calls and results.
    pub messages: Vec<ModelMessage>,
    /// What it may call. The same in every step of a turn.
    pub tools: Arc<[ToolSpec]>,
    /// The turn's "now", for models that reckon with dates themselves.
    pub now: Timestamp,
    /// Where the user's days begin and end.
    pub time_zone: TimeZone,
    /// When an answer is of no use any more; adapters start no attempt that can't end before.
    pub deadline: Instant,
}

/// Something said to or by a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelMessage {
    /// By the person.
    User(String),
    /// By the model, to the person.
    Assistant(String),
    /// By the model: a wish to call tools. A result for each call follows directly.
    ToolCalls {
        /// What it said it would do, to be replayed as received.
        plan: Option<String>,
        /// What it thought, to be replayed as received.
        reasoning: Option<String>,
        /// The calls, at least one.
        calls: Vec<ModelToolCall>,
    },
    /// To the model: what a call brought.
    ToolResult {
        /// The id of the call.
        call_id: String,
        /// JSON text, never empty.
        content: String,
    },
}

/// A tool call as the model made it: nothing about it is checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelToolCall {
    /// The model's name for this call.
    pub id: String,
    /// The tool it means.
    pub name: String,
    /// Its arguments byte for byte: JSON if all is well.
    pub arguments: String,
}

/// Which model it was that answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelIdentity {
    /// The adapter: `cohere`, `offline`, …
    pub engine: String,
    /// The model behind it.
    pub model: String,
}

/// Tokens as the provider bills them; 0 for a model that bills none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TokenUsage {
    /// Read.
    pub input_tokens: u64,
    /// Written.
    pub output_tokens: u64,
}

impl TokenUsage {
    /// Both together.
    #[must_use]
    pub const fn total(self) -> u64 {
        self.input_tokens.saturating_add(self.output_tokens)
    }

    /// The greater number of each kind.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self {
            input_tokens: self.input_tokens.max(other.input_tokens),
            output_tokens: self.output_tokens.max(other.output_tokens),
        }
    }
}

impl Add for TokenUsage {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
        }
    }
}

impl AddAssign for TokenUsage {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

/// A model's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelAnswer {
    /// What it wants.
    pub reply: ModelReply,
    /// Who answered.
    pub identity: ModelIdentity,
    /// What it cost.
    pub usage: TokenUsage,
}

/// What a model wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelReply {
    /// To say this to the person.
    Text(String),
    /// To call tools first.
    ToolCalls {
        /// What it says it will do.
        plan: Option<String>,
        /// What it thought.
        reasoning: Option<String>,
        /// The calls in order.
        calls: Vec<ModelToolCall>,
    },
}

impl ModelReply {
    /// A wish to call one tool, with arguments in JSON, and nothing said about it. The turn gives
    /// the call an id.
    pub fn call(tool: impl Into<String>, arguments: impl Into<String>) -> Self {
        let (id, name, arguments) = (String::new(), tool.into(), arguments.into());
        let calls = vec![ModelToolCall { id, name, arguments }];
        Self::ToolCalls { plan: None, reasoning: None, calls }
    }
}

/// Why a model did not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelFailure {
    /// It does not accept our credentials.
    Auth,
    /// What we paid for is used up; waiting does not help.
    QuotaExhausted,
    /// Too many questions at once.
    RateLimited {
        /// When to try again, where the provider says so.
        retry_after: Option<Duration>,
    },
    /// It says that the question is malformed: our mistake.
    RejectedRequest,
    /// It has no model of this name (any more).
    ModelNotFound,
    /// It can't be reached, or is broken.
    Unavailable {
        /// When to try again, if that is known.
        retry_after: Option<Duration>,
    },
    /// We ask it so many questions at a time that this one was not sent.
    Busy,
    /// Its answer ended in the middle of tool calls; nothing of it may be executed.
    Truncated,
    /// Its answer makes no sense.
    InvalidAnswer,
    /// There was no time left to ask, or none to wait.
    DeadlineExceeded,
}

impl ModelFailure {
    /// The code the turn fails with.
    #[must_use]
    pub const fn code(self) -> FailureCode {
        match self {
            Self::Auth => FailureCode::ProviderAuth,
            Self::QuotaExhausted => FailureCode::ProviderQuotaExhausted,
            Self::RateLimited { .. } => FailureCode::ProviderRateLimited,
            Self::RejectedRequest => FailureCode::ProviderRejectedRequest,
            Self::ModelNotFound => FailureCode::ProviderModelNotFound,
            Self::Unavailable { .. } => FailureCode::ProviderUnavailable,
            Self::Busy => FailureCode::ProviderBusy,
            Self::Truncated => FailureCode::ModelTruncated,
            Self::InvalidAnswer => FailureCode::ModelAnswerInvalid,
            Self::DeadlineExceeded => FailureCode::TurnTimeout,
        }
    }

    /// When asking again may help, if the provider said so.
    #[must_use]
    pub const fn retry_after(self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } | Self::Unavailable { retry_after } => retry_after,
            _ => None,
        }
    }
}

/// A model did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}", failure.code())]
pub struct ModelError {
    /// In which way.
    pub failure: ModelFailure,
    /// For the operator's log: no secrets, nothing a user or a model said.
    pub detail: String,
}

impl ModelError {
    /// A failure with a line for the operator.
    pub fn new(failure: ModelFailure, detail: impl fmt::Display) -> Self {
        Self { failure, detail: detail.to_string() }
    }
}
