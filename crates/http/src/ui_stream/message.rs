//! Messages as `useChat` holds them: a client that loads them has what it would have if it had read
//! their streams.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value;
use todo_app::chat::recorded_events;
use todo_domain::{Message, Role, Turn, TurnStatus, UserId, ports::Transcript};
use utoipa::ToSchema;

use super::{
    chunk::{Chunk, Ended, Start},
    encoder::Encoder,
};

/// A conversation for `useChat`.
#[derive(Serialize, ToSchema)]
pub(crate) struct UiChat {
    #[schema(format = Uuid, example = "01a20502-a9f0-777e-be05-d461629a903b")]
    id: String,
    #[schema(example = "buy milk")]
    title: String,
    /// Whether a turn runs in it, or waits for a decision.
    status: UiChatStatus,
    /// The latest 50, in the order they were said. The answer of a turn that runs is not among them:
    /// its stream has all of it.
    messages: Vec<UiMessage>,
}

/// What goes on in a conversation.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(example = "idle")]
enum UiChatStatus {
    Idle,
    Running,
    Waiting,
}

/// A message of the AI SDK.
#[derive(Serialize, ToSchema)]
#[schema(as = UiMessage)]
pub(crate) struct UiMessage {
    #[schema(format = Uuid, example = "01a20502-a9f4-7393-b2e5-6a07a20cb3e0")]
    id: String,
    role: UiRole,
    /// Of an answer: its turn, what answered, how the turn ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>, nullable = false)]
    metadata: Option<UiMetadata>,
    parts: Vec<UiPart>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum UiRole {
    User,
    Assistant,
}

#[derive(Serialize)]
struct UiMetadata {
    #[serde(flatten)]
    start: Option<Start>,
    #[serde(flatten)]
    end: Option<Ended>,
}

/// A part of a message: `step-start`, `text`, `reasoning`, or `tool-` and the name of a tool.
#[derive(Debug, Default, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UiPart {
    #[serde(rename = "type")]
    #[schema(example = "text")]
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Added task 1: buy milk")]
    text: Option<String>,
    /// `done`; of a tool `output-available`, `output-error`, `approval-requested` while it waits for a
    /// decision, or `output-denied`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "done")]
    state: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    tool_call_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    input: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    output: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    error_text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    approval: Option<UiApproval>,
}

/// What a call waits for, or why it was not carried out.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct UiApproval {
    /// The action. All calls that wait together have the same.
    #[schema(format = Uuid, example = "01a20502-a9f2-7d11-8a63-5b1c0c9f4e21")]
    id: String,
    /// `false` of a call that was denied.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = false)]
    approved: Option<bool>,
}

impl UiChat {
    /// The conversation as a client that followed all of it has it.
    pub(crate) fn of(user: UserId, transcript: Transcript) -> Self {
        let Transcript { conversation, page, turns, running, is_waiting } = transcript;
        let status = match running {
            Some(_) => UiChatStatus::Running,
            None if is_waiting => UiChatStatus::Waiting,
            None => UiChatStatus::Idle,
        };
        let mut turns: HashMap<_, _> = turns.into_iter().map(|turn| (turn.id, turn)).collect();
        let mut messages = Vec::new();
        for message in page.messages.into_iter().rev() {
            match message.role {
                Role::User => {
                    let turn = message.turn_id;
                    messages.push(UiMessage::said(message));
                    // An answer comes at its own position.
                    let unanswered = |turn: &Turn| {
                        turn.status != TurnStatus::Completed && Some(turn.id) != running
                    };
                    if turns.get(&turn).is_some_and(unanswered)
                        && let Some(turn) = turns.remove(&turn)
                    {
                        messages.push(UiMessage::of_turn(user, turn, None));
                    }
                }
                Role::Assistant => messages.push(match turns.remove(&message.turn_id) {
                    Some(turn) => UiMessage::of_turn(user, turn, Some(message)),
                    // The record of an old turn is deleted at some time, what was said is not.
                    None => UiMessage::said(message),
                }),
            }
        }
        let (id, title) = (conversation.id.to_string(), conversation.title.as_str().to_owned());
        Self { id, title, status, messages }
    }
}

impl UiMessage {
    fn said(message: Message) -> Self {
        let (role, state) = match message.role {
            Role::User => (UiRole::User, None),
            Role::Assistant => (UiRole::Assistant, Some("done")),
        };
        let text = Some(message.text);
        let parts = vec![UiPart { kind: "text".into(), text, state, ..UiPart::default() }];
        Self { id: message.id.to_string(), role, metadata: None, parts }
    }

    /// What a client makes of the stream of a turn that has ended.
    fn of_turn(user: UserId, turn: Turn, answer: Option<Message>) -> Self {
        let mut encoder = Encoder::new(None);
        let mut message =
            Self { id: String::new(), role: UiRole::Assistant, metadata: None, parts: Vec::new() };
        for event in recorded_events(user, turn, answer) {
            encoder.encode(event).into_iter().for_each(|chunk| message.fold(chunk));
        }
        message
    }

    fn fold(&mut self, chunk: Chunk) {
        let part = |kind: &str| UiPart { kind: kind.into(), ..UiPart::default() };
        let text = |kind| UiPart { text: Some(String::new()), state: Some("done"), ..part(kind) };
        match chunk {
            Chunk::Start { message_id, message_metadata } => {
                self.id = message_id;
                self.metadata = Some(UiMetadata { start: Some(message_metadata), end: None });
            }
            Chunk::StartStep => self.parts.push(part("step-start")),
            Chunk::TextStart { .. } => self.parts.push(text("text")),
            Chunk::ReasoningStart { .. } => self.parts.push(text("reasoning")),
            Chunk::TextDelta { delta, .. } | Chunk::ReasoningDelta { delta, .. } => {
                let text = self.parts.last_mut().and_then(|part| part.text.as_mut());
                text.into_iter().for_each(|text| text.push_str(&delta));
            }
            Chunk::ToolInputAvailable { tool_call_id, tool_name, input } => {
                let (tool_call_id, input) = (Some(tool_call_id), Some(input));
                let kind = format!("tool-{tool_name}");
                self.parts.push(UiPart { tool_call_id, input, ..part(&kind) });
            }
            Chunk::ToolOutputAvailable { tool_call_id, output } => {
                self.tool(&tool_call_id, |part| {
                    (part.state, part.output) = (Some("output-available"), Some(output));
                });
            }
            Chunk::ToolOutputError { tool_call_id, error_text } => {
                self.tool(&tool_call_id, |part| {
                    (part.state, part.error_text) = (Some("output-error"), Some(error_text));
                    // It was not granted, and nothing else may be said of an error.
                    part.approval = None;
                });
            }
            Chunk::ToolApprovalRequest { tool_call_id, approval_id } => {
                self.tool(&tool_call_id, |part| {
                    part.state = Some("approval-requested");
                    part.approval = Some(UiApproval { id: approval_id, approved: None });
                });
            }
            Chunk::ToolOutputDenied { tool_call_id } => self.tool(&tool_call_id, |part| {
                part.state = Some("output-denied");
                part.approval.iter_mut().for_each(|approval| approval.approved = Some(false));
            }),
            Chunk::MessageMetadata { message_metadata }
            | Chunk::Finish { message_metadata, .. } => {
                let metadata = self.metadata.as_mut();
                metadata.into_iter().for_each(|it| it.end = Some(message_metadata.clone()));
            }
            Chunk::FinishStep
            | Chunk::TextEnd { .. }
            | Chunk::ReasoningEnd { .. }
            | Chunk::Error { .. }
            | Chunk::Abort => {}
        }
    }

    /// Changes the part of this call, the latest one.
    fn tool(&mut self, id: &str, change: impl FnOnce(&mut UiPart)) {
        let mut parts = self.parts.iter_mut().rev();
        if let Some(part) = parts.find(|part| part.tool_call_id.as_deref() == Some(id)) {
            change(part);
        }
    }
}
