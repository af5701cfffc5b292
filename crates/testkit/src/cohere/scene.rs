//! What the simulated model knows when it is asked: this turn's question, what it has called since
//! then, and what that brought.

use serde_json::{Map, Value};

use super::request::{ChatRequest, Message, Tool, ToolCall, ToolChoice};

/// A request as the planner and the scenarios see it.
#[derive(Debug)]
pub(super) struct Scene<'a> {
    /// The last message of the user's, without a marker.
    pub(super) said: String,
    /// What is between the markers in it.
    pub(super) marker: Option<String>,
    /// The steps taken since.
    pub(super) steps: Vec<Step>,
    tools: &'a [Tool],
    pub(super) choice: Option<ToolChoice>,
}

/// Calls and what they brought, in order.
#[derive(Debug, Default)]
pub(super) struct Step {
    pub(super) results: Vec<(ToolCall, String)>,
}

impl<'a> Scene<'a> {
    pub(super) fn of(request: &'a ChatRequest) -> Self {
        let asked = request.messages.iter().rposition(|m| matches!(m, Message::User { .. }));
        let text = asked.map(|at| request.messages[at].texts().join(" ")).unwrap_or_default();
        let (said, marker) = without_marker(&text);
        let since = &request.messages[asked.map_or(0, |at| at + 1)..];
        Self {
            said,
            marker,
            steps: steps(since),
            tools: request.tools(),
            choice: request.tool_choice,
        }
    }

    pub(super) fn may_call(&self) -> bool {
        self.choice != Some(ToolChoice::None) && !self.tools.is_empty()
    }

    pub(super) fn offers(&self, tool: &str) -> bool {
        self.may_call() && self.tools.iter().any(|offered| offered.function.name == tool)
    }

    /// The tool at this index, counted round and round, with arguments that fit its schema.
    pub(super) fn sample_call(&self, index: usize) -> Option<(&'a str, Value)> {
        let tool = self.tools.get(index.checked_rem(self.tools.len())?)?;
        Some((&tool.function.name, sample(&tool.function.parameters)))
    }

    /// A call that may be made often: of the tool that lists something, if there is one.
    pub(super) fn harmless_call(&self) -> Option<(&'a str, Value)> {
        let lists = |tool: &Tool| tool.function.name.starts_with("list");
        self.sample_call(self.tools.iter().position(lists).unwrap_or(0))
    }
}

fn without_marker(text: &str) -> (String, Option<String>) {
    let marked = text.split_once("[[simulate:").and_then(|(before, rest)| {
        rest.split_once("]]").map(|(marker, after)| {
            (format!("{}{}", before.trim_end(), after), Some(marker.to_owned()))
        })
    });
    marked.map_or_else(
        || (text.trim().to_owned(), None),
        |(said, marker)| (said.trim().to_owned(), marker),
    )
}

fn steps(since: &[Message]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut calls: Vec<ToolCall> = Vec::new();
    for message in since {
        match message {
            Message::Assistant { tool_calls: Some(made), .. } if !made.is_empty() => {
                calls.clone_from(made);
                steps.push(Step::default());
            }
            Message::Tool { tool_call_id, .. } => {
                let call = calls.iter().find(|call| call.id == *tool_call_id);
                if let (Some(step), Some(call)) = (steps.last_mut(), call) {
                    step.results.push((call.clone(), message.texts().join("\n")));
                }
            }
            _ => {}
        }
    }
    steps
}

/// Something that fits a JSON Schema: its required properties, each with the simplest value.
fn sample(schema: &Map<String, Value>) -> Value {
    let no_names = Vec::new();
    let required = schema.get("required").and_then(Value::as_array).unwrap_or(&no_names);
    let property = |name: &str| schema.get("properties").and_then(|all| all.get(name));
    required
        .iter()
        .filter_map(Value::as_str)
        .map(|name| (name.to_owned(), property(name).map_or(Value::Null, simplest)))
        .collect::<Map<_, _>>()
        .into()
}

fn simplest(schema: &Value) -> Value {
    if let Some(first) = schema.get("enum").and_then(|values| values.get(0)) {
        return first.clone();
    }
    let format = schema.get("format").and_then(Value::as_str);
    match schema.get("type").and_then(Value::as_str) {
        Some("integer" | "number") => 1.into(),
        Some("boolean") => true.into(),
        Some("array") => Value::Array(Vec::new()),
        Some("object") => schema.as_object().map_or(Value::Null, sample),
        Some("string") if format == Some("date") => "2026-11-27".into(),
        Some("string") if format == Some("date-time") => "2026-11-27T15:00:00Z".into(),
        _ => "sample".into(),
    }
}
