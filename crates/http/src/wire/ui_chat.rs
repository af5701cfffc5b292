//! A message as clients of the AI SDK send it: the whole history, or its last message. Only that one
//! counts, for the history is ours, and nothing is believed but what the user says.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{SeqAccess, Visitor},
};
use serde_json::{Value, json, value::RawValue};
use todo_app::{ChatRequest, DecisionRequest, request_digest};
use todo_domain::{
    Decision, IdempotencyKey, MessageText, TimeZone, UserId, ports::ConversationRef,
};
use utoipa::ToSchema;

use super::{ChatId, ChatMessage};
use crate::error::{ApiError, Code, FieldError, Fields};

/// A message in one of its two shapes.
#[derive(ToSchema)]
#[schema(as = ChatBody)]
#[serde(untagged)]
#[expect(dead_code, reason = "it describes what `ChatBody` reads")]
pub(crate) enum ChatBodySchema {
    Message(ChatMessage),
    Ui(UiChatSchema),
}

/// A message as clients of the AI SDK send it. Other fields are ignored, and so are all messages but
/// the last.
#[derive(ToSchema)]
#[schema(as = UiChatMessage)]
#[expect(dead_code, reason = "it describes what `UiChatBody` reads")]
pub(crate) struct UiChatSchema {
    /// The chat. A UUID is the id of its conversation; any other is hashed to one. A conversation that
    /// does not exist begins.
    #[schema(pattern = "^[A-Za-z0-9_-]{1,128}$", example = "ECvKOARmGNNRAwPJ")]
    id: String,
    /// The messages so far; the last one is the user's, or the assistant's with answered approvals.
    /// Either this or `message`.
    #[schema(min_items = 1)]
    messages: Option<Vec<UiMessageSchema>>,
    /// The last message alone.
    message: Option<UiMessageSchema>,
    /// Where your days begin and end, for this message; without it the account's own zone.
    #[schema(format = "time-zone", example = "Europe/Berlin")]
    timezone: Option<String>,
}

/// A message of the AI SDK. The texts of a user's parts, joined with line feeds, are what the user says.
/// Of the assistant's only parts are read whose `state` is `approval-responded`: `approval.id` is the
/// action, and `approval.approved` the decision.
#[derive(ToSchema)]
#[schema(as = UiUserMessage, example = json!({
    "id": "7pEQ4qb4N1bu4p27", "role": "user", "parts": [{ "type": "text", "text": "add buy milk" }],
}))]
#[expect(dead_code, reason = "it describes what `UiChatBody` reads")]
struct UiMessageSchema {
    id: String,
    role: String,
    parts: Vec<Value>,
}

/// The fields of such a body that are read, unparsed. All others are skipped.
#[derive(Deserialize)]
pub(crate) struct UiChatFields<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    timezone: Option<&'a RawValue>,
    #[serde(borrow)]
    messages: Option<&'a RawValue>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
}

/// Such a body, without the history.
pub(crate) struct UiChatBody {
    id: Option<String>,
    timezone: Option<String>,
    /// The field that the message is in.
    field: String,
    message: UiMessage,
}

/// A message of a client, of which only this is read.
#[derive(Deserialize)]
struct UiMessage {
    id: String,
    role: String,
    parts: Vec<UiPart>,
}

#[derive(Deserialize)]
struct UiPart {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
    state: Option<Value>,
    approval: Option<Value>,
}

/// The answer of a user to a request for approval.
#[derive(Debug, PartialEq, Eq, Deserialize)]
struct UiApproval {
    id: String,
    approved: bool,
}

/// What such a body asks for.
pub(crate) enum UiRequest {
    /// To answer a message.
    Message(ChatRequest),
    /// To decide what a turn of the chat asked.
    Decision(DecisionRequest),
}

impl<'a> UiChatFields<'a> {
    /// The fields of a JSON object; `None` of everything else.
    pub(crate) fn read(body: &'a [u8]) -> Option<Self> {
        // An array would be read as fields, too.
        let is_object = body.trim_ascii_start().starts_with(b"{");
        is_object.then(|| serde_json::from_slice(body).ok()).flatten()
    }

    /// Whether a client of the AI SDK sent them: all of its history, or a message that is more than a
    /// text.
    pub(crate) fn are_of_the_sdk(&self) -> bool {
        self.messages.is_some() || self.message.is_some_and(|it| it.get().starts_with('{'))
    }

    /// The message that counts, and the name of the field it is in.
    fn last_message(&self) -> Result<(String, UiMessage), FieldError> {
        let (field, message) = match self.messages {
            Some(messages) => {
                let messages: LastOf<'_> = serde_json::from_str(messages.get())
                    .map_err(|_| FieldError::new("messages", "must be an array"))?;
                let last = messages.last.ok_or_else(|| FieldError::new("messages", "is empty"))?;
                (format!("messages[{}]", messages.count.saturating_sub(1)), last.get())
            }
            None => ("message".to_owned(), self.message.map_or("null", RawValue::get)),
        };
        let mut json = serde_json::Deserializer::from_str(message);
        let message = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let (path, reason) = (error.path().to_string(), error.inner().to_string());
            field_error_below(&field, &path, &reason)
        })?;
        Ok((field, message))
    }
}

/// The last element of an array. The others are skipped.
struct LastOf<'a> {
    count: usize,
    last: Option<&'a RawValue>,
}

impl<'de: 'a, 'a> Deserialize<'de> for LastOf<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(LastOf { count: 0, last: None })
    }
}

impl<'de: 'a, 'a> Visitor<'de> for LastOf<'a> {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut elements: A) -> Result<Self, A::Error> {
        while let Some(element) = elements.next_element()? {
            self.last = Some(element);
            self.count += 1;
        }
        Ok(self)
    }
}

impl UiChatBody {
    /// Reads the message that counts.
    pub(crate) fn read(fields: &UiChatFields<'_>) -> Result<Self, ApiError> {
        let text = |field: Option<&RawValue>| serde_json::from_str(field?.get()).ok();
        let (id, timezone) = (text(fields.id), text(fields.timezone));
        let (field, message) = fields.last_message()?;
        Ok(Self { id, timezone, field, message })
    }

    pub(crate) fn parse(self, user: UserId) -> Result<UiRequest, ApiError> {
        let Self { id, timezone, field, message } = self;
        let mut fields = Fields::default();
        let chat = fields.parse("id", id.as_deref().unwrap_or("").parse::<ChatId>());
        if message.role == "assistant" {
            let UiApproval { id, approved } = approval_of(&field, message.parts)?;
            let chat = chat.ok_or(fields)?;
            let action = id.parse().map_err(|_| ApiError::new(Code::ActionNotFound))?;
            let decision = if approved { Decision::Approved } else { Decision::Rejected };
            return Ok(UiRequest::Decision(DecisionRequest {
                conversation: Some(chat.conversation()),
                ..DecisionRequest::new(user, action, decision)
            }));
        }
        let zone = fields.parse_optional("timezone", timezone.as_deref(), str::parse::<TimeZone>);
        let id = message.id.clone();
        let text = text_of(&field, message)?;
        let text = fields.parse(&field, MessageText::new(text));
        match (chat, text, zone) {
            (Some(chat), Some(text), Some(time_zone)) => Ok(UiRequest::Message(ChatRequest {
                conversation: Some(ConversationRef::NewOrExisting(chat.conversation())),
                time_zone,
                key: Some(key_of(chat, &id)?),
                ..ChatRequest::new(user, text)
            })),
            _ => Err(fields.into()),
        }
    }
}

fn field_error_below(field: &str, path: &str, reason: &str) -> FieldError {
    let error = crate::extract::field_error(path, reason);
    let name =
        if error.field == "body" { field.to_owned() } else { format!("{field}.{}", error.field) };
    FieldError::new(&name, error.message)
}

/// The key of a message that has none of its own: its client sends it again under the same id. It may
/// have any characters.
fn key_of(chat: ChatId, message: &str) -> Result<IdempotencyKey, ApiError> {
    let chat = chat.conversation().to_string();
    let digest = request_digest(["ui message", &chat, message].map(str::as_bytes));
    let text: String = digest.bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    IdempotencyKey::new(format!("ui-message-{text}")).map_err(ApiError::internal)
}

/// How the user has answered requests for approval: the last of them, for those before it are of
/// earlier questions. All calls of one question have the same answer.
fn approval_of(field: &str, parts: Vec<UiPart>) -> Result<UiApproval, ApiError> {
    let responded = json!("approval-responded");
    let mut answers: Vec<UiApproval> = Vec::new();
    for (number, part) in parts.into_iter().enumerate() {
        if part.state.as_ref() != Some(&responded) {
            continue;
        }
        let name = format!("{field}.parts[{number}].approval");
        let approval = part.approval.ok_or_else(|| FieldError::new(&name, "is required"))?;
        let approval: UiApproval = serde_path_to_error::deserialize(approval).map_err(|error| {
            field_error_below(&name, &error.path().to_string(), &error.inner().to_string())
        })?;
        let contradicts =
            |other: &UiApproval| other.id == approval.id && other.approved != approval.approved;
        if answers.iter().any(contradicts) {
            let name = format!("{name}.approved");
            return Err(
                FieldError::new(&name, "must be the same for all calls of a question").into()
            );
        }
        answers.push(approval);
    }
    answers.pop().ok_or_else(|| ApiError::new(Code::NothingToAnswer))
}

/// What the user says.
fn text_of(field: &str, message: UiMessage) -> Result<String, ApiError> {
    let UiMessage { id, role, parts } = message;
    match role.as_str() {
        "user" if id.is_empty() => {
            return Err(FieldError::new(&format!("{field}.id"), "must not be empty").into());
        }
        "user" => {}
        _ => {
            let role = format!("{field}.role");
            return Err(FieldError::new(&role, "must be `user` or `assistant`").into());
        }
    }
    let mut texts = Vec::new();
    for (number, part) in parts.into_iter().enumerate() {
        match (part.kind.as_str(), part.text) {
            ("text", Some(text)) => texts.push(text),
            ("text", None) => {
                let text = format!("{field}.parts[{number}].text");
                return Err(FieldError::new(&text, "is required").into());
            }
            ("file", _) => return Err(ApiError::new(Code::UnsupportedPart)),
            _ => {}
        }
    }
    Ok(texts.join("\n"))
}
