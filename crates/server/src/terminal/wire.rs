//! What the terminal reads of the JSON of the API, which is also what it is told within this
//! process. What else there is goes unread, so that a newer service may say more.

use std::{fmt::Display, str::FromStr};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _},
};
use serde_json::Value;
use todo_app::chat::ToolCallReport;
use todo_domain::{ConversationId, TurnId};

/// A JSON body and what was read of it.
#[derive(Debug)]
pub(crate) struct Answer<T> {
    pub(crate) json: Value,
    pub(crate) read: T,
    /// This is the beginning of a longer list.
    pub(crate) has_more: bool,
}

impl<T: DeserializeOwned> Answer<T> {
    /// # Errors
    /// When the body has another shape.
    pub(crate) fn read(json: Value) -> Result<Self, serde_json::Error> {
        Ok(Self { read: T::deserialize(&json)?, json, has_more: false })
    }
}

/// The answer to a message.
#[derive(Debug, Deserialize)]
pub(crate) struct Reply {
    #[serde(deserialize_with = "id")]
    pub(crate) conversation_id: ConversationId,
    #[serde(deserialize_with = "id")]
    pub(crate) turn_id: TurnId,
    pub(crate) message: String,
    pub(crate) tool_calls: Vec<Call>,
}

/// A turn that was undone.
#[derive(Debug, Deserialize)]
pub(crate) struct UndoneTurn {
    pub(crate) effects: Vec<Effect>,
}

/// A task before and after a change.
#[derive(Debug, Deserialize)]
pub(crate) struct Effect {
    pub(crate) before: Option<Task>,
    pub(crate) after: Option<Task>,
}

/// Something that was done with the list on the way to an answer.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) ok: bool,
    pub(crate) result: CallResult,
}

impl Call {
    /// Whether it may have changed tasks.
    pub(crate) fn is_change(&self) -> bool {
        self.name != "list_tasks"
    }
}

impl From<ToolCallReport> for Call {
    fn from(report: ToolCallReport) -> Self {
        let ToolCallReport { name, ok, result, .. } = report;
        // A report has no other shape; one that had would be told by its name alone.
        Self { name, ok, result: CallResult::deserialize(&result).unwrap_or_default() }
    }
}

/// What a call brought, or one of its tasks.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct CallResult {
    /// The task it was about.
    pub(crate) task: Option<Task>,
    /// With a listing: the tasks that were shown to the model.
    pub(crate) tasks: Option<Vec<Task>>,
    /// With a listing: how many there are in all.
    pub(crate) total: Option<u64>,
    /// Of a call that names several tasks: what came of each.
    pub(crate) results: Option<Vec<Self>>,
    /// Why it was not carried out.
    pub(crate) message: Option<String>,
}

/// Something to be done.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Task {
    pub(crate) id: i64,
    pub(crate) title: String,
    pub(crate) priority: String,
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) due: Option<String>,
    #[serde(default)]
    pub(crate) tags: Vec<String>,
}

impl Task {
    /// The title with the tags behind it, as people write them.
    pub(crate) fn tagged_title(&self) -> String {
        self.tags.iter().fold(self.title.clone(), |title, tag| title + " #" + tag)
    }
}

/// A conversation without what was said in it.
#[derive(Debug, Deserialize)]
pub(crate) struct Conversation {
    #[serde(deserialize_with = "id")]
    pub(crate) id: ConversationId,
    pub(crate) title: String,
    pub(crate) updated_at: String,
}

/// A conversation and the latest of what was said in it, in order.
#[derive(Debug, Deserialize)]
pub(crate) struct OpenConversation {
    #[serde(flatten)]
    pub(crate) conversation: Conversation,
    pub(crate) messages: Vec<Message>,
}

/// Something said.
#[derive(Debug, Deserialize)]
pub(crate) struct Message {
    pub(crate) role: String,
    pub(crate) content: String,
}

/// Whose list it is.
#[derive(Debug, Deserialize)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) email: String,
}

pub(super) fn id<'de, D: Deserializer<'de>, T>(deserializer: D) -> Result<T, D::Error>
where
    T: FromStr<Err: Display>,
{
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}
