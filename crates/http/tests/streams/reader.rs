//! A client that reads a stream event by event.

use std::time::Duration;

use reqwest::{Client, Method, Response, header::HeaderMap};
use serde_json::{Value, json};
use todo_testkit::{
    app::{TestApp, Visitor},
    http_client,
};
use tokio::time::timeout;

/// Longer than anything takes that is awaited here.
const PATIENCE: Duration = Duration::from_secs(20);

/// Somebody who reads streams of a service.
pub(crate) struct Follower {
    base_url: String,
    client: Client,
    token: String,
}

/// A stream that is being read.
pub(crate) struct Events {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    response: Response,
    unread: String,
    /// The id of the last event that was read.
    pub(crate) last_id: Option<String>,
}

/// How a stream ended.
#[derive(Debug, PartialEq)]
pub(crate) struct Cut;

impl Follower {
    pub(crate) fn new(app: &TestApp, user: &Visitor) -> Self {
        let base_url = app.base_url().to_owned();
        Self { base_url, client: http_client(), token: user.token.clone().unwrap() }
    }

    /// Says something and follows the turn.
    pub(crate) async fn say(&self, message: &str) -> Events {
        self.post(&json!({ "message": message })).await
    }

    pub(crate) async fn post(&self, body: &Value) -> Events {
        let request = self.client.request(Method::POST, format!("{}/api/me/chat", self.base_url));
        let request = request.header("accept", "text/event-stream").json(body);
        Events::of(request.bearer_auth(&self.token).send().await.unwrap())
    }

    /// Approves or rejects an action, and follows what comes after that.
    pub(crate) async fn decide(&self, action: &Value, decision: &str) -> Events {
        let path = format!("/api/me/actions/{}/{decision}", action.as_str().unwrap());
        let request = self.client.post(format!("{}{path}", self.base_url));
        let request = request.header("accept", "text/event-stream");
        Events::of(request.bearer_auth(&self.token).send().await.unwrap())
    }

    pub(crate) async fn get(&self, path: &str) -> Events {
        self.get_after(path, None).await
    }

    pub(crate) async fn get_after(&self, path: &str, last: Option<&str>) -> Events {
        let request = self.client.get(format!("{}{path}", self.base_url)).bearer_auth(&self.token);
        let request = match last {
            Some(id) => request.header("last-event-id", id),
            None => request,
        };
        Events::of(request.send().await.unwrap())
    }
}

impl Events {
    fn of(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, response, unread: String::new(), last_id: None }
    }

    /// The data of the next event; `None` at the end of the body.
    pub(crate) async fn next(&mut self) -> Result<Option<Value>, Cut> {
        timeout(PATIENCE, self.read()).await.unwrap()
    }

    async fn read(&mut self) -> Result<Option<Value>, Cut> {
        loop {
            if let Some((event, rest)) = self.unread.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.unread = rest;
                if let Some(data) = self.parse(&event) {
                    return Ok(Some(data));
                }
                continue;
            }
            match self.response.chunk().await {
                Ok(Some(bytes)) => self.unread.push_str(std::str::from_utf8(&bytes).unwrap()),
                Ok(None) => {
                    assert_eq!(self.unread, "", "the body ends with an event");
                    return Ok(None);
                }
                Err(_) => return Err(Cut),
            }
        }
    }

    fn parse(&mut self, event: &str) -> Option<Value> {
        let mut data = None;
        for line in event.lines() {
            match line.split_once(": ").unwrap() {
                ("id", id) => self.last_id = Some(id.to_owned()),
                ("data", "[DONE]") => data = Some(json!("[DONE]")),
                ("data", json) => data = Some(serde_json::from_str(json).unwrap()),
                ("", _) => {}
                other => panic!("{other:?}"),
            }
        }
        data
    }

    /// The rest of the chunks, up to `[DONE]` and the end of the body.
    pub(crate) async fn rest(&mut self) -> Vec<Value> {
        let mut chunks = Vec::new();
        while let Some(chunk) = self.next().await.unwrap() {
            chunks.push(chunk);
        }
        assert_eq!(chunks.pop(), Some(json!("[DONE]")), "{chunks:?}");
        chunks
    }

    /// Reads until a chunk of this type.
    pub(crate) async fn until(&mut self, kind: &str) -> Value {
        loop {
            let chunk = self.next().await.unwrap().unwrap();
            if chunk["type"] == kind {
                return chunk;
            }
        }
    }

    /// The body of an answer that is no stream.
    pub(crate) async fn json(self) -> Value {
        self.response.json().await.unwrap()
    }
}

/// The types of chunks.
pub(crate) fn types(chunks: &[Value]) -> Vec<&str> {
    chunks.iter().map(|chunk| chunk["type"].as_str().unwrap()).collect()
}

/// All text, put together.
pub(crate) fn text(chunks: &[Value]) -> String {
    chunks.iter().filter_map(|chunk| chunk["delta"].as_str()).collect()
}

/// The chunks with each text as one piece, as a client puts them together.
pub(crate) fn joined(chunks: &[Value]) -> Vec<Value> {
    let mut joined: Vec<Value> = Vec::new();
    for chunk in chunks {
        match joined.last_mut() {
            Some(last) if chunk["type"] == "text-delta" && last["type"] == "text-delta" => {
                last["delta"] = json!(text(&[last.clone(), chunk.clone()]));
            }
            _ => joined.push(chunk.clone()),
        }
    }
    joined
}
