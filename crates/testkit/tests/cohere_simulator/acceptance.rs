//! What the simulator takes, because Cohere does.

use serde_json::{Value, json};

use crate::client::{Client, in_the_middle, saying};

#[tokio::test]
async fn a_whole_request_in_the_middle_of_a_turn_is_taken_in_both_modes() {
    let client = Client::new().await;
    assert_eq!(client.answer(&in_the_middle()).await.0, 200);
    client.events(&in_the_middle()).await;
    assert_eq!(client.simulator.refused(), []);
}

#[tokio::test]
async fn every_optional_field_is_taken() {
    let client = Client::new().await;
    let mut body = saying("hello");
    let more = json!({
        "stream": null,
        "documents": ["Milk is white.", { "id": "1", "data": { "text": "So is snow." } }],
        "citation_options": { "mode": "fast" },
        "response_format": { "type": "text" },
        "safety_mode": "STRICT",
        "max_tokens": 8192,
        "stop_sequences": ["."],
        "temperature": 1,
        "seed": 18_446_744_073_709_551_615_u64,
        "frequency_penalty": 0.5,
        "presence_penalty": null,
        "k": 0,
        "p": 0.75,
        "logprobs": false,
        "thinking": { "type": "disabled" },
        "priority": 0,
        "tool_choice": "NONE",
        "tools": [],
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    assert_eq!(client.answer(&body).await.0, 200);
}

/// Puts this message in place of the assistant's, in the middle of a turn.
async fn takes_of_the_assistant(change: Value) {
    let client = Client::new().await;
    let mut body = in_the_middle();
    let message = body.pointer_mut("/messages/2").unwrap().as_object_mut().unwrap();
    message.extend(change.as_object().unwrap().clone());
    let (status, answer) = client.answer(&body).await;
    assert_eq!(status, 200, "{change}: {answer}");
}

#[tokio::test]
async fn beside_tool_calls_there_may_be_no_plan_thoughts_or_an_empty_list() {
    takes_of_the_assistant(json!({ "tool_plan": null })).await;
    takes_of_the_assistant(json!({ "content": [] })).await;
    takes_of_the_assistant(json!({ "content": null })).await;
    takes_of_the_assistant(json!({ "content": [{ "type": "thinking", "thinking": "Hm." }] })).await;
    takes_of_the_assistant(json!({ "citations": [] })).await;
}

#[tokio::test]
async fn results_may_be_text_blocks_documents_or_json_text_in_a_document() {
    let client = Client::new().await;
    for content in [
        json!("(no result)"),
        json!([{ "type": "text", "text": "done" }]),
        json!([{ "type": "document", "document": { "data": { "id": 7 } } }]),
        json!([{ "type": "document", "document": { "id": "1", "data": "{\"id\":7}" } }]),
    ] {
        let mut body = in_the_middle();
        body["messages"][3]["content"] = content;
        assert_eq!(client.answer(&body).await.0, 200);
    }
}

#[tokio::test]
async fn two_messages_of_the_users_in_a_row_are_taken() {
    let client = Client::new().await;
    let mut body = saying("hello");
    let more = json!({ "role": "user", "content": [{ "type": "text", "text": "Anybody?" }] });
    body["messages"].as_array_mut().unwrap().push(more);
    assert_eq!(client.answer(&body).await.0, 200);
}
