//! Talking to a service that runs elsewhere, over its HTTP API.

use std::{
    error::Error,
    future::{pending, ready},
    io::{self, Write},
    pin::pin,
    time::Duration,
};

use async_trait::async_trait;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use reqwest::{
    Client, Method, RequestBuilder, Response,
    header::{ACCEPT, AUTHORIZATION, HeaderValue, LINK, RETRY_AFTER},
};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sse_stream::{Sse, SseByteStream};
use todo_domain::{ConversationId, PageLimit, TaskFilter, TurnId, ports::ConversationRef};
use tokio::{
    sync::mpsc::{UnboundedSender, unbounded_channel},
    time::{sleep, timeout},
};

use super::{
    attempts::{Attempts, RETRY_TIMEOUT},
    chat_backend::{ApiProblem, ChatBackend, ChatEvent, LATEST_CONVERSATIONS, Message},
    server_url::ServerUrl,
    signals::Signals,
    turn_reader::{End, TurnReader},
    wire::{Answer, Call, Conversation, OpenConversation, Person, Reply, Task, Turn, UndoneTurn},
};

/// How long an answer is waited for.
const TIMEOUT: Duration = RETRY_TIMEOUT;
/// The same for a list.
const LIST_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a stream may be silent: longer than any service is.
const SILENCE: Duration = Duration::from_secs(40);
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
    /// Somebody reads the answer while it comes.
    is_live: bool,
}

impl Remote {
    /// Sends nothing yet.
    ///
    /// # Errors
    /// [`RemoteError`]
    pub(crate) fn new(
        url: &ServerUrl,
        token: Option<SecretString>,
        is_live: bool,
    ) -> Result<Self, RemoteError> {
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
        Ok(Self { http, url: url.clone(), authorization, is_live })
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
        let response = self.open(request).await?;
        let has_more = has_next(&response);
        Ok(Answer { has_more, ..Answer::read(self.json(response).await?)? })
    }

    /// The head of an answer that is no problem.
    async fn open(&self, request: RequestBuilder) -> Result<Response, ApiProblem> {
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let retry_after = retry_after(&response);
        let json = body(response).await.map_err(|error| self.unreachable(&error))?;
        let problem = json.and_then(ApiProblem::from_json).unwrap_or_else(|| {
            let why = format!("{} answers {status}", self.url.as_url());
            // What is in between finds no service.
            match status.as_u16() {
                502..=504 => ApiProblem::unreachable(why),
                _ => ApiProblem::unexpected(why),
            }
        });
        Err(problem.after(retry_after))
    }

    async fn json(&self, response: Response) -> Result<Value, ApiProblem> {
        let status = response.status();
        body(response).await.map_err(|error| self.unreachable(&error))?.ok_or_else(|| {
            ApiProblem::unexpected(format!("{} answers {status} without JSON", self.url.as_url()))
        })
    }

    fn unreachable(&self, error: &reqwest::Error) -> ApiProblem {
        let why = format!("{} does not answer: {}", self.url.as_url(), cause(error));
        if error.is_connect() { ApiProblem::unsent(why) } else { ApiProblem::unreachable(why) }
    }

    fn lost(&self) -> ApiProblem {
        ApiProblem::unreachable(format!("the connection to {} was lost", self.url.as_url()))
    }

    /// The request that says something. The service knows it by its key, so it may be sent again.
    fn message(&self, message: &Message) -> RequestBuilder {
        let mut body = json!({ "message": message.text });
        let field = match message.conversation {
            ConversationRef::Existing(_) => "conversation_id",
            ConversationRef::New(_) | ConversationRef::NewOrExisting(_) => "new_conversation_id",
        };
        body[field] = message.conversation.id().to_string().into();
        let request = self.request(Method::POST, "api/me/chat");
        request.header("Idempotency-Key", message.key.as_str()).json(&body)
    }

    /// Sends a message, and follows its turn to the end. A stream that is cut is followed again: by
    /// the turn, after what was read of it, or, before that is known, by the message's key. By the key
    /// a turn goes on, too, that ended because of a problem that passes.
    async fn follow(
        &self,
        message: &Message,
        events: UnboundedSender<ChatEvent>,
    ) -> Result<Answer<Reply>, ApiProblem> {
        let mut attempts = Attempts::new();
        let mut reader = TurnReader::new(events);
        let mut last_event: Option<String> = None;
        loop {
            let request = match (reader.turn(), &last_event) {
                (Some(turn), Some(last)) => {
                    let turn = self.request(Method::GET, &format!("api/me/turns/{turn}/stream"));
                    turn.header("Last-Event-ID", last)
                }
                _ => self.message(message),
            };
            let known = last_event.clone();
            let problem = match self.open(streamed(request)).await {
                Ok(response) => match read(response, &mut reader, &mut last_event).await? {
                    Some(End::Answered(read)) => {
                        return Ok(Answer { json: Value::Null, read, has_more: false });
                    }
                    Some(End::Asked(turn)) => return self.question(turn).await,
                    Some(End::Refused(problem)) => {
                        last_event = None;
                        problem
                    }
                    None => {
                        if last_event != known {
                            attempts.progress();
                        }
                        self.lost()
                    }
                },
                Err(problem) => problem,
            };
            sleep(attempts.pause_after(problem)?).await;
        }
    }

    /// What a turn asks. To read it counts for nothing, unlike to send its message again.
    async fn question(&self, turn: TurnId) -> Result<Answer<Reply>, ApiProblem> {
        let path = format!("api/me/turns/{turn}");
        let asking = Attempts::going_on().make(|| self.get::<Turn>(&path, &[])).await?;
        let status = asking.read.status.clone();
        let read = asking.read.question().ok_or_else(|| {
            ApiProblem::unexpected(format!("The turn has asked something, and is `{status}` now."))
        })?;
        Ok(Answer { json: asking.json, read, has_more: false })
    }
}

#[async_trait]
impl ChatBackend for Remote {
    async fn person(&self) -> Result<Person, ApiProblem> {
        Ok(self.get("api/auth/me", &[]).await?.read)
    }

    /// Where nobody reads along, the calls come with the answer.
    async fn say(
        &self,
        message: Message,
        events: UnboundedSender<ChatEvent>,
    ) -> Result<Answer<Reply>, ApiProblem> {
        if self.is_live {
            return self.follow(&message, events).await;
        }
        let sent = Attempts::new().make(|| self.send(self.message(&message))).await;
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

    /// Who reads no stream does not hear of the turn before it ends. The same message with the same
    /// key gets the stream of its turn.
    async fn turn_of(&self, message: &Message) -> Result<TurnId, ApiProblem> {
        if self.is_live {
            return pending().await;
        }
        let (events, _) = unbounded_channel();
        let mut reader = TurnReader::new(events);
        let response = self.open(streamed(self.message(message))).await?;
        let mut blocks = pin!(blocks(response));
        while let Some(Ok(block)) = blocks.next().await {
            reader.take(&block.data.unwrap_or_default())?;
            if let Some(turn) = reader.turn() {
                return Ok(turn);
            }
        }
        Err(self.lost())
    }

    async fn cancel(&self, turn: TurnId) -> Result<(), ApiProblem> {
        let path = format!("api/me/turns/{turn}/cancel");
        let cancel = || self.open(self.request(Method::POST, &path).timeout(LIST_TIMEOUT));
        Attempts::going_on().make(cancel).await.map(drop)
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

/// The same request, answered with the stream of the turn.
fn streamed(request: RequestBuilder) -> RequestBuilder {
    request.header(ACCEPT, "text/event-stream")
}

/// The events of a stream that say something, until the connection ends.
fn blocks(response: Response) -> impl Stream<Item = Result<Sse, sse_stream::Error>> + Send {
    let bytes = stream::try_unfold((response, MAX_ANSWER), async |(mut response, left)| {
        let chunk = timeout(SILENCE, response.chunk()).await.map_err(io::Error::from)?;
        let Some(chunk) = chunk.map_err(io::Error::other)? else { return Ok(None) };
        let left = left.checked_sub(chunk.len());
        let left = left.ok_or_else(|| io::Error::from(io::ErrorKind::FileTooLarge))?;
        Ok::<_, io::Error>(Some((chunk, (response, left))))
    });
    SseByteStream::new(bytes)
        .try_filter(|block| ready(block.data.as_ref().is_some_and(|data| !data.is_empty())))
}

/// Reads a stream until the turn or the connection ends, and keeps the id of the last event.
///
/// # Errors
/// When it is no such stream.
async fn read(
    response: Response,
    reader: &mut TurnReader,
    last_event: &mut Option<String>,
) -> Result<Option<End>, ApiProblem> {
    let mut blocks = pin!(blocks(response));
    while let Some(Ok(block)) = blocks.next().await {
        if let Some(end) = reader.take(&block.data.unwrap_or_default())? {
            return Ok(Some(end));
        }
        *last_event = block.id.or(last_event.take());
    }
    Ok(None)
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
