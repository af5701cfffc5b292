//! What was asked of the simulator, and what became of it.

use serde_json::Value;

/// One request.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedRequest {
    /// Its path, such as `/v2/chat`.
    pub path: String,
    /// Its body; `null` where that was empty or no JSON.
    pub body: Value,
    /// What became of it.
    pub verdict: Verdict,
    /// Its `traceparent`, the trace it is part of.
    pub traceparent: Option<String>,
    /// The `x-debug-trace-id` of the answer.
    pub trace_id: String,
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It was answered, or would have been: damage on the way is none of the request's fault.
    Answered,
    /// It was fine, and the script wanted an error.
    Failed {
        /// The error's HTTP status.
        status: u16,
    },
    /// Cohere would not have taken it.
    Refused {
        /// The refusal's HTTP status.
        status: u16,
        /// Cohere's words.
        message: String,
    },
}

impl RecordedRequest {
    /// Whether Cohere would not have taken it.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        matches!(self.verdict, Verdict::Refused { .. })
    }
}
