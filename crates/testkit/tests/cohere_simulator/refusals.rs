//! What the simulator does not take, and what it says then.

use serde_json::{Value, json};
use todo_testkit::cohere::{Settings, Verdict};

use crate::client::{Client, in_the_middle, saying};

/// One thing changed in a request that is fine: where, into what, and what comes of it.
type Row = (&'static str, Value, u16, &'static str);

const EMPTY: &str = "must have non-empty content or tool calls.";
const REFERENCE: &str = "is not a valid field. For proper usage, please refer to";

/// Sends the request with each change and compares status and words.
async fn refuses(rows: Vec<Row>) {
    let client = Client::new().await;
    for (place, value, status, words) in rows {
        let mut body = in_the_middle();
        put(&mut body, place, value.clone());
        let (got, answer) = client.answer(&body).await;
        let message = answer["message"].as_str().unwrap_or_default();
        assert_eq!(got, status, "{place} = {value}: {answer}");
        assert!(message.contains(words), "{place} = {value}: {message}");
    }
    assert_eq!(client.simulator.refused(), client.simulator.requests());
}

/// Sets what a JSON pointer names, and removes it for `null`.
fn put(body: &mut Value, place: &str, value: Value) {
    let (parent, key) = place.rsplit_once('/').unwrap();
    match body.pointer_mut(parent).unwrap() {
        Value::Object(fields) if value.is_null() => drop(fields.remove(key).unwrap()),
        Value::Object(fields) => drop(fields.insert(key.into(), value)),
        Value::Array(items) if value.is_null() => drop(items.remove(key.parse().unwrap())),
        Value::Array(items) => items[key.parse::<usize>().unwrap()] = value,
        _ => panic!("{place} is nowhere"),
    }
}

fn call(id: &str, arguments: &str) -> Value {
    let function = json!({ "name": "add_task", "arguments": arguments });
    json!({ "id": id, "type": "function", "function": function })
}

#[tokio::test]
async fn a_field_that_cohere_does_not_know_is_refused_wherever_it_is() {
    let places = [
        "/index",
        "/messages/0/name",
        "/messages/1/name",
        "/messages/2/refusal",
        "/messages/2/tool_calls/0/index",
        "/messages/2/tool_calls/0/function/strict",
        "/messages/3/name",
        "/tools/0/strict",
        "/tools/0/function/strict",
        "/citation_options/kind",
    ];
    refuses(places.map(|place| (place, json!(0), 422, REFERENCE)).into()).await;
    let in_a_block = json!([{ "type": "text", "text": "Hi", "index": 0 }]);
    refuses(vec![
        ("/index", json!(0), 422, "unknown field: parameter 'index'"),
        ("/messages/1/content", in_a_block, 422, "unknown field: parameter 'index'"),
    ])
    .await;
}

#[tokio::test]
async fn a_word_that_cohere_does_not_know_is_refused() {
    refuses(vec![
        ("/tool_choice", json!("auto"), 422, "unrecognized tool choice option 'auto'."),
        ("/tool_choice", json!("any"), 422, "unrecognized tool choice option 'any'. For proper"),
        ("/messages/1/role", json!("developer"), 422, "'developer'"),
        ("/messages/2/tool_calls/0/type", json!("tool"), 422, "'tool'"),
        ("/tools/0/type", json!("tool"), 422, "'tool'"),
        ("/safety_mode", json!("NONE"), 422, "'NONE'"),
        ("/citation_options/mode", json!("NEVER"), 422, "'NEVER'"),
        ("/response_format", json!({ "type": "xml" }), 422, "'xml'"),
        ("/messages/1/content", json!([{ "type": "audio", "text": "" }]), 422, "'audio'"),
    ])
    .await;
}

#[tokio::test]
async fn what_is_missing_or_of_another_type_is_refused() {
    refuses(vec![
        ("/model", Value::Null, 400, "a model parameter is required for this endpoint."),
        ("/messages", Value::Null, 400, "missing field `messages`"),
        ("/messages", json!([]), 400, "messages must not be empty"),
        ("/messages", json!("Hi"), 400, "messages"),
        ("/messages/1/role", Value::Null, 400, "missing field `role`"),
        ("/messages/1/content", Value::Null, 400, "missing field `content`"),
        ("/messages/3/tool_call_id", Value::Null, 400, "missing field `tool_call_id`"),
        ("/tools/0/function/parameters", Value::Null, 400, "missing field `parameters`"),
        ("/tools/0/function/parameters", json!("{}"), 400, "parameters"),
        ("/messages/2/tool_calls/0/function/arguments", json!({}), 400, "expected a string"),
        ("/stream", json!("yes"), 400, "stream"),
    ])
    .await;
}

#[tokio::test]
async fn a_value_out_of_its_range_is_refused() {
    let stops = json!(["1", "2", "3", "4", "5", "6"]);
    let no_budget = json!({ "type": "enabled", "token_budget": 0 });
    refuses(vec![
        ("/temperature", json!(1.1), 400, "temperature must be between 0 and 1.0 inclusive."),
        ("/temperature", json!(-0.1), 400, "temperature must be between 0 and 1.0 inclusive."),
        ("/presence_penalty", json!(2), 400, "presence_penalty must be between 0 and 1 inclusive."),
        ("/frequency_penalty", json!(2), 400, "frequency_penalty must be between"),
        ("/p", json!(1), 400, "p must be between"),
        ("/k", json!(501), 400, "k must be between"),
        ("/priority", json!(1000), 400, "priority must be between"),
        ("/seed", json!(-1), 400, "seed"),
        ("/max_tokens", json!(0), 400, "max_tokens must be greater than 0."),
        ("/max_tokens", json!(8193), 400, "max tokens must be less than or equal to 8192, the"),
        ("/stop_sequences", stops, 400, "stop_sequences"),
        ("/thinking", no_budget, 400, "token_budget"),
        ("/response_format", json!({ "type": "json_object" }), 400, "response_format"),
    ])
    .await;
}

#[tokio::test]
async fn a_model_that_is_not_there_is_not_found() {
    refuses(vec![
        ("/model", json!("gpt-4"), 404, "model 'gpt-4' not found, make sure the correct model ID"),
        (
            "/model",
            json!("command-r-plus"),
            404,
            "model 'command-r-plus' was removed on September 15, 2025. See https://docs.cohere.com",
        ),
        ("/model", json!("command-light"), 404, "was removed on September 15, 2025."),
    ])
    .await;
}

#[tokio::test]
async fn a_message_without_content_is_refused() {
    refuses(vec![
        ("/messages/0/content", json!(""), 400, EMPTY),
        ("/messages/1/content", json!(""), 400, "invalid message provided at index 1: must have"),
        ("/messages/1/content", json!([]), 400, EMPTY),
        ("/messages/1/content", json!([{ "type": "text", "text": "" }]), 400, EMPTY),
        ("/messages/3/content", json!(""), 400, EMPTY),
        ("/messages/2", json!({ "role": "assistant", "content": "" }), 400, EMPTY),
        ("/messages/2", json!({ "role": "assistant" }), 400, EMPTY),
        ("/messages/2", json!({ "role": "assistant", "tool_calls": [] }), 400, EMPTY),
        ("/messages/2/content", json!(""), 400, EMPTY),
        ("/messages/2/tool_plan", json!(""), 400, "tool_plan must not be empty"),
    ])
    .await;
}

#[tokio::test]
async fn text_beside_tool_calls_is_refused() {
    let words = "text content is not allowed when tool_calls are provided. If you wish to pass a \
                 tool plan, either pass thinking content (with thinking enabled) or use \
                 'tool_plan': 'messages[2].content[0]'";
    refuses(vec![
        ("/messages/2/content", json!("I will."), 400, words),
        ("/messages/2/content", json!([{ "type": "text", "text": "I will." }]), 400, words),
    ])
    .await;
}

#[tokio::test]
async fn messages_in_the_wrong_order_are_refused() {
    let system = json!({ "role": "system", "content": "Be kind." });
    let unanswered = "An assistant message with 'tool_calls' must be followed by tool messages \
                      responding to each 'tool_call_id'. The following tool_call_ids did not have \
                      response messages: add_task_k3v9x2m7q1ab";
    let two = json!([call("add_task_k3v9x2m7q1ab", "{}"), call("another", "{}")]);
    refuses(vec![
        ("/messages/1", system, 400, "system turn must be the first in the list"),
        ("/messages/3", Value::Null, 400, unanswered),
        ("/messages/3", json!({ "role": "user", "content": "Well?" }), 400, unanswered),
        ("/messages/2/tool_calls", two, 400, "did not have response messages: another"),
        ("/messages/2", Value::Null, 400, "tool call id not found in previous tool calls"),
        ("/messages/3/tool_call_id", json!("x"), 400, "not found in previous tool calls"),
    ])
    .await;
}

#[tokio::test]
async fn calls_that_can_not_be_told_apart_or_read_are_refused() {
    let id = "add_task_k3v9x2m7q1ab";
    let place = "/messages/2/tool_calls";
    let twins = json!([call(id, "{}"), call(id, "{}")]);
    let twin = "invalid tool call provided in messages[2].tool_calls[1]: cannot have duplicate \
                tool ids 'add_task_k3v9x2m7q1ab'";
    let unreadable = "invalid tool call provided in messages[2].tool_calls[0]: tool arguments \
                      must be a stringified JSON object";
    let mut rows = vec![(place, twins, 400, twin)];
    for arguments in ["", "null", "[1]", "{\"title\":"] {
        rows.push((place, json!([call(id, arguments)]), 400, unreadable));
    }
    refuses(rows).await;
}

#[tokio::test]
async fn a_call_id_of_an_earlier_turn_may_not_come_again() {
    let client = Client::new().await;
    let mut body = in_the_middle();
    let messages = body["messages"].as_array_mut().unwrap();
    let again = messages[1..].to_vec();
    messages.extend(again);
    let (status, answer) = client.answer(&body).await;
    assert_eq!(status, 400);
    let message = answer["message"].as_str().unwrap();
    assert!(message.contains("messages[5].tool_calls[0]: cannot have duplicate"), "{message}");
}

#[tokio::test]
async fn a_call_is_answered_once() {
    let client = Client::new().await;
    let mut body = in_the_middle();
    let messages = body["messages"].as_array_mut().unwrap();
    messages.push(messages[3].clone());
    let (status, answer) = client.answer(&body).await;
    assert_eq!(status, 400);
    assert!(answer["message"].as_str().unwrap().contains("has a response already"));
}

#[tokio::test]
async fn tools_that_cohere_can_not_use_are_refused() {
    let dashed = "tool names can only contain certain characters (A-Za-z0-9_) and can't begin \
                  with a digit (provided name: 'add-task').";
    refuses(vec![
        ("/tools/0/function/name", json!("add-task"), 400, dashed),
        ("/tools/0/function/name", json!("2nd"), 400, "can't begin with a digit"),
        ("/tools/0/function/name", json!(""), 400, "tool names"),
        ("/model", json!("command-a-vision-07-2025"), 400, "not supported for this model"),
    ])
    .await;
}

#[tokio::test]
async fn strict_tools_need_something_required() {
    let client = Client::new().await;
    let mut body = in_the_middle();
    put(&mut body, "/tools/1/function/parameters/required", json!([]));
    assert_eq!(client.answer(&body).await.0, 200);
    body["strict_tools"] = true.into();
    let (status, answer) = client.answer(&body).await;
    assert_eq!(status, 400);
    assert!(answer["message"].as_str().unwrap().contains("'list_tasks'"), "{answer}");
}

#[tokio::test]
async fn a_tool_choice_is_only_for_models_that_have_one() {
    let client = Client::new().await;
    for (model, status) in [
        ("command-a-03-2025", 200),
        ("command-r7b-12-2024", 200),
        ("command-r-08-2024", 400),
        ("command-a-plus-05-2026", 400),
    ] {
        let mut body = in_the_middle();
        body["model"] = model.into();
        body["tool_choice"] = "NONE".into();
        let (got, answer) = client.answer(&body).await;
        assert_eq!(got, status, "{model}");
        let message = answer["message"].as_str();
        assert!(message.is_none_or(|m| m == "tool_choice is not supported for this model"));
    }
    let mut nothing_to_choose = saying("hello");
    nothing_to_choose["tool_choice"] = "REQUIRED".into();
    assert_eq!(client.answer(&nothing_to_choose).await.0, 400);
}

#[tokio::test]
async fn tools_dropped_or_described_wrongly_end_in_failures_of_the_model() {
    let client = Client::new().await;
    let mut dropped = in_the_middle();
    put(&mut dropped, "/tools", Value::Null);
    let (status, answer) = client.answer(&dropped).await;
    assert_eq!((status, &answer["error_type"]), (422, &json!("INVALID_TOOL_GENERATION")));

    let mut bare = in_the_middle();
    put(&mut bare, "/tools/0/function/parameters", json!({ "title": { "type": "string" } }));
    let (status, answer) = client.answer(&bare).await;
    assert_eq!((status, &answer["error_type"]), (422, &json!("HALLUCINATED_ALL_TOOL_CALLS")));
}

#[tokio::test]
async fn the_key_comes_first_then_json_then_form_then_model_then_messages() {
    let client =
        Client::with(Settings { api_key: Some("key".into()), ..Settings::default() }).await;
    let mut wrong = in_the_middle();
    put(&mut wrong, "/messages/1/content", json!(""));
    let messages_wrong = wrong.to_string();
    wrong["model"] = "gone".into();
    let model_wrong = wrong.to_string();
    wrong["index"] = 0.into();
    let form_wrong = wrong.to_string();
    let json_wrong = form_wrong.clone() + "}";
    for (body, status, words) in [
        (json_wrong.clone(), 400, "invalid json syntax: "),
        (form_wrong, 422, "unknown field"),
        (model_wrong, 404, "not found"),
        (messages_wrong, 400, EMPTY),
    ] {
        let response = client.post("/v2/chat").body(body).send().await.unwrap();
        assert_eq!(response.status(), status);
        assert!(response.text().await.unwrap().contains(words));
    }
    let keyless = todo_testkit::http_client();
    for (header, status, words) in [
        (None, 401, "no api key supplied"),
        (Some("key"), 401, "no api key supplied"),
        (Some("Bearer other"), 401, "invalid api token"),
        (Some("bearer key"), 400, "invalid json syntax: "),
    ] {
        let request = keyless.post(client.simulator.base_url() + "/v2/chat");
        let request = header.into_iter().fold(request, |r, key| r.header("authorization", key));
        let response = request.body(json_wrong.clone()).send().await.unwrap();
        assert_eq!(response.status(), status, "{header:?}");
        assert!(response.text().await.unwrap().contains(words), "{header:?}");
    }
}

#[tokio::test]
async fn a_refusal_is_in_the_log_with_its_words_and_its_trace_id() {
    let client = Client::new().await;
    let mut body = saying("hello");
    body["index"] = 0.into();
    let response = client.chat(&body).await;
    let trace_id = response.headers()["x-debug-trace-id"].to_str().unwrap().to_owned();
    assert_eq!(trace_id.len(), 32);
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["id"].as_str().unwrap().as_bytes()[14], b'4', "a UUIDv4");
    client.message(&saying("hello")).await;

    assert_eq!(client.simulator.requests().len(), 2);
    let refused = client.simulator.refused();
    assert_eq!(refused.len(), 1);
    assert_eq!((&refused[0].body, &refused[0].trace_id), (&body, &trace_id));
    let Verdict::Refused { status, message } = &refused[0].verdict else { panic!("{refused:?}") };
    assert_eq!((*status, message.as_str()), (422, answer["message"].as_str().unwrap()));
}
