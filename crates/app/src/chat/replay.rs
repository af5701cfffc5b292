//! The answer that an earlier request with the same key was given.

use todo_domain::{AnswerText, ports::ReplayedTurn};

use super::{ChatError, ChatReply, ReplyStatus, ToolCallReport, reply::Waits};

/// The stored end of a turn, as whoever waited for it was answered.
pub(super) fn replayed(
    ReplayedTurn { turn, answer }: ReplayedTurn,
) -> Result<ChatReply, ChatError> {
    let calls = turn.steps.iter().flat_map(|step| &step.calls);
    let tool_calls = calls.map(ToolCallReport::of).collect();
    let (conversation_id, turn_id) = (turn.conversation_id, turn.id);
    if let (Some(action), Some(identity)) = (turn.action, &turn.identity) {
        return ChatReply::waiting(Waits {
            action,
            message_id: turn.answer_id.ok_or(ChatError::Died)?,
            identity: identity.clone(),
            tool_calls,
            usage: turn.usage,
            created_at: turn.finished_at.unwrap_or(turn.started_at),
            is_replayed: true,
        });
    }
    let Some(answer) = answer else {
        let is_replayed = true;
        return Err(ChatError::Cancelled { conversation_id, turn_id, tool_calls, is_replayed });
    };
    // Nothing that is stored as an answer is too long for one, nor is an answered turn without an
    // identity.
    let text = AnswerText::new(answer.text).map_err(|_| ChatError::Died)?;
    let identity = turn.identity.ok_or(ChatError::Died)?;
    Ok(ChatReply {
        conversation_id,
        turn_id,
        message_id: answer.id,
        status: ReplyStatus::Completed,
        text,
        identity,
        tool_calls,
        usage: turn.usage,
        created_at: answer.created_at,
        is_replayed: true,
    })
}
