//! A step of a turn: the calls of one answer of the model.

use std::time::Duration;

use crate::{
    CallOperation, CallResult, ModelIdentity, ModelToolCall, RecordedCall, Rejection, Timestamp,
    TokenUsage, TurnFence, TurnStep,
};

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

impl RunStep {
    /// The calls as they will be recorded, before they are carried out.
    #[must_use]
    pub fn calls_as_recorded(&self) -> Vec<ModelToolCall> {
        let calls = self.calls.iter().map(|call| ModelToolCall {
            id: storable(call.id.clone()),
            name: storable(call.name.clone()),
            arguments: storable(call.arguments.clone()),
        });
        calls.collect()
    }

    /// The plan as it will be recorded.
    #[must_use]
    pub fn plan_as_recorded(&self) -> Option<String> {
        self.plan.clone().map(storable)
    }

    /// The step for the ledger, now that its calls are carried out.
    #[must_use]
    pub fn done(self, calls: Vec<RecordedCall>) -> TurnStep {
        TurnStep {
            number: self.number,
            plan: self.plan.map(storable),
            reasoning: self.reasoning.map(storable),
            identity: self.identity,
            usage: self.usage,
            calls,
        }
    }
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
    pub operation: Result<CallOperation, Rejection>,
}

impl PreparedCall {
    /// The record of the call, of what it brought, and of how long that took.
    #[must_use]
    pub fn recorded(self, result: CallResult, duration: Duration) -> RecordedCall {
        RecordedCall {
            id: storable(self.id),
            name: storable(self.name),
            arguments: storable(self.arguments),
            result,
            duration,
        }
    }
}

/// A text of a model without U+0000, which PostgreSQL can't store and nobody could correct.
pub(super) fn storable(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "") } else { text }
}

/// What came of [`TurnStore::run_step`](crate::ports::TurnStore::run_step).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepOutcome {
    /// The step is done and recorded, now or by an earlier try.
    Recorded(Vec<RecordedCall>),
    /// The turn is no longer this runner's. Nothing was written. What the answer cost is counted if
    /// the turn was cancelled, or deleted with its conversation; it is not if the turn was closed, or
    /// goes on as its next attempt.
    FencedOff,
}
