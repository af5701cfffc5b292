//! An answer as it grows event by event, and what it amounts to in the end.

use todo_domain::{ModelFailure, ModelReply, ModelToolCall, TokenUsage, is_blank};

use super::events::{BilledUnits, Call, End, FinishReason, Piece, StreamEvent};

/// The most calls one answer may have: far more than any turn carries out.
pub(super) const MAX_CALLS: usize = 256;

/// Why the bytes of an answer are of no use. None of the texts quotes what the model wrote.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum AnswerError {
    #[error("the answer is longer than 5 MB")]
    TooLong,
    #[error("a line of the answer is longer than 1 MiB")]
    LineTooLong,
    #[error("the answer is no event stream")]
    NotAnEventStream,
    #[error("an event of the answer can't be read")]
    Malformed,
    #[error("the answer ends before its last event")]
    Cut,
    #[error("the answer has more than {MAX_CALLS} tool calls")]
    TooManyCalls,
    #[error("a tool call of the answer has no name, or no beginning")]
    SenselessCall,
    #[error("the answer ends in tool calls for a reason we do not know")]
    UnknownReason,
    #[error("the answer is empty")]
    Empty,
    #[error(
        "the answer was cut off at the limit of tokens before it said or called anything whole"
    )]
    Truncated,
    /// The provider gave up half-way; the texts are its own, not fit for a log as they are.
    #[error("the provider gave up: {kind}: {message}")]
    GaveUp { kind: String, message: String },
    /// The provider ran out of time half-way.
    #[error("the provider ran out of time")]
    TimedOut,
}

impl AnswerError {
    /// What a turn fails with that gets no better answer.
    pub(super) const fn failure(&self) -> ModelFailure {
        match self {
            Self::Truncated => ModelFailure::Truncated,
            Self::TimedOut => ModelFailure::Unavailable { retry_after: None },
            _ => ModelFailure::InvalidAnswer,
        }
    }

    /// Whether another try may bring a better answer. One that was cut off by the limit of tokens
    /// would be cut off again.
    pub(super) const fn is_accident(&self) -> bool {
        !matches!(self, Self::Truncated)
    }
}

/// Puts an answer together.
#[derive(Default)]
pub(super) struct AnswerBuilder {
    text: String,
    thoughts: String,
    plan: String,
    calls: Vec<GrowingCall>,
    /// Inside a content block of a kind we do not know.
    foreign_block: bool,
    end: Option<End>,
}

struct GrowingCall {
    /// Cohere's number for it, which later events refer to.
    index: u64,
    call: ModelToolCall,
}

impl AnswerBuilder {
    /// Takes the next event and returns what it has for the person, if anything.
    pub(super) fn push(&mut self, event: StreamEvent) -> Result<Option<String>, AnswerError> {
        match event {
            StreamEvent::ContentStart { delta } => {
                let piece = delta.and_then(|delta| delta.message?.content).unwrap_or_default();
                self.foreign_block =
                    piece.kind.as_deref().is_some_and(|kind| !matches!(kind, "text" | "thinking"));
                Ok(self.grow_content(piece))
            }
            StreamEvent::ContentDelta { delta } => {
                let piece = delta.and_then(|delta| delta.message?.content).unwrap_or_default();
                Ok(self.grow_content(piece))
            }
            StreamEvent::ToolPlanDelta { delta } => {
                let plan = delta.and_then(|delta| delta.message?.tool_plan);
                self.plan.push_str(&plan.unwrap_or_default());
                Ok(None)
            }
            StreamEvent::ToolCallStart { index, delta } => {
                let call = delta.and_then(|delta| delta.message?.tool_calls).unwrap_or_default();
                self.begin_call(index.unwrap_or(0), call)?;
                Ok(None)
            }
            StreamEvent::ToolCallDelta { index, delta } => {
                let call = delta.and_then(|delta| delta.message?.tool_calls).unwrap_or_default();
                self.grow_call(index.unwrap_or(0), call)?;
                Ok(None)
            }
            StreamEvent::MessageEnd { delta } => {
                self.end = Some(delta.unwrap_or_default());
                Ok(None)
            }
            StreamEvent::Other => Ok(None),
        }
    }

    /// Whether anything of the answer proper has come.
    pub(super) fn has_begun(&self) -> bool {
        !(self.text.is_empty()
            && self.thoughts.is_empty()
            && self.plan.is_empty()
            && self.calls.is_empty())
    }

    /// Whether the last event has come.
    pub(super) const fn is_complete(&self) -> bool {
        self.end.is_some()
    }

    /// Why it ended, once it has, and if it said so.
    pub(super) fn finish_reason(&self) -> Option<&FinishReason> {
        self.end.as_ref()?.finish_reason.as_ref()
    }

    /// What it amounts to. Calls are only taken from an answer that ended as it meant to: of one
    /// that was cut off nothing may be executed, while a text that was cut off still says something.
    pub(super) fn finish(self) -> Result<(ModelReply, TokenUsage), AnswerError> {
        let End { finish_reason, usage, error, error_type } = self.end.ok_or(AnswerError::Cut)?;
        let usage = billed(&usage.and_then(|usage| usage.billed_units).unwrap_or_default());
        let has_text = !is_blank(&self.text);
        let has_calls = !self.calls.is_empty();
        match finish_reason {
            Some(FinishReason::Error) => {
                return Err(gave_up("ERROR", error_type, error));
            }
            // Cohere's first API had ERROR_TOXIC and ERROR_LIMIT.
            Some(FinishReason::Other(reason)) if reason.starts_with("ERROR") => {
                return Err(gave_up(&reason, error_type, error));
            }
            Some(FinishReason::Timeout) => return Err(AnswerError::TimedOut),
            Some(FinishReason::MaxTokens) if has_calls || !has_text => {
                return Err(AnswerError::Truncated);
            }
            Some(FinishReason::Other(_)) if has_calls => return Err(AnswerError::UnknownReason),
            _ => {}
        }
        if has_calls {
            let reply = ModelReply::ToolCalls {
                plan: Some(self.plan).filter(|plan| !plan.is_empty()),
                reasoning: Some(self.thoughts).filter(|thoughts| !thoughts.is_empty()),
                calls: self.calls.into_iter().map(|growing| growing.call).collect(),
            };
            Ok((reply, usage))
        } else if has_text {
            Ok((ModelReply::Text(self.text), usage))
        } else {
            Err(AnswerError::Empty)
        }
    }

    fn grow_content(&mut self, piece: Piece) -> Option<String> {
        if self.foreign_block {
            return None;
        }
        self.thoughts.push_str(&piece.thinking.unwrap_or_default());
        let text = piece.text.filter(|text| !text.is_empty())?;
        self.text.push_str(&text);
        Some(text)
    }

    fn begin_call(&mut self, index: u64, call: Call) -> Result<(), AnswerError> {
        if self.calls.len() == MAX_CALLS {
            return Err(AnswerError::TooManyCalls);
        }
        let function = call.function.unwrap_or_default();
        let call = ModelToolCall {
            id: call.id.unwrap_or_default(),
            name: function
                .name
                .filter(|name| !name.is_empty())
                .ok_or(AnswerError::SenselessCall)?,
            arguments: function.arguments.unwrap_or_default(),
        };
        self.calls.push(GrowingCall { index, call });
        Ok(())
    }

    /// Where a server numbers no calls, all of them are number 0 and a piece belongs to the last.
    fn grow_call(&mut self, index: u64, piece: Call) -> Result<(), AnswerError> {
        let growing = self.calls.iter_mut().rev().find(|growing| growing.index == index);
        let growing = growing.ok_or(AnswerError::SenselessCall)?;
        let arguments = piece.function.and_then(|function| function.arguments);
        growing.call.arguments.push_str(&arguments.unwrap_or_default());
        Ok(())
    }
}

fn gave_up(reason: &str, kind: Option<String>, message: Option<String>) -> AnswerError {
    AnswerError::GaveUp {
        kind: kind.unwrap_or_else(|| reason.to_owned()),
        message: message.unwrap_or_else(|| "no message".to_owned()),
    }
}

fn billed(units: &BilledUnits) -> TokenUsage {
    // The conversion saturates: below zero is 0.
    let whole = |number: Option<f64>| number.unwrap_or(0.0) as u64;
    TokenUsage {
        input_tokens: whole(units.input_tokens),
        output_tokens: whole(units.output_tokens),
    }
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
