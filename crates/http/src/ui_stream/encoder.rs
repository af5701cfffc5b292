//! From the events of a turn to chunks. The same events give the same chunks, whether they come from
//! a turn that runs or from its record.

use todo_app::chat::ToolCallReport;
use todo_domain::{
    ActionId, CallResult, ModelToolCall, RecordedCall, TurnBegun, TurnEnd, TurnEvent,
};

use super::{
    chunk::{Chunk, Ended, FinishReason, ProblemSummary, Start},
    json::without_forbidden_keys,
};
use crate::{
    error::{ApiError, Code},
    wire::instant,
};

/// What a call is answered with that was not carried out because its turn ended.
const NOT_CARRIED_OUT: &str = "Not carried out.";
/// What an interrupted turn is answered with.
const INTERRUPTED: &str = "The answer was interrupted. Send the message again.";

/// Makes the chunks of a turn, from its first event on.
pub(super) struct Encoder {
    /// Named in problems.
    request_id: Option<String>,
    step: i32,
    /// Whether the client has got the step.
    in_step: bool,
    in_text: bool,
    /// The calls that have no output yet, whether or not the user was asked about them.
    open_calls: Vec<String>,
}

impl Encoder {
    pub(super) fn new(request_id: Option<String>) -> Self {
        Self { request_id, step: 1, in_step: false, in_text: false, open_calls: Vec::new() }
    }

    /// The chunks of the next event.
    pub(super) fn encode(&mut self, event: TurnEvent) -> Vec<Chunk> {
        let mut chunks = Vec::new();
        match event {
            TurnEvent::Begun(begun) => chunks.push(start(begun)),
            TurnEvent::Text(delta) => {
                self.open_step(&mut chunks);
                if !self.in_text {
                    self.in_text = true;
                    chunks.push(Chunk::TextStart { id: self.text_id() });
                }
                chunks.push(Chunk::TextDelta { id: self.text_id(), delta });
            }
            TurnEvent::StepBegun { plan, calls, .. } => {
                self.open_step(&mut chunks);
                self.close_text(&mut chunks);
                let plan = plan.filter(|plan| !plan.is_empty());
                chunks.extend(plan.into_iter().flat_map(|plan| reasoning(self.step, plan)));
                self.open_calls.extend(calls.iter().map(|call| call.id.clone()));
                chunks.extend(calls.into_iter().map(input));
            }
            TurnEvent::StepDone(calls) => {
                for call in &calls {
                    if !call.is_waiting() {
                        self.open_calls.retain(|id| *id != call.id);
                    }
                    chunks.extend(outputs(call));
                }
                self.close_step(&mut chunks);
            }
            TurnEvent::Ended(end) => {
                self.close_text(&mut chunks);
                if !matches!(end, TurnEnd::Waiting { .. }) {
                    chunks.extend(self.open_calls.drain(..).map(not_carried_out));
                }
                self.close_step(&mut chunks);
                chunks.extend(self.end(end));
            }
        }
        chunks
    }

    fn open_step(&mut self, chunks: &mut Vec<Chunk>) {
        if !self.in_step {
            self.in_step = true;
            chunks.push(Chunk::StartStep);
        }
    }

    fn close_step(&mut self, chunks: &mut Vec<Chunk>) {
        if self.in_step {
            self.in_step = false;
            self.step += 1;
            chunks.push(Chunk::FinishStep);
        }
    }

    fn close_text(&mut self, chunks: &mut Vec<Chunk>) {
        if self.in_text {
            self.in_text = false;
            chunks.push(Chunk::TextEnd { id: self.text_id() });
        }
    }

    fn text_id(&self) -> String {
        format!("t{}", self.step)
    }

    fn end(&self, end: TurnEnd) -> Vec<Chunk> {
        match end {
            TurnEnd::Completed { usage, created_at } => {
                let message_metadata =
                    Ended::Completed { usage: usage.into(), created_at: instant(created_at) };
                vec![Chunk::Finish { finish_reason: FinishReason::Stop, message_metadata }]
            }
            TurnEnd::Waiting { usage, created_at, .. } => {
                let (usage, created_at) = (usage.into(), instant(created_at));
                let message_metadata = Ended::Waiting { usage, created_at };
                vec![Chunk::Finish { finish_reason: FinishReason::ToolCalls, message_metadata }]
            }
            TurnEnd::Failed(code) => {
                let error = ApiError::new(Code::from(code));
                let request_id = self.request_id.clone();
                let problem = ProblemSummary { code: code.as_str(), request_id };
                vec![
                    Chunk::MessageMetadata { message_metadata: Ended::Failed { problem } },
                    Chunk::Error { error_text: error.detail().to_owned() },
                ]
            }
            TurnEnd::Cancelled => {
                let (finish_reason, message_metadata) = (FinishReason::Other, Ended::Cancelled);
                vec![Chunk::Abort, Chunk::Finish { finish_reason, message_metadata }]
            }
            TurnEnd::Interrupted => vec![
                Chunk::MessageMetadata { message_metadata: Ended::Interrupted },
                Chunk::Error { error_text: INTERRUPTED.to_owned() },
            ],
        }
    }
}

fn start(begun: TurnBegun) -> Chunk {
    let identity = begun.identity.map(|identity| (identity.engine, identity.model));
    let (engine, model) = identity.unzip();
    let message_metadata = Start {
        conversation_id: begun.fence.conversation_id.to_string(),
        turn_id: begun.fence.turn_id.to_string(),
        engine,
        model,
    };
    Chunk::Start { message_id: begun.answer_id.to_string(), message_metadata }
}

fn reasoning(step: i32, plan: String) -> [Chunk; 3] {
    let id = format!("p{step}");
    [
        Chunk::ReasoningStart { id: id.clone() },
        Chunk::ReasoningDelta { id: id.clone(), delta: plan },
        Chunk::ReasoningEnd { id },
    ]
}

fn input(call: ModelToolCall) -> Chunk {
    let input = without_forbidden_keys(ToolCallReport::arguments_of(&call.arguments));
    Chunk::ToolInputAvailable { tool_call_id: call.id, tool_name: call.name, input }
}

fn not_carried_out(tool_call_id: String) -> Chunk {
    Chunk::ToolOutputError { tool_call_id, error_text: NOT_CARRIED_OUT.to_owned() }
}

/// What a call brought. A client learns of a denial only after the request: otherwise it has no
/// approval to deny.
fn outputs(call: &RecordedCall) -> Vec<Chunk> {
    let tool_call_id = call.id.clone();
    let request = |action: ActionId| {
        let (tool_call_id, approval_id) = (call.id.clone(), action.to_string());
        Chunk::ToolApprovalRequest { tool_call_id, approval_id }
    };
    match call.result {
        CallResult::Waiting(action) => vec![request(action)],
        CallResult::Denied(action) => {
            vec![request(action), Chunk::ToolOutputDenied { tool_call_id }]
        }
        _ => vec![match Output::of(ToolCallReport::of(call)) {
            Output::Available(output) => Chunk::ToolOutputAvailable { tool_call_id, output },
            Output::Error(error_text) => Chunk::ToolOutputError { tool_call_id, error_text },
        }],
    }
}

/// What a call brought, as a client gets it.
pub(super) enum Output {
    Available(serde_json::Value),
    /// Nothing was done, and this is why.
    Error(String),
}

impl Output {
    pub(super) fn of(report: ToolCallReport) -> Self {
        let message = report.result.get("message").and_then(serde_json::Value::as_str);
        match message {
            Some(message) if report.result.get("error").is_some() => {
                Self::Error(message.to_owned())
            }
            _ => Self::Available(without_forbidden_keys(report.result)),
        }
    }
}

#[cfg(test)]
#[path = "encoder_tests.rs"]
mod tests;
