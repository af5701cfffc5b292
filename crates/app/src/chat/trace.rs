//! What a trace tells of a turn and its steps: ids, numbers and how it ended, never what was said.
//! The fields of these spans are attributes after OpenTelemetry's conventions; those that start
//! with `todo` are ours. Numbers are signed: a tracer takes others for text.

use todo_domain::TurnFence;
use tracing::{Span, field::Empty};

use super::ChatError;

/// From the user's message to the answer.
pub(super) fn turn() -> Span {
    tracing::info_span!(
        "turn",
        otel.kind = "internal",
        otel.status_code = Empty,
        gen_ai.conversation.id = Empty,
        todo.turn.id = Empty,
        error.type = Empty,
    )
}

/// The turn within this span has begun.
pub(super) fn begun(fence: &TurnFence) {
    let span = Span::current();
    span.record("gen_ai.conversation.id", tracing::field::display(fence.conversation_id));
    span.record("todo.turn.id", tracing::field::display(fence.turn_id));
}

/// The turn of this span ended without an answer. What is the caller's doing is no error.
pub(super) fn ended(turn: &Span, error: &ChatError) {
    match error {
        ChatError::Failed(failed) => fail(turn, failed.code.as_str()),
        ChatError::Store(error) => fail(turn, error.kind.as_str()),
        ChatError::Died => fail(turn, "died"),
        ChatError::ConversationNotFound
        | ChatError::ConversationExists
        | ChatError::UserNotFound
        | ChatError::TurnInProgress { .. }
        | ChatError::ConversationLimitReached { .. }
        | ChatError::BudgetSpent { .. }
        | ChatError::KeyReused
        | ChatError::ActionNotFound
        | ChatError::ActionDecided { .. }
        | ChatError::ActionExpired
        | ChatError::Cancelled { .. }
        | ChatError::Stopped { .. } => {}
    }
}

/// The calls that a model wants, carried out and recorded, as often as that takes.
pub(super) fn step(number: i32, calls: usize) -> Span {
    tracing::info_span!(
        "step",
        otel.kind = "internal",
        otel.status_code = Empty,
        todo.step.number = i64::from(number),
        todo.step.calls = i64::try_from(calls).unwrap_or(i64::MAX),
        error.type = Empty,
    )
}

/// The work of this span failed in this way.
pub(super) fn fail(span: &Span, error_type: &str) {
    span.record("otel.status_code", "ERROR");
    span.record("error.type", error_type);
}
