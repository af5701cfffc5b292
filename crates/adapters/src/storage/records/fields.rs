//! How a result is read. An enum that serde tells apart by a field inside of it is held as a tree
//! first, with all that nobody asked for, which takes many times its text. So all fields that any
//! kind has are read at once, and those of its kind are taken.

use serde::Deserialize;
use todo_domain::RejectionCode;

use super::{AsText, CursorJson, ResultJson, TaskJson};

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Created,
    Updated,
    Completed,
    Reopened,
    Deleted,
    Listed,
    Found,
    Unchanged,
    AlreadyCompleted,
    AlreadyPending,
    VersionMismatch,
    TooManyTags,
    NotFound,
    LimitReached,
    Rejected,
}

/// The fields of a result of any kind.
#[derive(Deserialize)]
pub(super) struct ResultFields {
    kind: Kind,
    tasks: Option<Vec<TaskJson>>,
    total: Option<u64>,
    next: Option<CursorJson>,
    task: Option<TaskJson>,
    id: Option<i64>,
    max: Option<u32>,
    code: Option<AsText<RejectionCode>>,
    message: Option<String>,
}

impl TryFrom<ResultFields> for ResultJson {
    type Error = String;

    fn try_from(fields: ResultFields) -> Result<Self, String> {
        let ResultFields { kind, tasks, total, next, task, id, max, code, message } = fields;
        let task = || needed("task", task);
        Ok(match kind {
            Kind::Created => Self::Created,
            Kind::Updated => Self::Updated,
            Kind::Completed => Self::Completed,
            Kind::Reopened => Self::Reopened,
            Kind::Deleted => Self::Deleted,
            Kind::Listed => Self::Listed { tasks: needed("tasks", tasks)?, total, next },
            Kind::Found => Self::Found { task: task()? },
            Kind::Unchanged => Self::Unchanged { task: task()? },
            Kind::AlreadyCompleted => Self::AlreadyCompleted { task: task()? },
            Kind::AlreadyPending => Self::AlreadyPending { task: task()? },
            Kind::VersionMismatch => Self::VersionMismatch { task: task()? },
            Kind::TooManyTags => Self::TooManyTags { task: task()? },
            Kind::NotFound => Self::NotFound { id: needed("id", id)? },
            Kind::LimitReached => Self::LimitReached { max: needed("max", max)? },
            Kind::Rejected => {
                Self::Rejected { code: needed("code", code)?, message: needed("message", message)? }
            }
        })
    }
}

/// A field that this kind has, or what serde says where one is missing.
fn needed<T>(field: &str, value: Option<T>) -> Result<T, String> {
    value.ok_or_else(|| format!("missing field `{field}`"))
}
