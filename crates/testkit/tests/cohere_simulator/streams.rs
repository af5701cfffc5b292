//! Blocking answers and streams, event by event.

use serde_json::{Value, json};
use todo_testkit::cohere::{Cue, Reply, Scenario};

use crate::client::{Client, asking, in_the_middle, saying};

/// Plays the cue to the request, and compares the order of events.
async fn streams(cue: impl Into<Cue>, body: Value, expected: &str) {
    let client = Client::new().await;
    client.simulator.script([cue.into()]);
    assert_eq!(client.sequence(&body).await, expected);
}

#[tokio::test]
async fn a_text() {
    let expected = "message-start content-start[0] content-delta[0]* content-end[0] message-end";
    streams(Scenario::Text, saying("hello"), expected).await;
    streams(Scenario::Text, asking("hello"), expected).await;
}

#[tokio::test]
async fn a_text_after_tools_with_citations_where_they_are_wanted() {
    let plain = "message-start content-start[0] content-delta[0]* content-end[0] message-end";
    let cited = "message-start content-start[0] content-delta[0]* citation-start[0] \
                 citation-end[0] content-end[0] message-end";
    let mut body = in_the_middle();
    streams(Scenario::Text, body.clone(), plain).await;
    body.as_object_mut().unwrap().remove("citation_options");
    streams(Scenario::Text, body, cited).await;
}

#[tokio::test]
async fn one_call_and_two() {
    let one = "message-start tool-plan-delta* tool-call-start[0] tool-call-delta[0]* \
               tool-call-end[0] message-end";
    let two = "message-start tool-plan-delta* tool-call-start[0] tool-call-delta[0]* \
               tool-call-end[0] tool-call-start[1] tool-call-delta[1]* tool-call-end[1] \
               message-end";
    streams(Scenario::OneCall, asking("hello"), one).await;
    streams(Scenario::TwoCalls, asking("hello"), two).await;
}

#[tokio::test]
async fn thoughts_before_a_text_and_before_a_call() {
    let text = "message-start content-start[0] content-delta[0]* content-end[0] \
                content-start[1] content-delta[1]* content-end[1] message-end";
    let call = "message-start content-start[0] content-delta[0]* content-end[0] \
                tool-call-start[0] tool-call-delta[0]* tool-call-end[0] message-end";
    streams(Scenario::Thinking, saying("hello"), text).await;
    streams(Scenario::ThinkingCall, asking("hello"), call).await;
}

#[tokio::test]
async fn a_failure_half_way() {
    let call = "message-start tool-plan-delta* message-end";
    let text = "message-start content-start[0] content-delta[0]* message-end";
    streams(Scenario::StreamError, asking("add milk"), call).await;
    streams(Scenario::StreamError, saying("hello"), text).await;
}

#[tokio::test]
async fn a_text_byte_by_byte() {
    let client = Client::new().await;
    client.simulator.script([Reply::text("Done, wörk.")]);
    let mut body = saying("hello");
    body["stream"] = true.into();
    let stream = client.chat(&body).await.text().await.unwrap();
    let id = stream.split('"').nth(3).unwrap().to_owned();
    assert_eq!(
        stream.replace(&id, "<id>"),
        r#"event: message-start
data: {"id":"<id>","type":"message-start","delta":{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}}

event: content-start
data: {"type":"content-start","index":0,"delta":{"message":{"content":{"type":"text","text":""}}}}

event: content-delta
data: {"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"Done"}}}}

event: content-delta
data: {"type":"content-delta","index":0,"delta":{"message":{"content":{"text":","}}}}

event: content-delta
data: {"type":"content-delta","index":0,"delta":{"message":{"content":{"text":" wörk"}}}}

event: content-delta
data: {"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"."}}}}

event: content-end
data: {"type":"content-end","index":0}

event: message-end
data: {"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"billed_units":{"input_tokens":1,"output_tokens":4},"tokens":{"input_tokens":491,"output_tokens":15}}}}

data: [DONE]

"#
    );
}

#[tokio::test]
async fn the_events_of_a_call_in_full() {
    let client = Client::new().await;
    client.simulator.script([Reply::calls([("add_task", json!({ "title": "milk" }))])]);
    let events = client.events(&asking("hello")).await;
    let start = events.iter().find(|event| event["type"] == "tool-call-start").unwrap();
    let id = start["delta"]["message"]["tool_calls"]["id"].as_str().unwrap();
    let function = json!({ "name": "add_task", "arguments": "" });
    let call = json!({ "id": id, "type": "function", "function": function });
    assert_eq!(
        *start,
        json!({
            "type": "tool-call-start", "index": 0, "delta": { "message": { "tool_calls": call } },
        })
    );
    let plan = json!({ "type": "tool-plan-delta", "delta": { "message": { "tool_plan": "I" } } });
    assert_eq!(events[1], plan);
    let delta = json!({ "tool_calls": { "function": { "arguments": "{\"" } } });
    let delta = json!({ "type": "tool-call-delta", "index": 0, "delta": { "message": delta } });
    assert!(events.contains(&delta));
    assert!(events.contains(&json!({ "type": "tool-call-end", "index": 0 })));
    assert_eq!(events.last().unwrap()["delta"]["finish_reason"], "TOOL_CALL");
}

#[tokio::test]
async fn a_failed_stream_ends_with_an_error_and_no_usage() {
    let client = Client::new().await;
    client.simulator.script([Cue::from(Scenario::StreamError).times(2)]);
    let events = client.events(&asking("add milk")).await;
    assert_eq!(
        *events.last().unwrap(),
        json!({ "type": "message-end", "delta": {
            "finish_reason": "ERROR",
            "usage": {},
            "error": "your request resulted in an invalid tool generation. Try updating the \
                      messages or tool definitions",
            "error_type": "INVALID_TOOL_GENERATION",
        } })
    );
    let (status, answer) = client.answer(&asking("add milk")).await;
    assert_eq!((status, &answer["error_type"]), (422, &json!("INVALID_TOOL_GENERATION")));
}

#[tokio::test]
async fn arguments_are_compact_in_a_blocking_answer_and_as_written_in_a_stream() {
    let client = Client::new().await;
    let reply = Reply::raw_calls([("add_task", "{\n  \"title\": \"milk\" }")]);
    client.simulator.script([reply.clone(), reply]);
    let message = client.message(&asking("hello")).await;
    assert_eq!(message["tool_calls"][0]["function"]["arguments"], r#"{"title":"milk"}"#);
    let events = client.events(&asking("hello")).await;
    let written: String = events
        .iter()
        .filter(|event| event["type"] == "tool-call-delta")
        .map(|e| e["delta"]["message"]["tool_calls"]["function"]["arguments"].as_str().unwrap())
        .collect();
    assert_eq!(written, "{\n  \"title\": \"milk\" }");
}

#[tokio::test]
async fn a_blocking_answer_has_no_key_for_what_is_empty() {
    let client = Client::new().await;
    client.simulator.script([
        Cue::from(Reply::text("Hi")),
        Scenario::OneCall.into(),
        Scenario::Thinking.into(),
    ]);
    let text = client.message(&asking("hello")).await;
    let content = json!([{ "type": "text", "text": "Hi" }]);
    assert_eq!(text, json!({ "role": "assistant", "content": content }));
    let call = client.message(&asking("hello")).await;
    let keys: Vec<_> = call.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["role", "tool_plan", "tool_calls"]);
    let thought = client.message(&asking("hello")).await;
    assert_eq!(thought["content"][0]["type"], "thinking");
    assert_eq!(thought["content"][1]["type"], "text");
}

#[tokio::test]
async fn call_ids_are_the_tools_name_and_twelve_of_cohere_s_letters() {
    let client = Client::new().await;
    client.simulator.script([Scenario::FiftyCalls]);
    let message = client.message(&asking("hello")).await;
    let calls = message["tool_calls"].as_array().unwrap();
    let mut ids: Vec<&str> = calls.iter().map(|call| call["id"].as_str().unwrap()).collect();
    for id in &ids {
        let tail = id.strip_prefix("list_tasks_").unwrap();
        assert!(tail.len() == 12 && tail.chars().all(|c| c.is_ascii_alphanumeric()), "{id}");
        assert!(!tail.contains(['i', 'l', 'o', 'u']), "{id}");
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 50);
}

#[tokio::test]
async fn usage_is_counted_the_same_way_each_time() {
    let client = Client::new().await;
    let (_, first) = client.answer(&in_the_middle()).await;
    let (_, second) = client.answer(&in_the_middle()).await;
    assert_eq!(first["usage"], second["usage"]);
    let count = |kind: &str, of: &str| first["usage"][kind][of].as_u64().unwrap();
    assert!(count("billed_units", "input_tokens") > 20);
    assert!(count("tokens", "input_tokens") > 1_450);
    assert!(count("tokens", "output_tokens") > count("billed_units", "output_tokens"));
}

#[tokio::test]
async fn citations_point_at_the_result_they_come_from() {
    let client = Client::new().await;
    client.simulator.script([Scenario::Text]);
    let mut body = in_the_middle();
    body["citation_options"]["mode"] = "ACCURATE".into();
    let message = client.message(&body).await;
    let citation = &message["citations"][0];
    let text = message["content"][0]["text"].as_str().unwrap();
    let place = |key: &str| usize::try_from(citation[key].as_u64().unwrap()).unwrap();
    assert_eq!(&text[place("start")..place("end")], citation["text"]);
    assert_eq!(citation["sources"][0]["id"], "add_task_k3v9x2m7q1ab:0");
    assert_eq!(citation["sources"][0]["tool_output"]["title"], "milk");
}
