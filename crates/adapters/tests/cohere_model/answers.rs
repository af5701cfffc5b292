//! What is sent, and what comes of a good answer.

use std::sync::Arc;

use serde_json::json;
use todo_adapters::{CohereSettings, CohereSetupError, Temperature};
use todo_domain::{
    ModelIdentity, ModelMessage, ModelReply, ModelToolCall, TokenUsage,
    ports::{ChatModel, DropDeltas},
};

use super::{fixture::*, server::*};

#[tokio::test]
async fn a_question_is_asked_just_as_cohere_wants_it() {
    let server = Server::start([say("Done")]).await;
    ask(&model(&server)).await.unwrap();
    let received = &server.received()[0];
    assert_eq!(received.line, "POST /v2/chat HTTP/1.1");
    assert_eq!(received.header("authorization"), Some(format!("Bearer {KEY}").as_str()));
    assert_eq!(received.header("content-type"), Some("application/json"));
    assert_eq!(
        received.body,
        json!({
            "model": "command-a-03-2025",
            "messages": [
                { "role": "system", "content": "You keep a list." },
                { "role": "user", "content": "please add milk to my list" },
            ],
            "tools": [{ "type": "function", "function": {
                "name": "add_task", "description": "Adds a task.",
                "parameters": { "type": "object", "properties": { "title": { "type": "string" } }, "required": ["title"] } } }],
            "temperature": 0.7,
            "max_tokens": 1024,
            "stream": true,
            "citation_options": { "mode": "OFF" },
        })
    );
}

#[tokio::test]
async fn a_text_reaches_the_reader_as_it_comes_and_the_caller_as_a_whole() {
    let server = Server::start([stream([
        start(),
        text("Mi"),
        text(""),
        text("lk it is."),
        end("COMPLETE"),
        done(),
    ])])
    .await;
    let reader = Arc::new(Reader::default());
    let answer = model(&server).respond(&question(), Arc::clone(&reader) as _).await.unwrap();
    assert_eq!(reader.read(), ["Mi", "lk it is."]);
    assert_eq!(answer.usage, TokenUsage { input_tokens: 83, output_tokens: 13 });
    assert_eq!(
        answer.identity,
        ModelIdentity { engine: "cohere".into(), model: "command-a-03-2025".into() }
    );
    assert_eq!(said(Ok(answer)), "Milk it is.");
}

#[tokio::test]
async fn calls_are_handed_over_as_the_model_wrote_them_and_their_plan_is_not_read_out() {
    let server = Server::start([add_task()]).await;
    let reader = Arc::new(Reader::default());
    let answer = model(&server).respond(&question(), Arc::clone(&reader) as _).await.unwrap();
    let calls = vec![ModelToolCall {
        id: "add_task_k3v9x2m7q1ab".into(),
        name: "add_task".into(),
        arguments: "{\"title\": \"milk\"}".into(),
    }];
    let plan = Some("I will add it.".into());
    assert_eq!(answer.reply, ModelReply::ToolCalls { plan, reasoning: None, calls });
    assert!(reader.read().is_empty());
}

#[tokio::test]
async fn a_tool_loop_keeps_its_tools_its_plan_and_its_connection() {
    let server = Server::start([add_task(), say("Added.")]).await;
    let (model, mut question) = (model(&server), question());
    let first = model.respond(&question, Arc::new(DropDeltas)).await.unwrap();
    let ModelReply::ToolCalls { plan, reasoning, calls } = first.reply else { panic!() };
    let call_id = calls[0].id.clone();
    question.messages.push(ModelMessage::ToolCalls { plan, reasoning, calls });
    question.messages.push(ModelMessage::ToolResult { call_id, content: "{\"id\":7}".into() });
    assert_eq!(said(model.respond(&question, Arc::new(DropDeltas)).await), "Added.");

    let [first, second] = server.received().try_into().unwrap();
    assert_eq!(first.body["tools"], second.body["tools"]);
    assert_eq!(second.body["messages"][2]["tool_plan"], "I will add it.");
    assert_eq!(
        second.body["messages"][3],
        json!({ "role": "tool", "tool_call_id": "add_task_k3v9x2m7q1ab", "content": "{\"id\":7}" })
    );
    assert_eq!((first.connection, second.connection), (1, 1));
}

#[tokio::test]
async fn an_answer_in_pieces_of_one_byte_is_the_same_answer() {
    let frames = [start(), text("Grüße 👋"), end("COMPLETE"), done()];
    let bytes = frames.into_iter().flat_map(|step| match step {
        Step::Send(bytes) => bytes,
        other => panic!("{other:?}"),
    });
    let server = Server::start([stream(bytes.map(|byte| Step::Send(vec![byte])))]).await;
    assert_eq!(said(ask(&model(&server)).await), "Grüße 👋");
}

#[tokio::test]
async fn without_a_key_no_authorization_is_sent() {
    let server = Server::start([say("Done")]).await;
    let keyless = CohereSettings { api_key: None, ..settings(server.url()) };
    ask(&model_with(keyless)).await.unwrap();
    assert_eq!(server.received()[0].header("authorization"), None);
}

#[tokio::test]
async fn a_retired_model_is_asked_for_by_its_successors_name() {
    let server = Server::start([say("Done")]).await;
    let settings =
        CohereSettings { model: "command-r-plus".parse().unwrap(), ..settings(server.url()) };
    let answer = ask(&model_with(settings)).await.unwrap();
    assert_eq!(server.received()[0].body["model"], "command-a-03-2025");
    assert_eq!(answer.identity.model, "command-a-03-2025");
}

#[tokio::test]
async fn what_is_configured_is_what_is_sent_within_the_models_bounds() {
    let server = Server::start([say("Done")]).await;
    let base_url = format!("{}behind/a/gate/", server.url()).parse().unwrap();
    let settings = CohereSettings {
        model: "command-r7b-12-2024".parse().unwrap(),
        temperature: Temperature::new(0.2).unwrap(),
        max_tokens: 50_000.try_into().unwrap(),
        ..settings(base_url)
    };
    ask(&model_with(settings)).await.unwrap();
    let received = &server.received()[0];
    assert_eq!(received.line, "POST /behind/a/gate/v2/chat HTTP/1.1");
    assert_eq!(
        (&received.body["temperature"], &received.body["max_tokens"]),
        (&json!(0.2), &json!(4_000))
    );
}

#[tokio::test]
async fn an_unusable_address_is_refused_at_once() {
    for address in ["ftp://api.cohere.com", "mailto:a@b.c", "https://user:secret@api.cohere.com"] {
        let settings = CohereSettings::new(address.parse().unwrap(), None);
        let error = try_model_with(settings).unwrap_err();
        assert!(matches!(error, CohereSetupError::BaseUrl), "{address}");
    }
}
