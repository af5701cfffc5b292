//! What the terminal reads of the JSON of the API, which is also what it gets within this
//! process. What else there is goes unread, so that a newer service may say more.

use std::{collections::HashSet, fmt::Display, str::FromStr};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _},
};
use serde_json::Value;
use todo_app::chat::ToolCallReport;
use todo_domain::{Action, ConversationId, TaskId, TurnId};

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

/// The tool that asks before it deletes much.
const DELETE_TASKS: &str = "delete_tasks";

/// A turn, and what it waits for.
#[derive(Debug, Deserialize)]
pub(crate) struct Turn {
    #[serde(deserialize_with = "id")]
    id: TurnId,
    #[serde(deserialize_with = "id")]
    conversation_id: ConversationId,
    pub(crate) status: String,
    steps: Vec<Step>,
    action: Option<WaitingAction>,
}

#[derive(Debug, Deserialize)]
struct Step {
    tool_calls: Vec<Call>,
}

#[derive(Debug, Deserialize)]
struct WaitingAction {
    operations: Vec<Operation>,
}

/// A call that waits, and the tasks that it would delete.
#[derive(Debug, Deserialize)]
struct Operation {
    name: String,
    tasks: Vec<NamedTask>,
}

#[derive(Debug, Deserialize)]
struct NamedTask {
    id: i64,
    title: String,
}

impl Turn {
    /// The question of a turn that waits for its answer.
    pub(crate) fn question(self) -> Option<Reply> {
        let operations = self.action?.operations;
        let mut seen = HashSet::new();
        let tasks = operations.iter().flat_map(|operation| &operation.tasks);
        let tasks: Vec<_> = tasks
            .filter_map(|task| Some((TaskId::new(task.id).ok()?, task.title.as_str())))
            .filter(|(id, _)| seen.insert(*id))
            .collect();
        let others_wait = operations.iter().any(|operation| operation.name != DELETE_TASKS);
        Some(Reply {
            conversation_id: self.conversation_id,
            turn_id: self.id,
            message: Action::question_about(&tasks, others_wait),
            tool_calls: self.steps.into_iter().flat_map(|step| step.tool_calls).collect(),
        })
    }
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
        // A report has no other shape; one that had would be shown by its name alone.
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
