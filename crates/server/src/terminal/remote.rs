//! Talking to a service that runs elsewhere, over its HTTP API.

use std::{
    error::Error,
    io::{self, Write},
    time::Duration,
};

use async_trait::async_trait;
use reqwest::{
    Client, Method, RequestBuilder, Response,
    header::{AUTHORIZATION, HeaderValue, LINK, RETRY_AFTER},
};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use todo_domain::{ConversationId, PageLimit, TaskFilter, TurnId};
use tokio::sync::mpsc::UnboundedSender;

use super::{
    chat_backend::{ApiProblem, ChatBackend, ChatEvent, LATEST_CONVERSATIONS, Message},
    server_url::ServerUrl,
    signals::Signals,
    wire::{Answer, Call, Conversation, OpenConversation, Person, Reply, Task, UndoneTurn},
};

/// How long an answer is waited for: longer than any service lets a turn take.
const TIMEOUT: Duration = Duration::from_secs(330);
/// The same for a list.
const LIST_TIMEOUT: Duration = Duration::from_secs(30);
/// How much of an answer is read, in bytes: far more than any of ours has.
const MAX_ANSWER: usize = 8 * 1024 * 1024;

/// How to get a token.
const HOW_TO_SIGN_IN: &str = "\
Sign in with POST /api/auth/signin and put the access_token of the answer into CHATBOT_TOKEN, or \
into a file that --token-file names.";

/// Why a service can't be talked to at all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RemoteError {
    #[error("--url needs an access token. {HOW_TO_SIGN_IN}")]
    NoToken,
    #[error("CHATBOT_TOKEN, or the file with the token, holds no access token. {HOW_TO_SIGN_IN}")]
    NotAToken,
    #[error("can't make an HTTP client")]
    Client(#[from] reqwest::Error),
}

/// A service elsewhere.
pub(crate) struct Remote {
    http: Client,
    url: ServerUrl,
    authorization: HeaderValue,
}

impl Remote {
    /// Sends nothing yet.
    ///
    /// # Errors
    /// [`RemoteError`]
    pub(crate) fn new(url: &ServerUrl, token: Option<SecretString>) -> Result<Self, RemoteError> {
        let token = token.ok_or(RemoteError::NoToken)?;
        let mut authorization = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()))
            .map_err(|_| RemoteError::NotAToken)?;
        authorization.set_sensitive(true);
        if url.is_readable_on_the_way() {
            let _ = writeln!(
                io::stderr(),
                "Warning: over http:// everybody on the way can read the token and the messages."
            );
        }
        let http = todo_adapters::http_client(url.as_url(), TIMEOUT)?;
        Ok(Self { http, url: url.clone(), authorization })
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, self.url.of(path));
        request.header(AUTHORIZATION, self.authorization.clone())
    }

    async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<Answer<T>, ApiProblem> {
        let mut url = self.url.of(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let request = self.http.get(url).header(AUTHORIZATION, self.authorization.clone());
        self.send(request.timeout(LIST_TIMEOUT)).await
    }

    async fn send<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
    ) -> Result<Answer<T>, ApiProblem> {
        let unreachable = |error: reqwest::Error| {
            ApiProblem::unreachable(format!(
                "{} does not answer: {}",
                self.url.as_url(),
                cause(&error)
            ))
        };
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let (has_more, retry_after) = (has_next(&response), retry_after(&response));
        let json = body(response).await.map_err(unreachable)?.ok_or_else(|| {
            ApiProblem::unexpected(format!("{} answers {status} without JSON", self.url.as_url()))
        })?;
        if status.is_success() {
            return Ok(Answer { has_more, ..Answer::read(json)? });
        }
        let problem = ApiProblem::from_json(json).unwrap_or_else(|| {
            ApiProblem::unexpected(format!("{} answers {status}", self.url.as_url()))
        });
        Err(problem.after(retry_after))
    }
}

#[async_trait]
impl ChatBackend for Remote {
    async fn person(&self) -> Result<Person, ApiProblem> {
        Ok(self.get("api/auth/me", &[]).await?.read)
    }

    /// The calls come with the answer.
    async fn say(
        &self,
        message: Message,
        events: UnboundedSender<ChatEvent>,
    ) -> Result<Answer<Reply>, ApiProblem> {
        let mut body = json!({ "message": message.text });
        if let Some(id) = message.conversation {
            body["conversation_id"] = id.to_string().into();
        }
        let sent = self.send(self.request(Method::POST, "api/me/chat").json(&body)).await;
        let calls: Vec<Call> = match &sent {
            Ok(Answer { read: Reply { tool_calls, .. }, .. }) => tool_calls.clone(),
            Err(problem) => problem.calls(),
        };
        for call in calls {
            // Nobody may be waiting any longer.
            let _ = events.send(ChatEvent::Call(call));
        }
        sent
    }

    async fn undo(&self, turn: TurnId) -> Result<Answer<UndoneTurn>, ApiProblem> {
        self.send(self.request(Method::POST, &format!("api/me/turns/{turn}/undo"))).await
    }

    async fn tasks(&self, filter: &TaskFilter) -> Result<Answer<Vec<Task>>, ApiProblem> {
        let tags = filter.tags.to_string();
        let limit = PageLimit::MAX.get().to_string();
        let mut query = vec![("sort", "created_at"), ("limit", limit.as_str())];
        query.extend(filter.status.map(|status| ("status", status.as_str())));
        query.extend(filter.priority.map(|priority| ("priority", priority.as_str())));
        query.extend((!tags.is_empty()).then_some(("tag", tags.as_str())));
        query.extend(filter.overdue.then_some(("overdue", "true")));
        query.extend(filter.text.as_ref().map(|text| ("q", text.as_str())));
        self.get("api/me/tasks", &query).await
    }

    async fn conversations(&self) -> Result<Answer<Vec<Conversation>>, ApiProblem> {
        let limit = LATEST_CONVERSATIONS.get().to_string();
        self.get("api/me/conversations", &[("limit", &limit)]).await
    }

    async fn open(&self, id: ConversationId) -> Result<Answer<OpenConversation>, ApiProblem> {
        self.get(&format!("api/me/conversations/{id}"), &[]).await
    }

    fn advice(&self, problem: &ApiProblem) -> Option<&'static str> {
        problem.is_about_the_token().then_some(HOW_TO_SIGN_IN)
    }

    /// Nobody knows whether the message has got there.
    fn fate_of_the_unheard(&self) -> &'static str {
        "it may be carried on; see /conversations"
    }

    /// The service goes on by itself.
    async fn close(&self, _: &mut Signals) {}
}

/// Whether the service names a next page.
fn has_next(response: &Response) -> bool {
    let links = response.headers().get_all(LINK);
    links.iter().any(|link| link.to_str().is_ok_and(|link| link.contains("rel=\"next\"")))
}

/// How many seconds to wait before the next attempt, if the service says so.
fn retry_after(response: &Response) -> Option<u64> {
    response.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()
}

/// The body, if it is JSON of a reasonable size.
async fn body(mut response: Response) -> reqwest::Result<Option<Value>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if bytes.len() + chunk.len() > MAX_ANSWER {
            return Ok(None);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(serde_json::from_slice(&bytes).ok())
}

/// What is at the bottom of it; the rest repeats the address.
fn cause(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it takes too long".to_owned();
    }
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
