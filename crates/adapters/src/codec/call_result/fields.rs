//! How a result is read. An enum that serde tells apart by a field inside of it is held as a tree
//! first, with all that nobody asked for, which takes many times its text. So all fields that any
//! kind has are read at once, and those of its kind are taken.

use serde::{Deserialize, Deserializer, de::IgnoredAny};
use todo_domain::{ActionId, RecordedCall, RejectionCode};

use super::{ConflictJson, OutcomeJson, ResultJson};
use crate::codec::{AsText, at_most, task::TaskJson, task_list::CursorJson};

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Created,
    Updated,
    Completed,
    Reopened,
    Deleted,
    Restored,
    Listed,
    Found,
    Unchanged,
    AlreadyCompleted,
    AlreadyPending,
    VersionMismatch,
    TooManyTags,
    NotFound,
    LimitReached,
    NothingToUndo,
    UndoConflict,
    Rejected,
}

/// The fields of a result of any kind, with `E` for its outcomes if it has several.
#[derive(Deserialize)]
pub(super) struct ResultFields<E> {
    #[serde(default)]
    each: E,
    kind: Kind,
    tasks: Option<Vec<TaskJson>>,
    total: Option<u64>,
    next: Option<CursorJson>,
    task: Option<TaskJson>,
    id: Option<i64>,
    max: Option<u32>,
    #[serde(default, deserialize_with = "some_at_most")]
    conflicts: Option<Vec<ConflictJson>>,
    code: Option<AsText<RejectionCode>>,
    message: Option<String>,
    waits_for: Option<AsText<ActionId>>,
    denied: Option<AsText<ActionId>>,
}

/// The outcomes of a call that has one for each task it names. They have none in turn.
#[derive(Default, Deserialize)]
#[serde(transparent)]
pub(super) struct EachFields(
    #[serde(deserialize_with = "some_at_most")] Option<Vec<ResultFields<IgnoredAny>>>,
);

fn some_at_most<'de, D, T>(list: D) -> Result<Option<Vec<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    at_most::<{ RecordedCall::MAX_EFFECTS }, _, _>(list).map(Some)
}

impl TryFrom<ResultFields<EachFields>> for ResultJson {
    type Error = String;

    fn try_from(mut fields: ResultFields<EachFields>) -> Result<Self, String> {
        let each = fields.each.0.take();
        let each = each.map(|each| each.into_iter().map(OutcomeJson::try_from).collect());
        Ok(Self { outcome: fields.try_into()?, each: each.transpose()? })
    }
}

impl<E> TryFrom<ResultFields<E>> for OutcomeJson {
    type Error = String;

    fn try_from(fields: ResultFields<E>) -> Result<Self, String> {
        let ResultFields { kind, tasks, total, next, task, id, max, conflicts, .. } = fields;
        let (code, message) = (fields.code, fields.message);
        let (waits_for, denied) = (fields.waits_for, fields.denied);
        let task = || needed("task", task);
        Ok(match kind {
            Kind::Created => Self::Created,
            Kind::Updated => Self::Updated,
            Kind::Completed => Self::Completed,
            Kind::Reopened => Self::Reopened,
            Kind::Deleted => Self::Deleted,
            Kind::Restored => Self::Restored,
            Kind::Listed => Self::Listed { tasks: needed("tasks", tasks)?, total, next },
            Kind::Found => Self::Found { task: task()? },
            Kind::Unchanged => Self::Unchanged { task: task()? },
            Kind::AlreadyCompleted => Self::AlreadyCompleted { task: task()? },
            Kind::AlreadyPending => Self::AlreadyPending { task: task()? },
            Kind::VersionMismatch => Self::VersionMismatch { task: task()? },
            Kind::TooManyTags => Self::TooManyTags { task: task()? },
            Kind::NotFound => Self::NotFound { id: needed("id", id)? },
            Kind::LimitReached => Self::LimitReached { max: needed("max", max)? },
            Kind::NothingToUndo => Self::NothingToUndo,
            Kind::UndoConflict => Self::UndoConflict { conflicts: needed("conflicts", conflicts)? },
            Kind::Rejected => Self::Rejected {
                code: needed("code", code)?,
                message: needed("message", message)?,
                waits_for,
                denied,
            },
        })
    }
}

/// A field that this kind has, or what serde says where one is missing.
fn needed<T>(field: &str, value: Option<T>) -> Result<T, String> {
    value.ok_or_else(|| format!("missing field `{field}`"))
}
