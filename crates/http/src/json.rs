//! The JSON of the API without HTTP, for a client in the same process: what it says is parsed, and
//! what it gets is shaped, as over the wire.

use serde::Serialize;
use todo_app::{ChatError, ChatReply, ChatRequest};
use todo_domain::{
    Conversation, Task, TurnId, UserId,
    ports::{MessagePage, StoreError, UndoOutcome},
};

use crate::{
    error::{ApiError, Code},
    extract::Given,
    wire,
};

/// Why there is no better answer.
#[derive(Debug)]
pub struct ApiProblem(ApiError);

impl ApiProblem {
    /// A conversation that the user does not have.
    #[must_use]
    pub fn conversation_not_found() -> Self {
        Self(ApiError::new(Code::ConversationNotFound))
    }

    /// The problem, as the body of an answer. `request_id` is what the log calls the request: what
    /// is our own fault is logged, so call this in the span that bears the id.
    #[must_use]
    pub fn body(&self, request_id: &str) -> impl Serialize + use<> {
        self.0.log();
        self.0.problem(request_id, None)
    }
}

impl From<ChatError> for ApiProblem {
    fn from(error: ChatError) -> Self {
        Self(error.into())
    }
}

impl From<StoreError> for ApiProblem {
    fn from(error: StoreError) -> Self {
        Self(error.into())
    }
}

/// A message of this user, to be answered in the conversation of this id, or in a new one.
///
/// # Errors
/// What is wrong with the text or the id.
pub fn message(
    user: UserId,
    text: String,
    conversation_id: Option<String>,
) -> Result<ChatRequest, ApiProblem> {
    let message = Given::from(wire::ChatMessage::new(text, conversation_id));
    message.parse(|message, fields| message.parse(user, fields)).map_err(ApiProblem)
}

/// An answer.
#[must_use]
pub fn reply(reply: ChatReply) -> impl Serialize {
    wire::ChatReply::from(reply)
}

/// What came of undoing a turn.
///
/// # Errors
/// Why it was not undone.
pub fn undone(turn: TurnId, outcome: UndoOutcome) -> Result<impl Serialize, ApiProblem> {
    wire::UndoneTurn::of(turn, outcome).map_err(ApiProblem)
}

/// A list of tasks.
#[must_use]
pub fn tasks(tasks: Vec<Task>) -> impl Serialize {
    tasks.into_iter().map(wire::Task::from).collect::<Vec<_>>()
}

/// A list of conversations, without what was said in them.
#[must_use]
pub fn conversations(conversations: Vec<Conversation>) -> impl Serialize {
    conversations.into_iter().map(wire::Conversation::from).collect::<Vec<_>>()
}

/// A conversation and the latest of what was said in it.
#[must_use]
pub fn open_conversation(conversation: Conversation, messages: MessagePage) -> impl Serialize {
    wire::OpenConversation::from((conversation, messages))
}
