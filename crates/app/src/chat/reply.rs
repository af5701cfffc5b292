//! What a request is answered.

use todo_domain::{
    Action, AnswerText, ConversationId, MessageId, ModelIdentity, Timestamp, TokenUsage, TurnId,
};

use super::{ChatError, ToolCallReport};

/// What the model answered, or what the turn asks, and what was done on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatReply {
    /// The conversation, new or old.
    pub conversation_id: ConversationId,
    /// The turn, to look its ledger up.
    pub turn_id: TurnId,
    /// The stored answer's id. Of a turn that waits it is the one that its answer will have.
    pub message_id: MessageId,
    /// Whether the turn is over.
    pub status: ReplyStatus,
    /// The answer, or the question.
    pub text: AnswerText,
    /// Who gave it.
    pub identity: ModelIdentity,
    /// What was called, in order.
    pub tool_calls: Vec<ToolCallReport>,
    /// What it cost.
    pub usage: TokenUsage,
    /// When it was stored.
    pub created_at: Timestamp,
    /// Whether it was stored for an earlier request that was the same.
    pub is_replayed: bool,
}

/// Where the turn of a [`ChatReply`] stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplyStatus {
    /// It is answered.
    Completed,
    /// It waits for the decision of this action.
    Waiting(Box<Action>),
}

/// What is known of a turn that waits.
pub(super) struct Waits {
    pub(super) action: Action,
    pub(super) message_id: MessageId,
    pub(super) identity: ModelIdentity,
    pub(super) tool_calls: Vec<ToolCallReport>,
    pub(super) usage: TokenUsage,
    pub(super) created_at: Timestamp,
    pub(super) is_replayed: bool,
}

impl ChatReply {
    /// The question of a turn that waits.
    pub(super) fn waiting(turn: Waits) -> Result<Self, ChatError> {
        let Waits { action, message_id, identity, tool_calls, usage, created_at, is_replayed } =
            turn;
        // It is never too long for an answer.
        let text = AnswerText::new(action.question()).map_err(|_| ChatError::Died)?;
        Ok(Self {
            conversation_id: action.conversation_id,
            turn_id: action.turn_id,
            message_id,
            status: ReplyStatus::Waiting(Box::new(action)),
            text,
            identity,
            tool_calls,
            usage,
            created_at,
            is_replayed,
        })
    }
}
