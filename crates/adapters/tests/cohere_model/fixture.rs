//! Models, questions and streams to test with.

use std::{
    sync::{Arc, Mutex, Once},
    time::Duration,
};

use serde_json::{Value, json};
use todo_adapters::{CohereModel, CohereRetries, CohereSettings, CohereSetupError, CohereTimeouts};
use todo_domain::{
    ModelAnswer, ModelError, ModelMessage, ModelReply, ModelRequest, TimeZone, ToolSpec, UserId,
    ports::{ChatModel, DeltaSink, DropDeltas},
};
use todo_metrics::Metrics;
use todo_testkit::clock::FixedClock;
use tokio::time::Instant;
use url::Url;

use super::server::{Scene, Server, Step, stream};

pub(crate) const KEY: &str = "co-4f9d1c7e-secret";

/// Quick to give up and to try again.
pub(crate) fn settings(base_url: Url) -> CohereSettings {
    every_line_of_the_log_is_wanted();
    CohereSettings {
        timeouts: CohereTimeouts {
            connect: Duration::from_millis(500),
            attempt: Duration::from_millis(600),
            event: Duration::from_millis(300),
            probe: Duration::from_millis(300),
        },
        retries: CohereRetries {
            attempts: 3,
            min_wait: Duration::from_millis(5),
            max_wait: Duration::from_millis(20),
        },
        ..CohereSettings::new(base_url, Some(KEY.into()))
    }
}

/// A line of the log that nobody wants when it is first written may be left out ever after, also
/// for a test that wants it: whether somebody does is found out once for all threads.
fn every_line_of_the_log_is_wanted() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let everything = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE);
        let nowhere = everything.with_writer(std::io::sink).finish();
        tracing::subscriber::set_global_default(nowhere).unwrap();
    });
}

pub(crate) fn model_with(settings: CohereSettings) -> CohereModel {
    try_model_with(settings).unwrap()
}

pub(crate) fn try_model_with(settings: CohereSettings) -> Result<CohereModel, CohereSetupError> {
    let clock = FixedClock::at("2026-11-22T10:00:00Z");
    CohereModel::new(settings, clock, &Metrics::none())
}

pub(crate) fn model(server: &Server) -> CohereModel {
    model_with(settings(server.url()))
}

pub(crate) fn tools() -> Arc<[ToolSpec]> {
    Arc::from([ToolSpec {
        name: "add_task",
        description: "Adds a task.",
        parameters:
            r#"{"type":"object","properties":{"title":{"type":"string"}},"required":["title"]}"#
                .into(),
    }])
}

/// "add milk", with all the time in the world.
pub(crate) fn question() -> ModelRequest {
    question_within(Duration::from_secs(30))
}

pub(crate) fn question_within(time: Duration) -> ModelRequest {
    ModelRequest {
        user: UserId::new(1).unwrap(),
        system: "You keep a list.".into(),
        messages: vec![ModelMessage::User("please add milk to my list".into())],
        tools: tools(),
        now: "2026-11-22T10:00:00Z".parse().unwrap(),
        time_zone: TimeZone::UTC,
        deadline: (Instant::now() + time).into_std(),
    }
}

/// Asks without reading along.
pub(crate) async fn ask(model: &CohereModel) -> Result<ModelAnswer, ModelError> {
    model.respond(&question(), Arc::new(DropDeltas)).await
}

/// Somebody who reads along.
#[derive(Debug, Default)]
pub(crate) struct Reader(Mutex<Vec<String>>);

impl Reader {
    pub(crate) fn read(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl DeltaSink for Reader {
    fn text(&self, delta: &str) {
        self.0.lock().unwrap().push(delta.to_owned());
    }
}

pub(crate) fn event(event: &Value) -> Step {
    let kind = event["type"].as_str().unwrap();
    Step::Send(format!("event: {kind}\ndata: {event}\n\n").into_bytes())
}

pub(crate) fn start() -> Step {
    event(&json!({ "id": "35c028fc", "type": "message-start", "delta": { "message": {
        "role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": [] } } }))
}

pub(crate) fn text(text: &str) -> Step {
    event(
        &json!({ "type": "content-delta", "index": 0, "delta": { "message": { "content": { "text": text } } } }),
    )
}

pub(crate) fn plan(plan: &str) -> Step {
    event(&json!({ "type": "tool-plan-delta", "delta": { "message": { "tool_plan": plan } } }))
}

pub(crate) fn call(arguments: &str) -> Step {
    event(&json!({ "type": "tool-call-start", "index": 0, "delta": { "message": { "tool_calls": {
        "id": "add_task_k3v9x2m7q1ab", "type": "function",
        "function": { "name": "add_task", "arguments": arguments } } } } }))
}

pub(crate) fn end(reason: &str) -> Step {
    event(&json!({ "type": "message-end", "delta": { "finish_reason": reason, "usage": {
        "billed_units": { "input_tokens": 83, "output_tokens": 13 },
        "tokens": { "input_tokens": 1602, "output_tokens": 24 } } } }))
}

pub(crate) fn failed() -> Step {
    event(&json!({ "type": "message-end", "delta": { "finish_reason": "ERROR", "usage": {},
        "error": "your request resulted in an invalid tool generation", "error_type": "INVALID_TOOL_GENERATION" } }))
}

pub(crate) fn done() -> Step {
    Step::Send(b"data: [DONE]\n\n".to_vec())
}

/// A stream that says this.
pub(crate) fn say(said: &str) -> Scene {
    stream([start(), text(said), end("COMPLETE"), done()])
}

/// A stream that calls `add_task`.
pub(crate) fn add_task() -> Scene {
    stream([
        start(),
        plan("I will add it."),
        call("{\"title\": \"milk\"}"),
        end("TOOL_CALL"),
        done(),
    ])
}

/// Cohere's way to refuse.
pub(crate) fn message(text: &str) -> String {
    json!({ "id": "8d74759e", "message": text }).to_string()
}

pub(crate) fn said(answer: Result<ModelAnswer, ModelError>) -> String {
    match answer.map(|answer| answer.reply) {
        Ok(ModelReply::Text(text)) => text,
        other => panic!("{other:?}"),
    }
}
