//! From a question of ours to Cohere's words.

use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::{
    Map, Value,
    value::{RawValue, to_raw_value},
};
use todo_domain::{ModelMessage, ModelRequest, ModelToolCall, ToolSpec, is_blank};

use super::wire::{
    Assistant, Block, CalledFunction, Content, FUNCTION, Message, OfferedFunction, Tool, ToolCall,
};

/// The tools as JSON, written once and kept for as long as the same ones are asked for: they are
/// the largest part of a request that never changes.
#[derive(Default)]
pub(super) struct ToolsJson(Mutex<Option<WrittenTools>>);

struct WrittenTools {
    /// Held so that its address is not given to other tools.
    specs: Arc<[ToolSpec]>,
    json: Arc<RawValue>,
}

impl ToolsJson {
    /// The JSON array of these tools; `None` if there are none, since Cohere wants no empty list.
    pub(super) fn of(
        &self,
        tools: &Arc<[ToolSpec]>,
    ) -> Result<Option<Arc<RawValue>>, serde_json::Error> {
        if tools.is_empty() {
            return Ok(None);
        }
        let mut kept = self.0.lock();
        if let Some(written) = &*kept
            && Arc::ptr_eq(&written.specs, tools)
        {
            return Ok(Some(Arc::clone(&written.json)));
        }
        let json: Arc<RawValue> = Arc::from(write_tools(tools)?);
        *kept = Some(WrittenTools { specs: Arc::clone(tools), json: Arc::clone(&json) });
        Ok(Some(json))
    }
}

fn write_tools(specs: &[ToolSpec]) -> Result<Box<RawValue>, serde_json::Error> {
    let tools = specs
        .iter()
        .map(|spec| {
            let (name, description) = (spec.name, spec.description);
            let parameters = serde_json::from_str(&spec.parameters)?;
            let function = OfferedFunction { name, description, parameters };
            Ok(Tool { kind: FUNCTION, function })
        })
        .collect::<Result<Vec<_>, serde_json::Error>>()?;
    to_raw_value(&tools)
}

/// The conversation, in an order and a shape that Cohere accepts: nothing empty, no text beside
/// calls, and calls only together with the results of all of them.
pub(super) fn messages(request: &ModelRequest) -> Vec<Message<'_>> {
    let mut wire = Vec::with_capacity(request.messages.len() + 1);
    if let Some(content) = said(&request.system) {
        wire.push(Message::System { content });
    }
    let mut rest = request.messages.as_slice();
    while let [message, after @ ..] = rest {
        rest = after;
        match message {
            ModelMessage::User(text) => {
                wire.extend(said(text).map(|content| Message::User { content }));
            }
            ModelMessage::Assistant(text) => wire.extend(said(text).map(|text| {
                Message::Assistant(Assistant {
                    content: Some(Content::Text(text)),
                    ..Assistant::default()
                })
            })),
            ModelMessage::ToolCalls { plan, reasoning, calls } => {
                let results = leading_results(after);
                rest = &after[results.len()..];
                if are_answered(calls, results) {
                    let (plan, reasoning) = (plan.as_deref(), reasoning.as_deref());
                    wire.push(Message::Assistant(assistant(plan, reasoning, calls)));
                    wire.extend(results.iter().filter_map(tool_result));
                }
            }
            // Its calls are not there: Cohere would refuse it.
            ModelMessage::ToolResult { .. } => {}
        }
    }
    wire
}

fn assistant<'a>(
    plan: Option<&'a str>,
    reasoning: Option<&'a str>,
    calls: &'a [ModelToolCall],
) -> Assistant<'a> {
    let thoughts = reasoning.and_then(said);
    Assistant {
        content: thoughts.map(|thinking| Content::Blocks([Block::Thinking { thinking }])),
        tool_plan: plan.and_then(said),
        tool_calls: calls
            .iter()
            .map(|call| ToolCall {
                id: &call.id,
                kind: FUNCTION,
                function: CalledFunction {
                    name: &call.name,
                    arguments: object_or_empty(&call.arguments),
                },
            })
            .collect(),
    }
}

/// The arguments byte for byte, or those of nobody: Cohere refuses its own words where they are no
/// JSON object. The result beside them tells the model what was wrong.
fn object_or_empty(arguments: &str) -> &str {
    let is_object = serde_json::from_str::<Map<String, Value>>(arguments).is_ok();
    if is_object { arguments } else { "{}" }
}

/// The results at the head of `messages`.
fn leading_results(messages: &[ModelMessage]) -> &[ModelMessage] {
    let is_result = |message: &ModelMessage| matches!(message, ModelMessage::ToolResult { .. });
    let end = messages.iter().position(|message| !is_result(message)).unwrap_or(messages.len());
    &messages[..end]
}

/// Whether each call has its one result.
fn are_answered(calls: &[ModelToolCall], results: &[ModelMessage]) -> bool {
    let mut called: Vec<&str> = calls.iter().map(|call| call.id.as_str()).collect();
    let mut answered: Vec<&str> = results.iter().filter_map(call_id).collect();
    called.sort_unstable();
    answered.sort_unstable();
    !called.is_empty() && called == answered
}

fn call_id(message: &ModelMessage) -> Option<&str> {
    match message {
        ModelMessage::ToolResult { call_id, .. } => Some(call_id),
        _ => None,
    }
}

fn tool_result(message: &ModelMessage) -> Option<Message<'_>> {
    match message {
        ModelMessage::ToolResult { call_id, content } => {
            Some(Message::Tool { tool_call_id: call_id, content: said(content).unwrap_or("{}") })
        }
        _ => None,
    }
}

/// The text, unless it is blank.
fn said(text: &str) -> Option<&str> {
    Some(text).filter(|text| !is_blank(text))
}

#[cfg(test)]
#[path = "convert_tests.rs"]
mod tests;
