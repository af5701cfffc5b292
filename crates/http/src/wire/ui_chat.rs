//! A message as clients of the AI SDK send it: the whole history, or its last message. Only that one
//! counts, for the history is ours, and nothing is believed but what the user says.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, SeqAccess, Visitor},
};
use serde_json::{Value, value::RawValue};
use todo_app::{ChatRequest, DecisionRequest, request_digest};
use todo_domain::{
    Decision, IdempotencyKey, MessageText, TimeZone, UserId, ports::ConversationRef,
};
use utoipa::ToSchema;

use super::{
    ChatId, ChatMessage,
    field::{Field, OfObject},
};
use crate::error::{ApiError, Cause, Code, Fault, Fields, one_of};

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
    #[schema(max_items = 1_000)]
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
    id: Field,
    timezone: Field,
    /// The field that the message is in.
    path: String,
    message: Field<OfObject<UiMessage>>,
}

/// A message of a client, of which only this is read.
#[derive(Deserialize)]
struct UiMessage {
    #[serde(default)]
    id: Field,
    #[serde(default)]
    role: Field,
    #[serde(default)]
    parts: Field<Parts>,
}

/// The parts of a message, of which no more are kept than one may have.
struct Parts {
    kept: Vec<Field<OfObject<UiPart>>>,
    are_all: bool,
}

#[derive(Deserialize)]
struct UiPart {
    #[serde(default, rename = "type")]
    kind: Field,
    #[serde(default)]
    text: Field,
    #[serde(default)]
    state: Field,
    #[serde(default)]
    approval: Field<OfObject<UiApproval>>,
}

/// The answer of a user to a request for approval.
#[derive(Deserialize)]
struct UiApproval {
    #[serde(default)]
    id: Field,
    #[serde(default)]
    approved: Field<bool>,
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
    fn last_message(&self) -> (String, Field<OfObject<UiMessage>>) {
        let Some(messages) = self.messages else {
            return ("message".to_owned(), Field::of(self.message));
        };
        let fault = match serde_json::from_str(messages.get()) {
            Ok(LastOf { count, last: Some(last) }) => {
                let path = format!("messages[{}]", count.saturating_sub(1));
                return (path, Field::of(Some(last)));
            }
            Ok(LastOf { last: None, .. }) => Fault::new(Cause::TooFew { min: 1 }, "is empty"),
            Err(_) => Fault::new(Cause::WrongType, "must be an array"),
        };
        ("messages".to_owned(), Field::Wrong(fault))
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

impl Parts {
    /// A turn has fewer calls, texts and plans.
    const MAX: usize = 1_000;

    fn bounded(self) -> Result<Vec<Field<OfObject<UiPart>>>, Fault> {
        match self.are_all {
            true => Ok(self.kept),
            false => {
                let fault = format!("must have at most {} elements", Self::MAX);
                Err(Fault::new(Cause::TooMany { max: Self::MAX }, fault))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Parts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(KeepSome)
    }
}

struct KeepSome;

impl<'de> Visitor<'de> for KeepSome {
    type Value = Parts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Parts, A::Error> {
        let mut kept = Vec::new();
        while kept.len() < Parts::MAX {
            match elements.next_element()? {
                Some(part) => kept.push(part),
                None => return Ok(Parts { kept, are_all: true }),
            }
        }
        let mut are_all = true;
        while elements.next_element::<IgnoredAny>()?.is_some() {
            are_all = false;
        }
        Ok(Parts { kept, are_all })
    }
}

impl UiChatBody {
    /// Reads the message that counts.
    pub(crate) fn read(fields: &UiChatFields<'_>) -> Self {
        let (path, message) = fields.last_message();
        Self { id: Field::of(fields.id), timezone: Field::of(fields.timezone), path, message }
    }

    pub(crate) fn parse(self, user: UserId) -> Result<UiRequest, ApiError> {
        let Self { id, timezone, path, message } = self;
        let mut fields = Fields::default();
        let chat = id.required("id", &mut fields, |id| id.parse::<ChatId>());
        let message = message.object(&path, &mut fields);
        if message.as_ref().is_some_and(|message| message.role.text() == Some("assistant")) {
            let answer = message.map(|message| message.answer(&path, &mut fields)).transpose()?;
            let (chat, (id, approved)) = fields.finish(chat.zip(answer.flatten()))?;
            let action = id.parse().map_err(|_| ApiError::new(Code::ActionNotFound))?;
            let decision = if approved { Decision::Approved } else { Decision::Rejected };
            return Ok(UiRequest::Decision(DecisionRequest {
                conversation: Some(chat.conversation()),
                ..DecisionRequest::new(user, action, decision)
            }));
        }
        let time_zone = timezone.optional("timezone", &mut fields, |zone| zone.parse::<TimeZone>());
        let said = message.map(|message| message.said(&path, &mut fields)).transpose()?.flatten();
        let (Some(chat), Some(time_zone), Some((id, text))) = (chat, time_zone, said) else {
            return Err(fields.into());
        };
        Ok(UiRequest::Message(ChatRequest {
            conversation: Some(ConversationRef::NewOrExisting(chat.conversation())),
            time_zone,
            key: Some(key_of(chat, &id)?),
            ..ChatRequest::new(user, text)
        }))
    }
}

impl UiMessage {
    /// How the user has answered requests for approval: the action and the decision of the last of
    /// them, for those before it are of earlier questions. All calls of one question have the same
    /// answer.
    fn answer(self, path: &str, fields: &mut Fields) -> Result<Option<(String, bool)>, ApiError> {
        let parts = self.parts.required(&format!("{path}.parts"), fields, Parts::bounded);
        let Some(parts) = parts else { return Ok(None) };
        let mut answers: Vec<Option<(String, bool)>> = Vec::new();
        for (number, part) in parts.into_iter().enumerate() {
            let Field::Value(OfObject(UiPart { state, approval, .. })) = part else { continue };
            if state.text() != Some("approval-responded") {
                continue;
            }
            let path = format!("{path}.parts[{number}].approval");
            let approval = approval.object(&path, fields);
            let answer = approval.and_then(|it| fields.below(&path, |fields| it.parse(fields)));
            let contradicts = |other: &(String, bool)| {
                answer.as_ref().is_some_and(|(id, yes)| other.0 == *id && other.1 != *yes)
            };
            if answers.iter().flatten().any(contradicts) {
                let message = "must be the same for all calls of a question";
                let fault = Fault::new(Cause::Exclusive, message);
                fields.refuse(&format!("{path}.approved"), fault);
            }
            answers.push(answer);
        }
        answers.pop().ok_or_else(|| ApiError::new(Code::NothingToAnswer))
    }

    /// The id of the message, and what the user says.
    fn said(
        self,
        path: &str,
        fields: &mut Fields,
    ) -> Result<Option<(String, MessageText)>, ApiError> {
        let id = self.id.required(&format!("{path}.id"), fields, |id| match id.as_str() {
            "" => Err(Fault::new(Cause::Blank, "must not be empty")),
            _ => Ok(id),
        });
        let role = self.role.required(&format!("{path}.role"), fields, |role| match &*role {
            "user" => Ok(()),
            _ => {
                let roles = one_of(["user", "assistant"]);
                Err(Fault::new(roles, "must be `user` or `assistant`"))
            }
        });
        let parts = self.parts.required(&format!("{path}.parts"), fields, Parts::bounded);
        let mut texts = parts.is_some().then(Vec::new);
        for (number, part) in parts.into_iter().flatten().enumerate() {
            let path = format!("{path}.parts[{number}]");
            let text = part.object(&path, fields);
            let text = text.map(|part| part.parse(&path, fields)).transpose()?.flatten();
            texts = texts.zip(text).map(|(mut texts, text)| {
                texts.extend(text);
                texts
            });
        }
        // What is wrong with the text is reported once all of it is known.
        let text = texts.and_then(|texts| fields.parse(path, MessageText::new(texts.join("\n"))));
        Ok(role.and(id.zip(text)))
    }
}

impl UiApproval {
    fn parse(self, fields: &mut Fields) -> Option<(String, bool)> {
        let id = self.id.given("id", fields);
        let approved = self.approved.given("approved", fields);
        id.zip(approved)
    }
}

impl UiPart {
    /// What the part says: nothing, if it is no text.
    fn parse(self, path: &str, fields: &mut Fields) -> Result<Option<Option<String>>, ApiError> {
        let kind = self.kind.given(&format!("{path}.type"), fields);
        match kind.as_deref() {
            Some("text") => {
                let text = self.text.given(&format!("{path}.text"), fields);
                Ok(text.map(Some))
            }
            Some("file") => Err(ApiError::new(Code::UnsupportedPart)),
            Some(_) => Ok(Some(None)),
            None => Ok(None),
        }
    }
}

/// The key of a message that has none of its own: its client sends it again under the same id. It may
/// have any characters.
fn key_of(chat: ChatId, message: &str) -> Result<IdempotencyKey, ApiError> {
    let chat = chat.conversation().to_string();
    let digest = request_digest(["ui message", &chat, message].map(str::as_bytes));
    let text: String = digest.bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    IdempotencyKey::new(format!("ui-message-{text}")).map_err(ApiError::internal)
}
