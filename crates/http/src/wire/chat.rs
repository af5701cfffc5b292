//! Talking.

use serde::{Deserialize, Serialize};
use todo_domain::{ConversationId, MessageText, TimeZone, UserId, ports::ConversationRef};
use utoipa::ToSchema;

use super::{
    action::Action, conversation::Role, field::Field, instant::instant, tool_call::ToolCall,
};
use crate::error::{Cause, Fault, Fields};

/// Something to say.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChatMessage {
    /// What you say, in your own words. Characters are Unicode scalar values.
    #[serde(default)]
    #[schema(
        value_type = String,
        required,
        min_length = 1,
        max_length = 2_000,
        pattern = r"\S",
        example = "add a high-priority task to finish the report by Friday"
    )]
    message: Field,
    /// The conversation to go on with; without it a new one begins.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Uuid)]
    conversation_id: Field,
    /// Instead of `conversation_id`: the id of the conversation that begins with this message, a UUID
    /// that you make. If the answer is lost on the way, you know where to find it.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Uuid)]
    new_conversation_id: Field,
    /// Where your days begin and end, for this message; without it the account's own zone.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "time-zone", example = "Europe/Berlin")]
    timezone: Field,
}

impl ChatMessage {
    pub(crate) fn new(message: String, conversation_id: Option<String>) -> Self {
        Self {
            message: Field::Value(message),
            conversation_id: conversation_id.map_or(Field::Absent, Field::Value),
            new_conversation_id: Field::Absent,
            timezone: Field::Absent,
        }
    }

    pub(crate) fn parse(self, user: UserId, fields: &mut Fields) -> Option<todo_app::ChatRequest> {
        let goes_on = !matches!(self.conversation_id, Field::Absent | Field::Null);
        let text = self.message.required("message", fields, MessageText::new);
        let existing = self
            .conversation_id
            .optional("conversation_id", fields, |id| id.parse::<ConversationId>());
        let new = self.new_conversation_id.optional("new_conversation_id", fields, |id| {
            if goes_on {
                let message = "must not come together with conversation_id";
                return Err(Fault::new(Cause::Exclusive, message));
            }
            Ok(id.parse::<ConversationId>()?)
        });
        let time_zone = self.timezone.optional("timezone", fields, |zone| zone.parse::<TimeZone>());
        let conversation =
            existing?.map(ConversationRef::Existing).or(new?.map(ConversationRef::New));
        let request = todo_app::ChatRequest::new(user, text?);
        Some(todo_app::ChatRequest { conversation, time_zone: time_zone?, ..request })
    }
}

/// The answer, and what was done on the way.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChatReply {
    /// The conversation, to go on with.
    #[schema(format = Uuid, example = "01a20502-a9f0-777e-be05-d461629a903b")]
    conversation_id: String,
    /// Whether the turn is answered, or waits for your decision.
    status: ReplyStatus,
    /// The answer. Of a turn that waits it is the question.
    #[schema(example = "I have added \"finish the report\" for Friday.")]
    message: String,
    role: Role,
    #[schema(format = Uuid, example = "01a20502-a9f4-7393-b2e5-6a07a20cb3e0")]
    message_id: String,
    /// The turn, to look its record up.
    #[schema(format = Uuid, example = "01a20502-a9f0-777e-be05-d462bea2ba2d")]
    turn_id: String,
    /// What answered.
    #[schema(example = "cohere")]
    engine: String,
    /// The model behind it.
    #[schema(example = "command-a-03-2025")]
    model: String,
    /// What the model called, in order.
    tool_calls: Vec<ToolCall>,
    usage: TokenUsage,
    #[schema(format = DateTime, example = "2026-11-22T09:00:02.123456Z")]
    created_at: String,
    /// Of a turn that waits: what it waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    action: Option<Action>,
}

/// Where the turn of an answer stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ChatReplyStatus, example = "completed")]
enum ReplyStatus {
    Completed,
    Waiting,
}

impl From<todo_app::ChatReply> for ChatReply {
    fn from(reply: todo_app::ChatReply) -> Self {
        let (status, action) = match reply.status {
            todo_app::ReplyStatus::Completed => (ReplyStatus::Completed, None),
            todo_app::ReplyStatus::Waiting(action) => {
                (ReplyStatus::Waiting, Some(Action::from(*action)))
            }
        };
        Self {
            status,
            action,
            conversation_id: reply.conversation_id.to_string(),
            message: reply.text.into(),
            role: Role::Assistant,
            message_id: reply.message_id.to_string(),
            turn_id: reply.turn_id.to_string(),
            engine: reply.identity.engine,
            model: reply.identity.model,
            tool_calls: reply.tool_calls.into_iter().map(ToolCall::from).collect(),
            usage: reply.usage.into(),
            created_at: instant(reply.created_at),
        }
    }
}

/// What the answers of a turn cost, as the provider bills it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct TokenUsage {
    #[schema(example = 812)]
    input_tokens: u64,
    #[schema(example = 47)]
    output_tokens: u64,
}

impl From<todo_domain::TokenUsage> for TokenUsage {
    fn from(usage: todo_domain::TokenUsage) -> Self {
        Self { input_tokens: usage.input_tokens, output_tokens: usage.output_tokens }
    }
}
