//! The events of a streamed answer. What Cohere may add — events, kinds of content, reasons to
//! finish — is read without failing; `message-start` is skipped as a whole because there the same
//! keys hold lists that hold single objects in every later event.

use serde::Deserialize;

/// One event.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub(super) enum StreamEvent {
    ContentStart {
        delta: Option<Delta<ContentDelta>>,
    },
    ContentDelta {
        delta: Option<Delta<ContentDelta>>,
    },
    ToolPlanDelta {
        delta: Option<Delta<PlanDelta>>,
    },
    ToolCallStart {
        index: Option<u64>,
        delta: Option<Delta<CallDelta>>,
    },
    ToolCallDelta {
        index: Option<u64>,
        delta: Option<Delta<CallDelta>>,
    },
    MessageEnd {
        delta: Option<End>,
    },
    /// `message-start`, the ends of blocks and calls, citations, `debug`, and whatever comes next.
    #[serde(other)]
    Other,
}

/// Everything but the end is wrapped in `delta.message`.
#[derive(Deserialize)]
pub(super) struct Delta<M> {
    pub(super) message: Option<M>,
}

#[derive(Deserialize)]
pub(super) struct ContentDelta {
    pub(super) content: Option<Piece>,
}

/// A piece of a content block. Its start names the kind; the deltas do not.
#[derive(Default, Deserialize)]
pub(super) struct Piece {
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) text: Option<String>,
    pub(super) thinking: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct PlanDelta {
    pub(super) tool_plan: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct CallDelta {
    pub(super) tool_calls: Option<Call>,
}

/// A call, or the next piece of its arguments.
#[derive(Default, Deserialize)]
pub(super) struct Call {
    pub(super) id: Option<String>,
    pub(super) function: Option<Function>,
}

#[derive(Default, Deserialize)]
pub(super) struct Function {
    pub(super) name: Option<String>,
    pub(super) arguments: Option<String>,
}

/// How the answer ended.
#[derive(Default, Deserialize)]
pub(super) struct End {
    pub(super) finish_reason: Option<FinishReason>,
    pub(super) usage: Option<Usage>,
    pub(super) error: Option<String>,
    pub(super) error_type: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum FinishReason {
    Complete,
    StopSequence,
    ToolCall,
    MaxTokens,
    Error,
    Timeout,
    #[serde(untagged)]
    Other(String),
}

#[derive(Default, Deserialize)]
pub(super) struct Usage {
    pub(super) billed_units: Option<BilledUnits>,
}

/// Whole numbers on the wire, but of type "number" in the specification.
#[derive(Default, Deserialize)]
pub(super) struct BilledUnits {
    pub(super) input_tokens: Option<f64>,
    pub(super) output_tokens: Option<f64>,
}
