//! A client that takes what the simulator says literally.

use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use todo_testkit::cohere::{CohereSimulator, Settings};

pub(crate) struct Client {
    pub(crate) simulator: CohereSimulator,
    http: reqwest::Client,
}

impl Client {
    pub(crate) async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        let http = todo_testkit::http_client();
        Self { simulator: CohereSimulator::start_with(settings).await, http }
    }

    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.http.post(self.simulator.base_url() + path).bearer_auth("key")
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(self.simulator.base_url() + path).bearer_auth("key")
    }

    /// A chat request, sent.
    pub(crate) async fn chat(&self, body: &Value) -> Response {
        self.post("/v2/chat").json(body).send().await.unwrap()
    }

    /// The status and the JSON that come of a chat request.
    pub(crate) async fn answer(&self, body: &Value) -> (u16, Value) {
        let response = self.chat(body).await;
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// The message of a blocking answer.
    pub(crate) async fn message(&self, body: &Value) -> Value {
        let (status, mut answer) = self.answer(body).await;
        assert_eq!(status, 200, "{answer}");
        answer["message"].take()
    }

    /// The events of a stream; the last frame is `[DONE]`.
    pub(crate) async fn events(&self, body: &Value) -> Vec<Value> {
        let mut body = body.clone();
        body["stream"] = true.into();
        let response = self.chat(&body).await;
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let text = response.text().await.unwrap();
        events_of(text.strip_suffix("data: [DONE]\n\n").expect("the end of the stream"))
    }

    /// The events in short, as `WIRE` words: `content-delta[0]*` for one or more of a kind.
    pub(crate) async fn sequence(&self, body: &Value) -> String {
        let mut sequence: Vec<String> = Vec::new();
        for event in self.events(body).await {
            let kind = event["type"].as_str().unwrap();
            let index = event["index"].as_u64().map(|index| format!("[{index}]"));
            let step = format!("{kind}{}", index.unwrap_or_default());
            match sequence.last_mut() {
                Some(last) if last.trim_end_matches('*') == step => *last = step + "*",
                _ => sequence.push(step),
            }
        }
        sequence.join(" ")
    }
}

/// The events of frames, each of which says its type twice.
pub(crate) fn events_of(frames: &str) -> Vec<Value> {
    let frames = frames.split_terminator("\n\n");
    frames
        .map(|frame| {
            let (kind, data) = frame.split_once("\ndata: ").unwrap();
            let event: Value = serde_json::from_str(data).unwrap();
            assert_eq!(kind, format!("event: {}", event["type"].as_str().unwrap()));
            event
        })
        .collect()
}

/// The smallest request there is.
pub(crate) fn saying(text: &str) -> Value {
    json!({
        "model": "command-a-03-2025",
        "messages": [{ "role": "user", "content": text }],
    })
}

/// The same with two tools.
pub(crate) fn asking(text: &str) -> Value {
    let mut body = saying(text);
    body["tools"] = tools();
    body
}

/// A request in the middle of a turn, with everything in it that our service sends.
pub(crate) fn in_the_middle() -> Value {
    json!({
        "model": "command-a-03-2025",
        "temperature": 0.7,
        "max_tokens": 1024,
        "stream": false,
        "citation_options": { "mode": "OFF" },
        "messages": [
            { "role": "system", "content": "You manage the user's todo list." },
            { "role": "user", "content": "Add milk, then show my list" },
            {
                "role": "assistant",
                "tool_plan": "I will add the task first.",
                "tool_calls": [{
                    "id": "add_task_k3v9x2m7q1ab",
                    "type": "function",
                    "function": { "name": "add_task", "arguments": "{\"title\":\"milk\"}" },
                }],
            },
            {
                "role": "tool",
                "tool_call_id": "add_task_k3v9x2m7q1ab",
                "content": "{\"id\":7,\"title\":\"milk\",\"status\":\"pending\"}",
            },
        ],
        "tools": tools(),
    })
}

fn tools() -> Value {
    json!([
        { "type": "function", "function": {
            "name": "add_task",
            "description": "Create a task",
            "parameters": {
                "type": "object",
                "properties": {
                    "title": { "type": "string", "description": "Short title" },
                    "due": { "type": "string", "format": "date" },
                },
                "required": ["title"],
            },
        } },
        { "type": "function", "function": {
            "name": "list_tasks",
            "description": "List tasks",
            "parameters": {
                "type": "object",
                "properties": {
                    "status": { "type": "string", "enum": ["all", "pending", "completed"] },
                },
                "required": ["status"],
            },
        } },
    ])
}
