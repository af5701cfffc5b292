//! What was said so far: the message to answer, the exchange before it, and what this turn has
//! done for it.

use todo_domain::{ModelMessage, ModelRequest, ModelToolCall};

/// A request, read as a dialogue.
#[derive(Debug)]
pub(super) struct Dialogue<'r> {
    /// The message to answer.
    pub(super) said: &'r str,
    /// The message before it and what was answered.
    pub(super) before: Option<Exchange<'r>>,
    /// This turn's calls.
    pub(super) steps: Vec<Step<'r>>,
}

/// A message and its answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exchange<'r> {
    pub(super) said: &'r str,
    pub(super) answered: &'r str,
}

/// Calls made together, each with its result as far as there is one.
#[derive(Debug, Default)]
pub(super) struct Step<'r> {
    pub(super) calls: Vec<(&'r ModelToolCall, Option<&'r str>)>,
}

impl<'r> Dialogue<'r> {
    pub(super) fn of(request: &'r ModelRequest) -> Self {
        let messages = &request.messages;
        let last = messages.iter().rposition(|message| matches!(message, ModelMessage::User(_)));
        let (before, turn) = messages.split_at(last.unwrap_or(0));
        let mut dialogue = Self { said: "", before: exchange(before), steps: Vec::new() };
        for message in turn {
            match message {
                ModelMessage::User(text) => dialogue.said = text,
                ModelMessage::Assistant(_) => {}
                ModelMessage::ToolCalls { calls, .. } => {
                    let calls = calls.iter().map(|call| (call, None)).collect();
                    dialogue.steps.push(Step { calls });
                }
                ModelMessage::ToolResult { call_id, content } => {
                    let step = dialogue.steps.last_mut();
                    let call = step.and_then(|step| {
                        step.calls
                            .iter_mut()
                            .find(|(call, result)| call.id == *call_id && result.is_none())
                    });
                    if let Some((_, result)) = call {
                        *result = Some(content);
                    }
                }
            }
        }
        dialogue
    }
}

/// The last message among `messages` that was answered directly.
fn exchange(messages: &[ModelMessage]) -> Option<Exchange<'_>> {
    match messages {
        [.., ModelMessage::User(said), ModelMessage::Assistant(answered)] => {
            Some(Exchange { said, answered })
        }
        _ => None,
    }
}
