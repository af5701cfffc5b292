//! The JSON of a list in the ledger: short, since lists are looked at often and kept for ever.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use todo_domain::{MAX_LISTING_BYTES, Priority, Task, TaskPage, Timestamp};

use super::{super::error::Result, AsText, CursorJson, InvalidJson, TaskJson, json, part};

/// A list as a model is shown it. Earlier versions wrote whole tasks, as kind `listed`.
#[derive(Serialize, Deserialize)]
pub(crate) struct ShownJson {
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
pub(crate) fn recordable(page: TaskPage) -> Result<TaskPage> {
    let mut page = page.shown();
    while json(&ShownJson::from(&page))?.len() > MAX_LISTING_BYTES && page.tasks.pop().is_some() {}
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
