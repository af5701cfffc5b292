//! Tasks.

use serde::{Deserialize, Serialize};
use todo_domain::{
    Batch, Change, Due, Tag, TaskAction, TaskChange, TaskDescription, TaskTarget, TaskTitle,
    TextError, TimeZone, is_blank,
};
use utoipa::ToSchema;

use super::{
    field::Field,
    instant::{due, instant},
    tag::{self, TagText},
};
use crate::error::Fields;

/// How much a task matters.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Priority {
    Low,
    Medium,
    High,
}

impl From<todo_domain::Priority> for Priority {
    fn from(priority: todo_domain::Priority) -> Self {
        match priority {
            todo_domain::Priority::Low => Self::Low,
            todo_domain::Priority::Medium => Self::Medium,
            todo_domain::Priority::High => Self::High,
        }
    }
}

/// Whether a task is done.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TaskStatus {
    Pending,
    Completed,
}

/// Something to be done.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Task {
    /// Its number in its owner's list, never used twice.
    #[schema(minimum = 1, example = 3)]
    id: i64,
    #[schema(example = "finish the report")]
    title: String,
    #[schema(required, example = "with the figures of October")]
    description: Option<String>,
    priority: Priority,
    status: TaskStatus,
    /// A day, or an instant in UTC.
    #[schema(required, format = "day-or-time", example = "2026-11-27")]
    due: Option<String>,
    /// What it is grouped by, in alphabetical order.
    #[schema(value_type = Vec<TagText>, max_items = 10, example = json!(["home"]))]
    tags: Vec<String>,
    /// Rises with every change; also the `ETag`.
    #[schema(minimum = 1, example = 1)]
    version: i64,
    #[schema(format = DateTime, example = "2026-11-22T09:00:00.123456Z")]
    created_at: String,
    #[schema(format = DateTime, example = "2026-11-22T09:00:00.123456Z")]
    updated_at: String,
    /// When it was done; `null` while it is pending.
    #[schema(required, format = DateTime, example = json!(null))]
    completed_at: Option<String>,
}

impl From<todo_domain::Task> for Task {
    fn from(task: todo_domain::Task) -> Self {
        Self {
            id: task.id.get(),
            status: match task.status() {
                todo_domain::TaskStatus::Pending => TaskStatus::Pending,
                todo_domain::TaskStatus::Completed => TaskStatus::Completed,
            },
            title: task.title.into(),
            description: task.description.map(String::from),
            priority: task.priority.into(),
            due: task.due.map(due),
            tags: task.tags.iter().map(Tag::to_string).collect(),
            version: task.version.get(),
            created_at: instant(task.created_at),
            updated_at: instant(task.updated_at),
            completed_at: task.completed_at.map(instant),
        }
    }
}

/// What somebody would say to the chat to add tasks, without the "add".
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SentenceToRead {
    #[serde(default)]
    #[schema(
        value_type = String,
        required,
        min_length = 1,
        max_length = 200,
        pattern = r"\S",
        example = "call mum fri 3pm #family"
    )]
    text: Field,
}

impl SentenceToRead {
    pub(crate) fn parse(self, fields: &mut Fields) -> Option<TaskTitle> {
        self.text.required("text", fields, TaskTitle::new)
    }
}

/// How a sentence was read.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReadTasks {
    /// The tasks it would add, in its order; one at least. Each can be sent as a new task.
    #[schema(min_items = 1)]
    tasks: Vec<ReadTask>,
}

/// A task as it would be added.
#[derive(Serialize, ToSchema)]
struct ReadTask {
    #[schema(example = "call mum")]
    title: String,
    #[schema(required, example = json!(null))]
    description: Option<String>,
    priority: Priority,
    /// A day, or an instant in UTC.
    #[schema(required, format = "day-or-time", example = "2026-11-27T14:00:00.000000Z")]
    due: Option<String>,
    /// What it would be grouped by, in alphabetical order.
    #[schema(value_type = Vec<TagText>, max_items = 10, example = json!(["family"]))]
    tags: Vec<String>,
}

impl From<Vec<todo_domain::NewTask>> for ReadTasks {
    fn from(tasks: Vec<todo_domain::NewTask>) -> Self {
        Self { tasks: tasks.into_iter().map(ReadTask::from).collect() }
    }
}

impl From<todo_domain::NewTask> for ReadTask {
    fn from(task: todo_domain::NewTask) -> Self {
        Self {
            title: task.title.into(),
            description: task.description.map(String::from),
            priority: task.priority.into(),
            due: task.due.map(due),
            tags: task.tags.iter().map(Tag::to_string).collect(),
        }
    }
}

/// A task to be created.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTask {
    /// What is to be done.
    #[serde(default)]
    #[schema(value_type = String, required, min_length = 1, max_length = 200, pattern = r"\S", example = "finish the report")]
    title: Field,
    /// More about it; a blank one is none.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 2_000, example = "with the figures of October")]
    description: Field,
    /// How much it matters.
    #[serde(default)]
    #[schema(value_type = Option<Priority>, default = "medium", example = "high")]
    priority: Field,
    /// A day (`2026-11-27`) or a time (`2026-11-27T15:00:00Z`); a time without an offset is in the
    /// user's time zone.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "day-or-time", example = "2026-11-27")]
    due: Field,
    /// What to group it by.
    #[serde(default)]
    #[schema(value_type = Option<Vec<TagText>>, max_items = 10, example = json!(["home"]))]
    tags: Field<Vec<Field>>,
}

impl NewTask {
    /// The due date as it came.
    pub(crate) fn due(&self) -> Option<&str> {
        self.due.text()
    }

    /// `zone` is the user's.
    pub(crate) fn parse(
        self,
        zone: &TimeZone,
        fields: &mut Fields,
    ) -> Option<todo_domain::NewTask> {
        let title = self.title.required("title", fields, TaskTitle::new);
        let description = self.description.optional("description", fields, description);
        let priority = self.priority.optional("priority", fields, |text| text.parse());
        let due = self.due.optional("due", fields, |text| Due::parse(&text, zone));
        let tags = tag::of_body(self.tags, fields);
        Some(todo_domain::NewTask {
            title: title?,
            description: description?.flatten(),
            priority: priority?.unwrap_or_default(),
            due: due?,
            tags: tags?,
        })
    }
}

/// A blank one is none.
fn description(text: String) -> Result<Option<TaskDescription>, TextError> {
    if is_blank(&text) { Ok(None) } else { TaskDescription::new(text).map(Some) }
}

/// What to change about a task. Absent fields stay; `null` clears.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TaskPatch {
    /// What is to be done.
    #[serde(default)]
    #[schema(value_type = Option<String>, nullable = false, min_length = 1, max_length = 200, pattern = r"\S", example = "finish the report")]
    title: Field,
    /// More about it; `null` or a blank one removes it.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 2_000, example = json!(null))]
    description: Field,
    /// How much it matters.
    #[serde(default)]
    #[schema(value_type = Option<Priority>, nullable = false, example = "low")]
    priority: Field,
    /// A day (`2026-11-27`) or a time (`2026-11-27T15:00:00Z`); a time without an offset is in the
    /// user's time zone; `null` removes it.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "day-or-time", example = "2026-11-27T15:00:00Z")]
    due: Field,
    /// What to group it by from now on; `null` or an empty list for nothing.
    #[serde(default)]
    #[schema(value_type = Option<Vec<TagText>>, max_items = 10, example = json!(["home", "garden"]))]
    tags: Field<Vec<Field>>,
    /// Whether it is done: `completed` completes it and `pending` reopens it, as the operations of
    /// these names do. In a batch it is the only field of its operation.
    #[serde(default)]
    #[schema(value_type = Option<TaskStatus>, nullable = false, example = "completed")]
    status: Field,
}

impl TaskPatch {
    /// The due date as it came.
    pub(crate) fn due(&self) -> Option<&str> {
        self.due.text()
    }

    /// `zone` is the user's.
    pub(crate) fn parse(self, zone: &TimeZone, fields: &mut Fields) -> Option<TaskActions> {
        let title = self.title.set("title", fields, TaskTitle::new);
        let description = self.description.change("description", fields, description);
        let priority = self.priority.set("priority", fields, |text| text.parse());
        let due = self.due.change("due", fields, |text| Due::parse(&text, zone));
        let tags = tag::of_patch(self.tags, fields);
        let status = self.status.set("status", fields, |text| text.parse());
        let description = match description? {
            Change::Keep => Change::Keep,
            Change::Clear | Change::Set(None) => Change::Clear,
            Change::Set(Some(text)) => Change::Set(text),
        };
        let patch = todo_domain::TaskPatch {
            title: title?,
            description,
            priority: priority?,
            due: due?.into(),
            tags: tags?,
        };
        Some(TaskActions::of(patch, status?))
    }
}

/// What a patch does to a task.
pub(crate) enum TaskActions {
    /// One thing.
    One(TaskAction),
    /// First the one, then the other, or neither.
    Both(TaskAction, TaskAction),
}

impl TaskActions {
    /// What they change, if they are done with this task. The second one applies to the version that
    /// the first one made.
    pub(crate) fn on(self, target: TaskTarget) -> Batch {
        match self {
            Self::One(action) => TaskChange::Act { target, action }.into(),
            Self::Both(first, then) => {
                let then = TaskChange::act(target.id, then);
                Batch::both(TaskChange::Act { target, action: first }, then)
            }
        }
    }

    fn of(patch: todo_domain::TaskPatch, status: Option<todo_domain::TaskStatus>) -> Self {
        let mark = match status {
            None => return Self::One(TaskAction::Update(patch)),
            Some(todo_domain::TaskStatus::Completed) => TaskAction::Complete,
            Some(todo_domain::TaskStatus::Pending) => TaskAction::Reopen,
        };
        if patch == todo_domain::TaskPatch::default() {
            Self::One(mark)
        } else {
            Self::Both(TaskAction::Update(patch), mark)
        }
    }
}
