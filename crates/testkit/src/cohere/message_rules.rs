//! What Cohere demands of messages and their order.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{
    request::{AssistantBlock, Message, ToolCall, UserBlock},
    simulated_error::SimulatedError,
    text_or::TextOr,
};

pub(super) fn check(messages: &[Message]) -> Result<(), SimulatedError> {
    if messages.is_empty() {
        return Err(SimulatedError::invalid("invalid request: messages must not be empty."));
    }
    let mut conversation = Conversation::default();
    for (index, message) in messages.iter().enumerate() {
        conversation.take(index, message)?;
    }
    conversation.nothing_unanswered()
}

/// What has been said up to some message.
#[derive(Default)]
struct Conversation<'a> {
    call_ids: HashSet<&'a str>,
    unanswered: Vec<&'a str>,
}

impl<'a> Conversation<'a> {
    fn take(&mut self, index: usize, message: &'a Message) -> Result<(), SimulatedError> {
        if !matches!(message, Message::Tool { .. }) {
            self.nothing_unanswered()?;
        }
        if !has_content(message) {
            return Err(SimulatedError::invalid(format!(
                "invalid request: invalid message provided at index {index}: must have non-empty \
                 content or tool calls."
            )));
        }
        match message {
            Message::System { .. } if index > 0 => Err(SimulatedError::invalid(
                "invalid request: system turn must be the first in the list",
            )),
            Message::System { .. } | Message::User { .. } => Ok(()),
            Message::Assistant { content, tool_calls, tool_plan, .. } => {
                if tool_plan.as_deref() == Some("") {
                    return Err(SimulatedError::invalid(format!(
                        "invalid request: invalid message provided at index {index}: tool_plan \
                         must not be empty."
                    )));
                }
                let calls = tool_calls.as_deref().unwrap_or_default();
                if !calls.is_empty() {
                    no_text_beside_calls(index, content.as_ref())?;
                }
                calls.iter().enumerate().try_for_each(|(n, call)| self.take_call(index, n, call))
            }
            Message::Tool { tool_call_id, .. } => self.take_answer(index, tool_call_id),
        }
    }

    fn take_call(
        &mut self,
        index: usize,
        n: usize,
        call: &'a ToolCall,
    ) -> Result<(), SimulatedError> {
        let wrong = |what: &str| {
            Err(SimulatedError::invalid(format!(
                "invalid tool call provided in messages[{index}].tool_calls[{n}]: {what}"
            )))
        };
        if !self.call_ids.insert(&call.id) {
            return wrong(&format!("cannot have duplicate tool ids '{}'", call.id));
        }
        if serde_json::from_str::<Map<String, Value>>(&call.function.arguments).is_err() {
            return wrong("tool arguments must be a stringified JSON object");
        }
        self.unanswered.push(&call.id);
        Ok(())
    }

    fn take_answer(&mut self, index: usize, id: &str) -> Result<(), SimulatedError> {
        if let Some(found) = self.unanswered.iter().position(|&call| call == id) {
            self.unanswered.remove(found);
            Ok(())
        } else if self.call_ids.contains(id) {
            Err(SimulatedError::invalid(format!(
                "invalid request: invalid message provided at index {index}: tool call id '{id}' \
                 has a response already."
            )))
        } else {
            Err(SimulatedError::invalid(
                "invalid request: tool call id not found in previous tool calls",
            ))
        }
    }

    fn nothing_unanswered(&self) -> Result<(), SimulatedError> {
        if self.unanswered.is_empty() {
            return Ok(());
        }
        Err(SimulatedError::invalid(format!(
            "invalid request: An assistant message with 'tool_calls' must be followed by tool \
             messages responding to each 'tool_call_id'. The following tool_call_ids did not have \
             response messages: {}",
            self.unanswered.join(", ")
        )))
    }
}

/// An empty list of blocks is as good as no content, but an empty string is not, not even beside
/// tool calls.
fn has_content(message: &Message) -> bool {
    match message {
        Message::Assistant { content, tool_calls, .. } => match content {
            Some(TextOr::Text(text)) => !text.is_empty(),
            Some(TextOr::Other(blocks)) if !blocks.is_empty() => !message.texts().is_empty(),
            None | Some(TextOr::Other(_)) => {
                tool_calls.as_ref().is_some_and(|calls| !calls.is_empty())
            }
        },
        Message::User { content: TextOr::Other(blocks) }
            if blocks.iter().any(|block| matches!(block, UserBlock::ImageUrl { .. })) =>
        {
            true
        }
        Message::System { .. } | Message::User { .. } | Message::Tool { .. } => {
            !message.texts().is_empty()
        }
    }
}

fn no_text_beside_calls(
    index: usize,
    content: Option<&TextOr<Vec<AssistantBlock>>>,
) -> Result<(), SimulatedError> {
    let part_index = match content {
        Some(TextOr::Text(_)) => Some(0),
        Some(TextOr::Other(blocks)) => {
            blocks.iter().position(|block| matches!(block, AssistantBlock::Text { .. }))
        }
        None => None,
    };
    match part_index {
        None => Ok(()),
        Some(part_index) => Err(SimulatedError::invalid(format!(
            "text content is not allowed when tool_calls are provided. If you wish to pass a tool \
             plan, either pass thinking content (with thinking enabled) or use 'tool_plan': \
             'messages[{index}].content[{part_index}]'"
        ))),
    }
}
