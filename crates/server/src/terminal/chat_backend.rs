//! What the terminal talks to: the service in this process, or one at an address.

use std::{future::pending, time::Duration};

use async_trait::async_trait;
use serde_json::{Value, json};
use todo_domain::{
    ConversationId, IdempotencyKey, MessageText, PageLimit, TaskFilter, TextError, TurnId,
    ports::ConversationRef,
};
use tokio::sync::mpsc::UnboundedSender;

use super::{
    lines::Unfit,
    signals::Signals,
    wire::{Answer, Call, Conversation, OpenConversation, Person, Reply, Task, UndoneTurn},
};
use crate::sanitize::plain;

/// How many conversations are listed.
pub(crate) const LATEST_CONVERSATIONS: PageLimit = match PageLimit::new(20) {
    Ok(limit) => limit,
    Err(_) => PageLimit::MAX,
};

/// Something to say.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) text: String,
    /// The conversation to go on with, or the id of the one that begins.
    pub(crate) conversation: ConversationRef,
    /// By which it can be said again without anything being done twice.
    pub(crate) key: IdempotencyKey,
}

/// What happens before there is an answer.
#[derive(Debug)]
pub(crate) enum ChatEvent {
    /// The turn that answers has begun, or goes on.
    Begun(TurnId),
    /// A piece of the answer.
    Text(String),
    /// Something was done with the list.
    Call(Call),
}

/// A service for one person.
#[async_trait]
pub(crate) trait ChatBackend: Send + Sync {
    /// Whose list this is.
    async fn person(&self) -> Result<Person, ApiProblem>;

    /// Says something and waits for the answer. Every call that was carried out is sent as an event, also when
    /// there is no answer; the turn and pieces of the answer are sent if they come before it.
    async fn say(
        &self,
        message: Message,
        events: UnboundedSender<ChatEvent>,
    ) -> Result<Answer<Reply>, ApiProblem>;

    /// Which turn answers a message of which [`ChatBackend::say`] has not reported it yet. A backend that
    /// will tell it has no other way, and this waits for ever.
    async fn turn_of(&self, _message: &Message) -> Result<TurnId, ApiProblem> {
        pending().await
    }

    /// Stops a turn, unless it has ended. Whoever waits for its answer is refused with
    /// [`ApiProblem::is_cancelled`] then.
    async fn cancel(&self, turn: TurnId) -> Result<(), ApiProblem>;

    /// Undoes a turn.
    async fn undo(&self, turn: TurnId) -> Result<Answer<UndoneTurn>, ApiProblem>;

    /// The first [`PageLimit::MAX`] of the tasks that the filter lets pass, the oldest first.
    async fn tasks(&self, filter: &TaskFilter) -> Result<Answer<Vec<Task>>, ApiProblem>;

    /// The conversations that were touched last, at most [`LATEST_CONVERSATIONS`].
    async fn conversations(&self) -> Result<Answer<Vec<Conversation>>, ApiProblem>;

    /// A conversation.
    async fn open(&self, id: ConversationId) -> Result<Answer<OpenConversation>, ApiProblem>;

    /// What to do about a problem, as far as the service does not say it itself.
    fn advice(&self, _refusal: &ApiProblem) -> Option<&'static str> {
        None
    }

    /// What becomes of a message whose answer nobody waits for any longer, as a part of a sentence.
    fn fate_of_the_unheard(&self) -> &'static str;

    /// Ends in good order.
    async fn close(&self, signals: &mut Signals);
}

/// Why there is no answer: a problem as the API tells it (RFC 9457).
#[derive(Debug)]
pub(crate) struct ApiProblem {
    json: Value,
    /// Nothing of the request has left this side.
    is_unsent: bool,
}

/// The turn was stopped.
pub(crate) const TURN_CANCELLED: &str = "turn_cancelled";
/// The process of the turn has died.
pub(crate) const TURN_INTERRUPTED: &str = "turn_interrupted";
/// The conversation answers a message.
const TURN_IN_PROGRESS: &str = "turn_in_progress";
/// The service at hand can't be reached, or does not answer in time.
const UNREACHABLE: &str = "unreachable";
/// What may be over a little later. A stream tells no status with them.
const PASSING: [&str; 8] = [
    UNREACHABLE, TURN_INTERRUPTED, TURN_IN_PROGRESS, "database_unavailable",
    "provider_rate_limited", "provider_unavailable", "provider_busy", "turn_timeout",
];

impl ApiProblem {
    /// A problem as the API writes it; `None` if this is none.
    pub(crate) fn from_json(problem: Value) -> Option<Self> {
        let is_problem = problem["code"].is_string() && problem["detail"].is_string();
        is_problem.then(|| problem.into())
    }

    /// A problem that arose on this side.
    pub(crate) fn new(code: &str, detail: impl Into<String>) -> Self {
        json!({ "code": code, "detail": detail.into() }).into()
    }

    /// A line that can't be a message, with what the API says of such a field.
    pub(crate) fn of_message(unfit: Unfit) -> Self {
        let error = match unfit {
            Unfit::TooLong { length } => {
                let max = MessageText::MAX_CHARS;
                let message = TextError::TooLong { max, actual: length }.to_string();
                let code = "too_long";
                json!({ "field": "message", "message": message, "code": code, "max": max, "length": length })
            }
            Unfit::NotText => {
                let (message, code) = ("must be valid UTF-8", "invalid_character");
                json!({ "field": "message", "message": message, "code": code })
            }
        };
        let detail = "The message was not sent.";
        json!({ "code": "validation_failed", "detail": detail, "errors": [error] }).into()
    }

    pub(crate) fn unreachable(detail: impl Into<String>) -> Self {
        Self::new(UNREACHABLE, detail)
    }

    /// The service could not even be asked.
    pub(crate) fn unsent(detail: impl Into<String>) -> Self {
        Self { is_unsent: true, ..Self::unreachable(detail) }
    }

    /// The same of a request that may have got there.
    pub(crate) fn sent(self) -> Self {
        Self { is_unsent: false, ..self }
    }

    pub(crate) fn unexpected(detail: impl Into<String>) -> Self {
        Self::new("unexpected_answer", detail)
    }

    /// The same with the seconds to wait before the next attempt (`Retry-After`).
    pub(crate) fn after(mut self, seconds: Option<u64>) -> Self {
        if let (Some(seconds), Value::Object(problem)) = (seconds, &mut self.json) {
            problem.insert("retry_after".to_owned(), seconds.into());
        }
        self
    }

    pub(crate) fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }

    /// Whether the next message would be refused for the same reason.
    pub(crate) fn is_final(&self) -> bool {
        self.code() == UNREACHABLE || self.is_about_the_token()
    }

    /// Whether the turn was stopped.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.code() == TURN_CANCELLED
    }

    /// Whether the same request may be answered a little later.
    pub(crate) fn is_passing(&self) -> bool {
        let may_be_asked_again =
            matches!(self.status(), Some(503 | 504)) && self.retry_after().is_some();
        PASSING.contains(&self.code()) || may_be_asked_again
    }

    /// Whether there were too many requests.
    pub(crate) fn is_about_their_rate(&self) -> bool {
        self.status() == Some(429)
    }

    /// Whether the conversation answers this message, or another one.
    pub(crate) fn is_in_progress(&self) -> bool {
        self.code() == TURN_IN_PROGRESS
    }

    /// Whether nothing of the request has left this side.
    pub(crate) const fn is_unsent(&self) -> bool {
        self.is_unsent
    }

    /// Whether something may have been done for the message all the same.
    pub(crate) fn leaves_doubt(&self) -> bool {
        let is_known = self.turn().is_some() && !self.is_in_progress();
        !self.is_unsent && (!is_known || self.calls().iter().any(Call::is_change))
    }

    fn status(&self) -> Option<u64> {
        self.json["status"].as_u64()
    }

    /// How long to wait before the next attempt.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        self.json["retry_after"].as_u64().map(Duration::from_secs)
    }

    /// Whether there is no token that is still of use.
    pub(crate) fn is_about_the_token(&self) -> bool {
        ["missing_token", "invalid_token"].contains(&self.code())
    }

    /// The calls that were carried out all the same.
    pub(crate) fn calls(&self) -> Vec<Call> {
        serde_json::from_value(self.json["tool_calls"].clone()).unwrap_or_default()
    }

    /// The turn that ended without an answer, if one did.
    pub(crate) fn turn(&self) -> Option<TurnId> {
        self.json["turn_id"].as_str()?.parse().ok()
    }

    /// What happened, in a line for a person.
    pub(crate) fn text(&self) -> String {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let errors = self.json["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        let errors: Vec<_> = errors
            .iter()
            .map(|error| format!("{} {}", text(&error["field"]), text(&error["message"])))
            .collect();
        let what = if errors.is_empty() { text(&self.json["detail"]) } else { errors.join("; ") };
        let wait = self.retry_after().map(|wait| format!("; again in {} s", wait.as_secs()));
        let wait = wait.unwrap_or_default();
        plain(&format!("{what} ({}{wait})", self.code()))
    }

    pub(crate) fn json(&self) -> &Value {
        &self.json
    }
}

impl From<Value> for ApiProblem {
    fn from(json: Value) -> Self {
        Self { json, is_unsent: false }
    }
}

impl From<serde_json::Error> for ApiProblem {
    fn from(error: serde_json::Error) -> Self {
        Self::unexpected(format!("The answer is not what the API answers: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_fields_goes_before_the_general_words() {
        let problem = json!({
            "code": "validation_failed",
            "detail": "The request has invalid values; `errors` names each.",
            "errors": [{ "field": "message", "message": "must not be blank" }],
        });
        let problem = ApiProblem::from_json(problem).unwrap();
        assert_eq!(problem.text(), "message must not be blank (validation_failed)");
        assert!(!problem.is_final());
    }

    #[test]
    fn how_long_to_wait_is_told() {
        let problem = json!({ "code": "chat_rate_limited", "detail": "Too fast." });
        let problem = ApiProblem::from_json(problem).unwrap().after(Some(3));
        assert_eq!(problem.text(), "Too fast. (chat_rate_limited; again in 3 s)");
        assert_eq!(problem.json()["retry_after"], 3);
    }

    #[test]
    fn what_a_service_says_of_a_problem_is_stripped_as_well() {
        let problem = json!({ "code": "invalid_token", "detail": "\u{1b}[31mno\u{7}" });
        let problem = ApiProblem::from_json(problem).unwrap();
        assert_eq!(problem.text(), "no (invalid_token)");
        assert!(problem.is_final());
    }

    #[test]
    fn not_every_json_is_a_problem() {
        assert!(ApiProblem::from_json(json!({ "detail": "no" })).is_none());
    }
}
