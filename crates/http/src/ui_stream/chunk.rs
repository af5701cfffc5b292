//! The chunks of the stream. Clients refuse unknown types and optional fields that are `null`, and
//! some refuse unknown fields: so nothing is added here, and nothing is `null`.

use serde::Serialize;
use serde_json::Value;

use crate::wire::TokenUsage;

/// What one event of the stream says.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub(super) enum Chunk {
    Start { message_id: String, message_metadata: Start },
    StartStep,
    FinishStep,
    TextStart { id: String },
    TextDelta { id: String, delta: String },
    TextEnd { id: String },
    ReasoningStart { id: String },
    ReasoningDelta { id: String, delta: String },
    ReasoningEnd { id: String },
    ToolInputAvailable { tool_call_id: String, tool_name: String, input: Value },
    ToolOutputAvailable { tool_call_id: String, output: Value },
    ToolOutputError { tool_call_id: String, error_text: String },
    ToolOutputDenied { tool_call_id: String },
    ToolApprovalRequest { tool_call_id: String, approval_id: String },
    MessageMetadata { message_metadata: Ended },
    Finish { finish_reason: FinishReason, message_metadata: Ended },
    Error { error_text: String },
    Abort,
}

/// Why a message ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum FinishReason {
    Stop,
    ToolCalls,
    Other,
}

/// What is known of a turn when it begins.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Start {
    pub(super) conversation_id: String,
    pub(super) turn_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) engine: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) model: Option<String>,
}

/// What is known of a turn when it has ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub(super) enum Ended {
    Completed { usage: TokenUsage, created_at: String },
    Waiting { usage: TokenUsage, created_at: String },
    Failed { problem: ProblemSummary },
    Cancelled,
    Interrupted,
}

/// What a failed turn is called.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct ProblemSummary {
    pub(super) code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) request_id: Option<String>,
}
