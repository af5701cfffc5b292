//! The JSON of what came of one task, and how a result is read.

use serde::{Deserialize, Deserializer, Serialize, de::IgnoredAny};
use todo_domain::{
    ActionId, RecordedCall, RejectionCode, Task, TaskDone, TaskEffect, TaskId, TaskOutcome,
    TaskPage, TaskRefusal, TaskVersion, UndoConflict, UserLimit,
};

use crate::codec::{AsText, InvalidJson, at_most, part, task::TaskJson, task_list::CursorJson};

/// One outcome of a call, or why it was not carried out.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum OutcomeJson {
    Created,
    Updated,
    Completed,
    Reopened,
    Deleted,
    /// Its task was there before, or it was gone: that is in its effect.
    Restored,
    Listed {
        tasks: Vec<TaskJson>,
        total: Option<u64>,
        next: Option<CursorJson>,
    },
    Found {
        task: TaskJson,
    },
    Unchanged {
        task: TaskJson,
    },
    AlreadyCompleted {
        task: TaskJson,
    },
    AlreadyPending {
        task: TaskJson,
    },
    VersionMismatch {
        task: TaskJson,
    },
    TooManyTags {
        task: TaskJson,
    },
    NotFound {
        id: i64,
    },
    LimitReached {
        max: u32,
    },
    NothingToUndo,
    UndoConflict {
        conflicts: Vec<ConflictJson>,
    },
    /// A call that waits or was denied is one of these that was not executed, for versions that know
    /// no actions.
    Rejected {
        code: AsText<RejectionCode>,
        message: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        waits_for: Option<AsText<ActionId>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        denied: Option<AsText<ActionId>>,
    },
}

/// A task that has changed since a turn that was to be undone.
#[derive(Serialize, Deserialize)]
pub(super) struct ConflictJson {
    id: i64,
    /// Missing if the task was gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
}

impl From<&UndoConflict> for ConflictJson {
    fn from(conflict: &UndoConflict) -> Self {
        let version = conflict.version.map(TaskVersion::get);
        Self { id: conflict.task_id.get(), version }
    }
}

impl TryFrom<ConflictJson> for UndoConflict {
    type Error = InvalidJson;

    fn try_from(record: ConflictJson) -> Result<Self, InvalidJson> {
        let task_id = part("the number of a task in conflict", TaskId::new(record.id))?;
        Ok(Self { task_id, version: record.version.map(TaskVersion::new) })
    }
}

impl From<&TaskPage> for OutcomeJson {
    fn from(page: &TaskPage) -> Self {
        Self::Listed {
            tasks: page.tasks.iter().map(TaskJson::from).collect(),
            total: page.total,
            next: page.next.map(CursorJson::from),
        }
    }
}

impl From<&TaskOutcome> for OutcomeJson {
    fn from(outcome: &TaskOutcome) -> Self {
        match outcome {
            TaskOutcome::Found(task) => Self::Found { task: task.into() },
            TaskOutcome::Done(done) => done.into(),
            TaskOutcome::Restored { .. } => Self::Restored,
            TaskOutcome::Refused(refusal) => refusal.into(),
        }
    }
}

impl From<&TaskDone> for OutcomeJson {
    fn from(done: &TaskDone) -> Self {
        match done {
            TaskDone::Created { .. } => Self::Created,
            TaskDone::Updated { .. } => Self::Updated,
            TaskDone::Unchanged(task) => Self::Unchanged { task: task.into() },
            TaskDone::Completed { .. } => Self::Completed,
            TaskDone::AlreadyCompleted(task) => Self::AlreadyCompleted { task: task.into() },
            TaskDone::Reopened { .. } => Self::Reopened,
            TaskDone::AlreadyPending(task) => Self::AlreadyPending { task: task.into() },
            TaskDone::Deleted { .. } => Self::Deleted,
        }
    }
}

impl From<&TaskRefusal> for OutcomeJson {
    fn from(refusal: &TaskRefusal) -> Self {
        match refusal {
            TaskRefusal::NotFound(id) => Self::NotFound { id: id.get() },
            TaskRefusal::VersionMismatch(task) => Self::VersionMismatch { task: task.into() },
            TaskRefusal::LimitReached { max } => Self::LimitReached { max: max.get() },
            TaskRefusal::TooManyTags(task) => Self::TooManyTags { task: task.into() },
        }
    }
}

impl OutcomeJson {
    /// What stands for the outcome of a call without any.
    pub(super) const NOTHING: Self = Self::Rejected {
        code: AsText(RejectionCode::NotExecuted),
        message: String::new(),
        waits_for: None,
        denied: None,
    };

    /// The outcome with what it changed: the next of the effects, if it is one that changes a task.
    pub(super) fn with(
        self,
        effects: &mut impl Iterator<Item = TaskEffect>,
    ) -> Result<TaskOutcome, InvalidJson> {
        let missing = || InvalidJson {
            part: "the effect of a call",
            rule: "must have the images that its kind of outcome has".to_owned(),
        };
        let mut images =
            || effects.next().map_or((None, None), |effect| (effect.before, effect.after));
        let both =
            |(before, after): (Option<Task>, Option<Task>)| before.zip(after).ok_or_else(missing);
        let done = match self {
            Self::Created => TaskDone::Created { after: images().1.ok_or_else(missing)? },
            Self::Updated => {
                let (before, after) = both(images())?;
                TaskDone::Updated { before, after }
            }
            Self::Unchanged { task } => TaskDone::Unchanged(task.try_into()?),
            Self::Completed => {
                let (before, after) = both(images())?;
                TaskDone::Completed { before, after }
            }
            Self::AlreadyCompleted { task } => TaskDone::AlreadyCompleted(task.try_into()?),
            Self::Reopened => {
                let (before, after) = both(images())?;
                TaskDone::Reopened { before, after }
            }
            Self::AlreadyPending { task } => TaskDone::AlreadyPending(task.try_into()?),
            Self::Deleted => TaskDone::Deleted { before: images().0.ok_or_else(missing)? },
            Self::Restored => {
                let (before, after) = images();
                return Ok(TaskOutcome::Restored { before, after: after.ok_or_else(missing)? });
            }
            Self::Found { task } => return Ok(TaskOutcome::Found(task.try_into()?)),
            Self::NotFound { id } => {
                let id = part("the number of a missing task", TaskId::new(id))?;
                return Ok(TaskRefusal::NotFound(id).into());
            }
            Self::VersionMismatch { task } => {
                return Ok(TaskRefusal::VersionMismatch(task.try_into()?).into());
            }
            Self::LimitReached { max } => {
                let max = part("the bound of a full list", UserLimit::new(max))?;
                return Ok(TaskRefusal::LimitReached { max }.into());
            }
            Self::TooManyTags { task } => {
                return Ok(TaskRefusal::TooManyTags(task.try_into()?).into());
            }
            Self::Listed { .. }
            | Self::NothingToUndo
            | Self::UndoConflict { .. }
            | Self::Rejected { .. } => {
                return Err(InvalidJson {
                    part: "the outcomes of a call",
                    rule: "must each be of a task".to_owned(),
                });
            }
        };
        Ok(done.into())
    }
}

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

/// The fields of a result of any kind, with `E` for its outcomes if it has several. An enum that serde
/// tells apart by a field inside of it is held as a tree first, with all that nobody asked for, which
/// takes many times its text. So all fields that any kind has are read at once, and those of its kind
/// are taken.
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

impl ResultFields<EachFields> {
    pub(super) fn take_each(&mut self) -> Option<Vec<ResultFields<IgnoredAny>>> {
        self.each.0.take()
    }
}

fn some_at_most<'de, D, T>(list: D) -> Result<Option<Vec<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    at_most::<{ RecordedCall::MAX_EFFECTS }, _, _>(list).map(Some)
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
