//! Conversations and what is said in them.

use serde::{Deserialize, Serialize};
use todo_domain::{
    ConversationCursor, ConversationTitle, PageLimit, SearchText, ports::MessagePage,
};
use utoipa::{IntoParams, ToSchema};

use super::cursor;
use crate::error::{ApiError, FieldError, Fields};

/// A conversation without its messages.
#[derive(Serialize, ToSchema)]
pub(crate) struct Conversation {
    #[schema(format = Uuid, example = "01a20502-a9f0-777e-be05-d461629a903b")]
    id: String,
    /// The beginning of its first message, unless it was renamed.
    #[schema(example = "what is left today?")]
    title: String,
    #[schema(format = DateTime, example = "2026-11-22T09:00:00.123456Z")]
    created_at: String,
    /// When something was last said in it, or it was renamed.
    #[schema(format = DateTime, example = "2026-11-22T09:00:02.123456Z")]
    updated_at: String,
}

impl From<todo_domain::Conversation> for Conversation {
    fn from(conversation: todo_domain::Conversation) -> Self {
        Self {
            id: conversation.id.to_string(),
            title: conversation.title.as_str().to_owned(),
            created_at: conversation.created_at.to_string(),
            updated_at: conversation.updated_at.to_string(),
        }
    }
}

/// A conversation and its latest messages.
#[derive(Serialize, ToSchema)]
pub(crate) struct OpenConversation {
    #[serde(flatten)]
    conversation: Conversation,
    /// The latest 50, in the order they were said.
    messages: Vec<Message>,
}

impl From<(todo_domain::Conversation, MessagePage)> for OpenConversation {
    fn from((conversation, page): (todo_domain::Conversation, MessagePage)) -> Self {
        let messages = page.messages.into_iter().rev().map(Message::from).collect();
        Self { conversation: conversation.into(), messages }
    }
}

/// Who said something.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Role {
    User,
    Assistant,
}

/// Something said in a conversation.
#[derive(Serialize, ToSchema)]
pub(crate) struct Message {
    #[schema(format = Uuid, example = "01a20502-a9f0-7d63-8c11-d4636f948fec")]
    id: String,
    role: Role,
    #[schema(example = "what is left today?")]
    content: String,
    /// The turn it belongs to.
    #[schema(format = Uuid, example = "01a20502-a9f0-777e-be05-d462bea2ba2d")]
    turn_id: String,
    #[schema(format = DateTime, example = "2026-11-22T09:00:00.123456Z")]
    created_at: String,
}

impl From<todo_domain::Message> for Message {
    fn from(message: todo_domain::Message) -> Self {
        Self {
            id: message.id.to_string(),
            role: match message.role {
                todo_domain::Role::User => Role::User,
                todo_domain::Role::Assistant => Role::Assistant,
            },
            content: message.text,
            turn_id: message.turn_id.to_string(),
            created_at: message.created_at.to_string(),
        }
    }
}

/// The query string of the list of conversations.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ConversationListQuery {
    /// Only those with this in their title or in a message, in any case, taken literally.
    #[param(min_length = 1, max_length = 200, example = "report")]
    q: Option<String>,
    /// How many on a page.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 100, default = 50)]
    limit: Option<String>,
    /// Where a page starts, from the `Link` of the one before.
    cursor: Option<String>,
}

/// Which conversations, how many, from where.
pub(crate) struct ConversationList {
    pub(crate) text: Option<SearchText>,
    pub(crate) limit: PageLimit,
    pub(crate) after: Option<ConversationCursor>,
}

impl ConversationListQuery {
    pub(crate) fn parse(self) -> Result<ConversationList, ApiError> {
        let mut fields = Fields::default();
        let text = fields.parse_optional("q", self.q.as_deref(), SearchText::new);
        let limit = fields.parse_optional("limit", self.limit.as_deref(), cursor::limit);
        // Without a text there is nothing to hold a cursor against.
        let after = text.as_ref().and_then(|text| {
            fields.parse_optional("cursor", self.cursor.as_deref(), |cursor| {
                cursor::to_conversations(cursor, text.as_ref())
            })
        });
        match (text, limit, after) {
            (Some(text), Some(limit), Some(after)) => {
                Ok(ConversationList { text, limit: limit.unwrap_or_default(), after })
            }
            _ => Err(fields.into()),
        }
    }
}

/// What to change about a conversation.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConversationPatch {
    /// What to call it.
    #[schema(min_length = 1, max_length = 200, pattern = r"\S", example = "Work")]
    title: String,
}

impl ConversationPatch {
    pub(crate) fn parse(self) -> Result<ConversationTitle, ApiError> {
        ConversationTitle::new(&self.title)
            .map_err(|error| FieldError::new("title", error.to_string()).into())
    }
}
