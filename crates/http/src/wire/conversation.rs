//! Conversations and what is said in them.

use std::{collections::HashMap, str::FromStr};

use serde::{Deserialize, Serialize};
use todo_domain::{
    ConversationCursor, ConversationTitle, MessageCursor, PageLimit, SearchText, TurnId,
    ports::MessagePage,
};
use utoipa::{IntoParams, ToSchema};

use super::{cursor, field::Field, instant::instant, turn::Turn};
use crate::error::{Fault, Fields, one_of};

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
            created_at: instant(conversation.created_at),
            updated_at: instant(conversation.updated_at),
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
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
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
    /// With `include=turns`: what was done to answer it, or for this answer; `null` where the record
    /// was deleted because it is old.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Turn>)]
    turn: Option<Option<Turn>>,
}

impl Message {
    /// With its turn, if there is still a record of it.
    pub(crate) fn with_turn(
        message: todo_domain::Message,
        turns: &HashMap<TurnId, todo_domain::Turn>,
    ) -> Self {
        let turn = turns.get(&message.turn_id).cloned().map(Turn::from);
        Self { turn: Some(turn), ..Self::from(message) }
    }
}

impl From<todo_domain::Message> for Message {
    fn from(message: todo_domain::Message) -> Self {
        Self {
            turn: None,
            id: message.id.to_string(),
            role: match message.role {
                todo_domain::Role::User => Role::User,
                todo_domain::Role::Assistant => Role::Assistant,
            },
            content: message.text,
            turn_id: message.turn_id.to_string(),
            created_at: instant(message.created_at),
        }
    }
}

/// The query string of the messages of a conversation.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct MessageListQuery {
    /// `turns`: each message comes with its turn.
    #[param(value_type = Option<Include>, inline)]
    include: Option<String>,
    /// How many on a page.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 100, default = 50)]
    limit: Option<String>,
    /// Where a page starts, from the `Link` of the one before.
    cursor: Option<String>,
}

/// What else messages come with.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub(crate) enum Include {
    /// Their turns.
    Turns,
}

impl FromStr for Include {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        match text {
            "turns" => Ok(Self::Turns),
            _ => Err(Fault::new(one_of(["turns"]), "must be turns")),
        }
    }
}

/// Which messages, with what else.
pub(crate) struct MessageList {
    pub(crate) include: Option<Include>,
    pub(crate) limit: PageLimit,
    pub(crate) before: Option<MessageCursor>,
}

impl MessageListQuery {
    pub(crate) fn parse(self, fields: &mut Fields) -> Option<MessageList> {
        let include = fields.parse_optional("include", self.include.as_deref(), str::parse);
        let limit = fields.parse_optional("limit", self.limit.as_deref(), cursor::limit);
        let before = fields.parse_optional("cursor", self.cursor.as_deref(), cursor::to_messages);
        let limit = limit?.unwrap_or_default();
        Some(MessageList { include: include?, limit, before: before? })
    }
}

/// The query string of the list of conversations.
#[derive(Debug, Deserialize, IntoParams)]
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
    pub(crate) fn parse(self, fields: &mut Fields) -> Option<ConversationList> {
        let text = fields.parse_optional("q", self.q.as_deref(), SearchText::new);
        let limit = fields.parse_optional("limit", self.limit.as_deref(), cursor::limit);
        // Without a text there is nothing to hold a cursor against.
        let after = text.as_ref().and_then(|text| {
            fields.parse_optional("cursor", self.cursor.as_deref(), |cursor| {
                cursor::to_conversations(cursor, text.as_ref())
            })
        });
        let limit = limit?.unwrap_or_default();
        Some(ConversationList { text: text?, limit, after: after? })
    }
}

/// What to change about a conversation.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConversationPatch {
    /// What to call it.
    #[serde(default)]
    #[schema(value_type = String, required, min_length = 1, max_length = 200, pattern = r"\S", example = "Work")]
    title: Field,
}

impl ConversationPatch {
    pub(crate) fn parse(self, fields: &mut Fields) -> Option<ConversationTitle> {
        self.title.required("title", fields, |title| ConversationTitle::new(&title))
    }
}
