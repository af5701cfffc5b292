//! The JSON of a list in the ledger: short, since lists are looked at often and kept for ever.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use todo_domain::{
    Due, MAX_LISTING_BYTES, Priority, Task, TaskCursor, TaskId, TaskPage, TaskSortKey, TimeZone,
    Timestamp,
};

use super::{AsText, InvalidJson, part, task::TaskJson, to_json};

/// What a list is called where it can't be written or read.
pub(super) const PART: &str = "a recorded list";

/// A list as a model is shown it. Earlier versions wrote whole tasks, as kind `listed`.
#[derive(Serialize, Deserialize)]
pub(super) struct ShownJson {
    kind: Kind,
    tasks: Vec<ShownTask>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next: Option<CursorJson>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Shown,
}

/// How such a record begins.
const BEGINNING: &str = r#"{"kind":"shown""#;

/// A task in few bytes: instants as microseconds since 1970, and nothing that goes without saying.
#[derive(Serialize, Deserialize)]
struct ShownTask {
    #[serde(rename = "i")]
    id: i64,
    #[serde(rename = "t")]
    title: String,
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    priority: Option<AsText<Priority>>,
    #[serde(rename = "y", default, skip_serializing_if = "Option::is_none")]
    due_day: Option<AsText<Date>>,
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    due_at: Option<i64>,
    #[serde(rename = "g", default, skip_serializing_if = "Option::is_none")]
    tags: Option<String>,
    #[serde(rename = "v", default = "first", skip_serializing_if = "is_first")]
    version: i64,
    #[serde(rename = "c")]
    created_at: i64,
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    updated_at: Option<i64>,
    #[serde(rename = "x", default, skip_serializing_if = "Option::is_none")]
    completed_at: Option<i64>,
}

const fn first() -> i64 {
    1
}

const fn is_first(version: &i64) -> bool {
    *version == 1
}

/// As much of a page as a model is shown and the ledger keeps: the first tasks, with the beginning
/// of their descriptions, in [`MAX_LISTING_BYTES`].
///
/// # Errors
/// None that a page could cause.
pub fn recordable(page: TaskPage) -> Result<TaskPage, InvalidJson> {
    let mut page = page.shown();
    let length = |page: &TaskPage| Ok(to_json(PART, &ShownJson::from(page))?.len());
    while length(&page)? > MAX_LISTING_BYTES && page.tasks.pop().is_some() {}
    Ok(page)
}

impl ShownJson {
    /// Whether it is this that was recorded.
    pub(super) fn is_in(outcome: &str) -> bool {
        outcome.starts_with(BEGINNING)
    }
}

impl From<&TaskPage> for ShownJson {
    fn from(page: &TaskPage) -> Self {
        Self {
            kind: Kind::Shown,
            tasks: page.tasks.iter().map(|task| TaskJson::from(task).into()).collect(),
            total: page.total,
            next: page.next.map(CursorJson::from),
        }
    }
}

impl TryFrom<ShownJson> for TaskPage {
    type Error = InvalidJson;

    fn try_from(record: ShownJson) -> Result<Self, InvalidJson> {
        let tasks =
            record.tasks.into_iter().map(|task| TaskJson::try_from(task).and_then(Task::try_from));
        Ok(Self {
            tasks: tasks.collect::<Result<_, _>>()?,
            total: record.total,
            next: record.next.map(TryInto::try_into).transpose()?,
        })
    }
}

impl From<TaskJson> for ShownTask {
    fn from(task: TaskJson) -> Self {
        let micros = |AsText(at): AsText<Timestamp>| at.as_microsecond();
        let (created_at, updated_at) = (micros(task.created_at), micros(task.updated_at));
        Self {
            id: task.id,
            title: task.title,
            description: task.description,
            priority: (task.priority.0 != Priority::Medium).then_some(task.priority),
            due_day: task.due_day,
            due_at: task.due_at.map(micros),
            tags: task.tags,
            version: task.version,
            created_at,
            updated_at: (updated_at != created_at).then_some(updated_at),
            completed_at: task.completed_at.map(micros),
        }
    }
}

impl TryFrom<ShownTask> for TaskJson {
    type Error = InvalidJson;

    fn try_from(task: ShownTask) -> Result<Self, InvalidJson> {
        let instant = |micros| {
            part("an instant of a recorded list", Timestamp::from_microsecond(micros)).map(AsText)
        };
        Ok(Self {
            id: task.id,
            title: task.title,
            description: task.description,
            priority: task.priority.unwrap_or(AsText(Priority::Medium)),
            due_day: task.due_day,
            due_at: task.due_at.map(instant).transpose()?,
            tags: task.tags,
            version: task.version,
            created_at: instant(task.created_at)?,
            updated_at: instant(task.updated_at.unwrap_or(task.created_at))?,
            completed_at: task.completed_at.map(instant).transpose()?,
        })
    }
}

/// Where the next page begins.
#[derive(Serialize, Deserialize)]
pub(super) struct CursorJson {
    id: i64,
    key: KeyJson,
}

/// What a list is sorted by.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KeyJson {
    Instant(AsText<Timestamp>),
    /// A day or an instant.
    #[serde(rename = "day")]
    Due(Option<String>),
    Priority(AsText<Priority>),
}

impl From<TaskCursor> for CursorJson {
    fn from(cursor: TaskCursor) -> Self {
        let key = match cursor.key {
            TaskSortKey::Instant(instant) => KeyJson::Instant(AsText(instant)),
            TaskSortKey::Due(due) => KeyJson::Due(due.map(|due| due.to_string())),
            TaskSortKey::Priority(priority) => KeyJson::Priority(AsText(priority)),
        };
        Self { id: cursor.id.get(), key }
    }
}

impl TryFrom<CursorJson> for TaskCursor {
    type Error = InvalidJson;

    fn try_from(record: CursorJson) -> Result<Self, InvalidJson> {
        let key = match record.key {
            KeyJson::Instant(AsText(instant)) => TaskSortKey::Instant(instant),
            KeyJson::Due(due) => {
                let due = due.map(|due| Due::parse(&due, &TimeZone::UTC)).transpose();
                TaskSortKey::Due(part("the cursor of a recorded list", due)?)
            }
            KeyJson::Priority(AsText(priority)) => TaskSortKey::Priority(priority),
        };
        let id = part("the cursor of a recorded list", TaskId::new(record.id))?;
        Ok(Self { key, id })
    }
}
