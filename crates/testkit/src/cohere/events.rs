//! A generation as the events of a stream.

use serde_json::{Value, json};

use super::{
    checks,
    generation::{Finish, Generation},
    reply::Break,
    tokens::tokens,
};

/// The frames of a stream, `[DONE]` included.
pub(super) fn frames(generation: &Generation) -> Vec<String> {
    events(generation)
        .iter()
        .map(|event| {
            let kind = event["type"].as_str().unwrap_or_default();
            format!("event: {kind}\ndata: {event}\n\n")
        })
        .chain(["data: [DONE]\n\n".to_owned()])
        .collect()
}

fn events(generation: &Generation) -> Vec<Value> {
    let mut events = vec![json!({
        "id": generation.id,
        "type": "message-start",
        "delta": { "message": {
            "role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": [],
        } },
    })];
    let mut index = 0;
    for (kind, words) in [("thinking", &generation.thinking), ("text", &generation.text)] {
        if words.is_empty() {
            continue;
        }
        events.push(at(index, "content-start", &json!({ "content": { "type": kind, kind: "" } })));
        events.extend(
            tokens(words)
                .into_iter()
                .map(|token| at(index, "content-delta", &json!({ "content": { kind: token } }))),
        );
        if kind == "text" && matches!(generation.finish, Finish::Broken(_)) {
            break;
        }
        if let Some(citation) = generation.citation.as_ref().filter(|_| kind == "text") {
            events.push(at(0, "citation-start", &json!({ "citations": citation })));
            events.push(json!({ "type": "citation-end", "index": 0 }));
        }
        events.push(json!({ "type": "content-end", "index": index }));
        index += 1;
    }
    events.extend(tokens(&generation.plan).into_iter().map(|token| {
        json!({ "type": "tool-plan-delta", "delta": { "message": { "tool_plan": token } } })
    }));
    for (index, generated) in generation.calls.iter().enumerate() {
        let (id, call) = (&generated.id, &generated.call);
        events.push(at(
            index,
            "tool-call-start",
            &json!({ "tool_calls": {
                "id": id, "type": "function", "function": { "name": call.name, "arguments": "" },
            } }),
        ));
        events.extend(tokens(&call.arguments).into_iter().map(|token| {
            let delta = json!({ "tool_calls": { "function": { "arguments": token } } });
            at(index, "tool-call-delta", &delta)
        }));
        if generated.whole {
            events.push(json!({ "type": "tool-call-end", "index": index }));
        }
    }
    events.push(json!({ "type": "message-end", "delta": message_end(generation) }));
    events
}

fn at(index: usize, kind: &str, message: &Value) -> Value {
    json!({ "type": kind, "index": index, "delta": { "message": message } })
}

fn message_end(generation: &Generation) -> Value {
    let finish_reason = generation.finish.as_str();
    match generation.finish {
        Finish::Broken(Break::InvalidToolGeneration) => json!({
            "finish_reason": finish_reason,
            "usage": {},
            "error": checks::INVALID_TOOL_GENERATION,
            "error_type": "INVALID_TOOL_GENERATION",
        }),
        _ => json!({ "finish_reason": finish_reason, "usage": generation.usage.body() }),
    }
}
