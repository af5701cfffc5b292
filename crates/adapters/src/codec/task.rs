//! The JSON of a task, as images in the ledger and lines of exports have it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use todo_domain::{
    Due, Priority, Tags, Task, TaskDescription, TaskId, TaskTitle, TaskVersion, TimeZone, Timestamp,
};

use super::{AsText, InvalidJson, from_json, part, to_json};

/// A task as JSON.
///
/// # Errors
/// None that a task could cause.
pub fn task_to_json(task: &Task) -> Result<String, InvalidJson> {
    to_json("an image of a task", &TaskJson::from(task))
}

/// The task that [`task_to_json`] wrote, in this version or an earlier one.
///
/// # Errors
/// When the text is something else.
pub fn task_from_json(json: &str) -> Result<Task, InvalidJson> {
    from_json::<TaskJson>("an image of a task", json)?.try_into()
}

/// A task.
#[derive(Serialize, Deserialize)]
pub(super) struct TaskJson {
    pub(super) id: i64,
    pub(super) title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    pub(super) priority: AsText<Priority>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) due_day: Option<AsText<Date>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) due_at: Option<AsText<Timestamp>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) tags: Option<String>,
    pub(super) version: i64,
    pub(super) created_at: AsText<Timestamp>,
    pub(super) updated_at: AsText<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) completed_at: Option<AsText<Timestamp>>,
}

impl From<&Task> for TaskJson {
    fn from(task: &Task) -> Self {
        Self {
            id: task.id.get(),
            title: task.title.as_str().to_owned(),
            description: task.description.as_ref().map(ToString::to_string),
            priority: AsText(task.priority),
            // Earlier versions don't read an instant without a day.
            due_day: task.due.map(|due| AsText(due.day_in(&TimeZone::UTC))),
            due_at: match task.due {
                Some(Due::At(at)) => Some(AsText(at)),
                Some(Due::Day(_)) | None => None,
            },
            tags: (!task.tags.is_empty()).then(|| task.tags.to_string()),
            version: task.version.get(),
            created_at: AsText(task.created_at),
            updated_at: AsText(task.updated_at),
            completed_at: task.completed_at.map(AsText),
        }
    }
}

impl TryFrom<TaskJson> for Task {
    type Error = InvalidJson;

    fn try_from(record: TaskJson) -> Result<Self, InvalidJson> {
        let description = record.description.map(TaskDescription::stored).transpose();
        // Which day an instant falls on depends on who reads it, whatever is said beside it.
        let due = match (record.due_at, record.due_day) {
            (Some(AsText(at)), _) => Some(Due::At(at)),
            (None, day) => day.map(|AsText(day)| Due::Day(day)),
        };
        Ok(Self {
            id: part("a task's id", TaskId::new(record.id))?,
            title: part("a task's title", TaskTitle::stored(record.title))?,
            description: part("a task's description", description)?,
            priority: record.priority.0,
            due,
            tags: part("a task's tags", Tags::stored(&record.tags.unwrap_or_default()))?,
            version: TaskVersion::new(record.version),
            created_at: record.created_at.0,
            updated_at: record.updated_at.0,
            completed_at: record.completed_at.map(|at| at.0),
        })
    }
}
