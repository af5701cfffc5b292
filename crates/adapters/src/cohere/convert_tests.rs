//! What Cohere is sent, in every shape that a turn can have.

use std::time::Instant;

use serde_json::json;
use todo_domain::{TimeZone, Timestamp, UserId};

use super::*;

fn call(id: &str, arguments: &str) -> ModelToolCall {
    ModelToolCall { id: id.into(), name: "add_task".into(), arguments: arguments.into() }
}

fn calls(plan: &str, reasoning: &str, calls: &[ModelToolCall]) -> ModelMessage {
    ModelMessage::ToolCalls {
        plan: Some(plan.into()),
        reasoning: Some(reasoning.into()),
        calls: calls.to_vec(),
    }
}

fn result(id: &str, content: &str) -> ModelMessage {
    ModelMessage::ToolResult { call_id: id.into(), content: content.into() }
}

fn user(text: &str) -> ModelMessage {
    ModelMessage::User(text.into())
}

fn sent(messages: Vec<ModelMessage>) -> Value {
    let request = ModelRequest {
        user: UserId::new(1).unwrap(),
        system: "You keep a list.".into(),
        messages,
        tools: Arc::from([]),
        now: Timestamp::from_microsecond(0).unwrap(),
        time_zone: TimeZone::UTC,
        deadline: Instant::now(),
    };
    let mut sent = serde_json::to_value(super::messages(&request)).unwrap();
    let system = sent.as_array_mut().unwrap().remove(0);
    assert_eq!(system, json!({ "role": "system", "content": "You keep a list." }));
    sent
}

#[test]
fn a_step_is_replayed_with_its_plan_and_its_arguments_byte_for_byte() {
    let arguments = "{\n    \"title\": \"milk\"}";
    let messages = vec![
        user("add milk"),
        calls("I will add.", "", &[call("c1", arguments)]),
        result("c1", "{\"ok\":1}"),
    ];
    assert_eq!(
        sent(messages),
        json!([
            { "role": "user", "content": "add milk" },
            { "role": "assistant", "tool_plan": "I will add.", "tool_calls": [
                { "id": "c1", "type": "function", "function": { "name": "add_task", "arguments": arguments } }] },
            { "role": "tool", "tool_call_id": "c1", "content": "{\"ok\":1}" },
        ])
    );
}

#[test]
fn thoughts_are_replayed_as_content_and_an_empty_plan_is_left_out() {
    let messages = vec![calls("", "The user wants milk.", &[call("c1", "{}")]), result("c1", "{}")];
    let sent = sent(messages);
    assert_eq!(
        sent[0]["content"],
        json!([{ "type": "thinking", "thinking": "The user wants milk." }])
    );
    assert!(sent[0].get("tool_plan").is_none());
}

#[test]
fn a_step_without_plan_and_thoughts_is_nothing_but_its_calls() {
    let sent = sent(vec![calls(" ", "", &[call("c1", "")]), result("c1", "")]);
    let keys: Vec<_> = sent[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["role", "tool_calls"]);
    assert_eq!(sent[1]["content"], "{}", "an empty result is refused");
}

#[test]
fn arguments_that_are_no_object_are_replayed_as_an_empty_one() {
    for arguments in ["", " ", "null", "[]", "7", "\"{}\"", "{\"title\":", "{} {}"] {
        let sent = sent(vec![calls("p", "", &[call("c1", arguments)]), result("c1", "no")]);
        assert_eq!(sent[0]["tool_calls"][0]["function"]["arguments"], "{}", "{arguments:?}");
    }
}

#[test]
fn empty_messages_are_left_out() {
    let messages = vec![user("hi"), ModelMessage::Assistant(" ".into()), user("still there?")];
    assert_eq!(sent(messages).as_array().unwrap().len(), 2);
}

#[test]
fn calls_and_results_that_miss_each_other_are_left_out() {
    let two = [call("c1", "{}"), call("c2", "{}")];
    for messages in [
        vec![calls("p", "", &two), result("c1", "{}")],
        vec![calls("p", "", &two), result("c1", "{}"), user("and?"), result("c2", "{}")],
        vec![calls("p", "", &two), result("c1", "{}"), result("c3", "{}")],
        vec![calls("p", "", &[])],
        vec![result("c1", "{}")],
    ] {
        let sent = sent(messages);
        assert!(sent.as_array().unwrap().iter().all(|message| message["role"] == "user"), "{sent}");
    }
}

#[test]
fn parallel_calls_are_one_message_and_each_result_one_more() {
    let two = [call("c1", "{}"), call("c2", "{}")];
    let sent = sent(vec![calls("p", "", &two), result("c1", "1"), result("c2", "2")]);
    assert_eq!(sent[0]["tool_calls"].as_array().unwrap().len(), 2);
    assert_eq!((&sent[1]["tool_call_id"], &sent[2]["tool_call_id"]), (&json!("c1"), &json!("c2")));
}

fn tools(parameters: &str) -> Arc<[ToolSpec]> {
    Arc::from([ToolSpec {
        name: "add_task",
        description: "Adds.",
        parameters: parameters.to_owned(),
    }])
}

#[test]
fn tools_are_written_once_for_all_calls() {
    let (cache, tools) = (ToolsJson::default(), tools(r#"{"type":"object","properties":{}}"#));
    let first = cache.of(&tools).unwrap().unwrap();
    let second = cache.of(&Arc::clone(&tools)).unwrap().unwrap();
    assert!(Arc::ptr_eq(&first, &second));
    assert_eq!(
        first.get(),
        r#"[{"type":"function","function":{"name":"add_task","description":"Adds.","parameters":{"type":"object","properties":{}}}}]"#
    );
}

#[test]
fn other_tools_are_written_anew_and_none_are_not_sent() {
    let cache = ToolsJson::default();
    let first = cache.of(&tools("{}")).unwrap().unwrap();
    let other = cache.of(&tools(r#"{"type":"object"}"#)).unwrap().unwrap();
    assert_ne!(first.get(), other.get());
    assert!(cache.of(&Arc::from([])).unwrap().is_none());
}

#[test]
fn a_schema_that_is_not_json_is_refused_before_anything_is_sent() {
    assert!(ToolsJson::default().of(&tools("{")).is_err());
}
