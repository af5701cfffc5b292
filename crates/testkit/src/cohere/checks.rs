//! What a request must be like, in the order in which Cohere looks: its form, its values, the
//! model it names, its tools and messages.

use serde_json::Value;

use super::{
    message_rules, models,
    request::{ChatRequest, Message, ResponseFormat},
    simulated_error::SimulatedError,
    tool_rules,
};

const REFERENCE: &str = "For proper usage, please refer to https://docs.cohere.com/reference/chat";

/// Reads and checks a body.
pub(super) fn check(body: Value) -> Result<ChatRequest, SimulatedError> {
    let request = read(body)?;
    values(&request)?;
    let model = models::find(&request.model)?;
    if let Some(received) = request.max_tokens.filter(|&asked| asked > model.max_output) {
        let most = model.max_output;
        return Err(SimulatedError::invalid(format!(
            "too many tokens: max tokens must be less than or equal to {most}, the maximum output \
             for this model - received {received}."
        ))
        .typed("TOO_MANY_TOKENS"));
    }
    tool_rules::check(&request, model)?;
    message_rules::check(&request.messages)?;
    model_can_answer(&request)?;
    Ok(request)
}

/// Closed structs do the work; this only puts serde's words into Cohere's.
fn read(body: Value) -> Result<ChatRequest, SimulatedError> {
    serde_path_to_error::deserialize(body).map_err(|error| {
        let path = error.path().to_string();
        let reason = error.inner().to_string();
        if let Some(field) = quoted_after("unknown field ", &reason) {
            SimulatedError::unknown(format!(
                "unknown field: parameter '{field}' is not a valid field. {REFERENCE}"
            ))
        } else if let Some(word) = quoted_after("unknown variant ", &reason) {
            let what = if path == "tool_choice" { "tool choice option".into() } else { path };
            SimulatedError::unknown(format!("unrecognized {what} '{word}'. {REFERENCE}"))
        } else if reason.starts_with("missing field `model`") {
            SimulatedError::invalid("a model parameter is required for this endpoint.")
        } else {
            SimulatedError::invalid(format!("invalid request: {path}: {reason}"))
        }
    })
}

fn quoted_after<'a>(start: &str, reason: &'a str) -> Option<&'a str> {
    reason.strip_prefix(start)?.strip_prefix('`')?.split('`').next()
}

fn values(request: &ChatRequest) -> Result<(), SimulatedError> {
    let within = |name: &str, value: Option<f64>, least: f64, most: f64, limits: &str| match value {
        Some(value) if !(least..=most).contains(&value) => Err(SimulatedError::invalid(format!(
            "invalid request: {name} must be between {limits}."
        ))),
        _ => Ok(()),
    };
    #[expect(clippy::cast_precision_loss, reason = "no bound here is beyond 2^53")]
    let whole = |value: Option<i64>| value.map(|value| value as f64);
    within("temperature", request.temperature, 0.0, 1.0, "0 and 1.0 inclusive")?;
    within("frequency_penalty", request.frequency_penalty, 0.0, 1.0, "0 and 1 inclusive")?;
    within("presence_penalty", request.presence_penalty, 0.0, 1.0, "0 and 1 inclusive")?;
    within("p", request.p, 0.01, 0.99, "0.01 and 0.99 inclusive")?;
    within("k", whole(request.k), 0.0, 500.0, "0 and 500 inclusive")?;
    within("priority", whole(request.priority), 0.0, 999.0, "0 and 999 inclusive")?;
    if request.frequency_penalty.is_some() && request.presence_penalty.is_some() {
        return Err(SimulatedError::invalid(
            "invalid request: cannot specify both frequency_penalty and presence_penalty.",
        ));
    }
    if request.max_tokens.is_some_and(|tokens| tokens < 1) {
        return Err(SimulatedError::invalid("invalid request: max_tokens must be greater than 0."));
    }
    if request.stop_sequences.as_ref().is_some_and(|stops| stops.len() > 5) {
        return Err(SimulatedError::invalid(
            "invalid request: at most 5 stop_sequences are allowed.",
        ));
    }
    let budget = request.thinking.as_ref().and_then(|thinking| thinking.token_budget);
    if budget.is_some_and(|budget| budget < 1) {
        return Err(SimulatedError::invalid(
            "invalid request: token_budget must be greater than 0.",
        ));
    }
    let grounded = !request.tools().is_empty()
        || request.documents.as_ref().is_some_and(|documents| !documents.is_empty());
    if grounded && matches!(request.response_format, Some(ResponseFormat::JsonObject { .. })) {
        return Err(SimulatedError::invalid(
            "invalid request: response_format is not supported with RAG.",
        ));
    }
    Ok(())
}

/// Not rules but certain failures of every model: they are asked for a sample that can't be valid.
fn model_can_answer(request: &ChatRequest) -> Result<(), SimulatedError> {
    let bare = |parameters: &serde_json::Map<String, Value>| {
        !parameters.is_empty() && parameters.get("type").and_then(Value::as_str) != Some("object")
    };
    if request.tools().iter().any(|tool| bare(&tool.function.parameters)) {
        return Err(SimulatedError::unknown(HALLUCINATED).typed("HALLUCINATED_ALL_TOOL_CALLS"));
    }
    let in_the_loop = matches!(request.messages.last(), Some(Message::Tool { .. }));
    if in_the_loop && request.tools().is_empty() {
        return Err(
            SimulatedError::unknown(INVALID_TOOL_GENERATION).typed("INVALID_TOOL_GENERATION")
        );
    }
    Ok(())
}

pub(super) const INVALID_TOOL_GENERATION: &str = "your request resulted in an invalid tool \
    generation. Try updating the messages or tool definitions";
pub(super) const HALLUCINATED: &str =
    "all of the tool calls that were generated name tools that were not provided";
