//! The JSON of the ledger and of exports: tasks as they were, and what calls brought. It is read
//! back by later versions: fields may be added, with a default, but keep their names.

mod actions;
mod answers;
mod fields;
mod shown;

use std::{fmt::Display, str::FromStr};

use diesel::result::Error as QueryError;
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use todo_domain::{
    ActionId, CallResult, Due, Priority, Rejection, RejectionCode, Tags, Task, TaskCursor,
    TaskDescription, TaskEffect, TaskId, TaskOutcome, TaskPage, TaskSortKey, TaskTitle,
    TaskVersion, TimeZone, Timestamp, UndoConflict, UserLimit,
};

pub(crate) use self::actions::{action_calls, action_calls_of};
pub(crate) use self::answers::{answer_of, counts_of, import_answer_of, outcomes_of};
pub(crate) use self::fields::at_most;
use self::fields::{EachFields, ResultFields};
use self::shown::ShownJson;
pub(crate) use self::shown::recordable;
use super::error::{Corrupt, Failure, Result};

/// What versions that know no actions tell of a call that waits.
const WAITS: &str = "Not executed: it waits for the user's decision.";
/// What they tell of one that was denied.
const DENIED: &str = "Not executed: the user said no.";

/// A task as JSON.
pub(crate) fn image_of(task: &Task) -> Result<String> {
    json(&TaskJson::from(task))
}

/// The task that [`image_of`] wrote.
pub(crate) fn task_of(image: &str) -> Result<Task> {
    let record: TaskJson =
        serde_json::from_str(image).map_err(|_| Corrupt("an image of effects"))?;
    Ok(record.try_into()?)
}

/// What a call brought as JSON, without the images that are in its effects. Of a list it is what a
/// model is shown: see [`recordable`].
pub(crate) fn outcome_of(result: &CallResult) -> Result<String> {
    match result {
        CallResult::Outcome(TaskOutcome::Listed(page)) => json(&ShownJson::from(page)),
        other => json(&ResultJson::from(other)),
    }
}

/// What [`outcome_of`] wrote, with the call's effects in order.
pub(crate) fn result_of(outcome: &str, effects: Vec<TaskEffect>) -> Result<CallResult> {
    let corrupt = |_| Corrupt("tool_calls.outcome");
    if ShownJson::is_in(outcome) {
        let record: ShownJson = serde_json::from_str(outcome).map_err(corrupt)?;
        return Ok(CallResult::Outcome(TaskOutcome::Listed(record.try_into()?)));
    }
    let record: ResultJson = serde_json::from_str(outcome).map_err(corrupt)?;
    Ok(record.with(effects)?)
}

fn json(value: &impl Serialize) -> Result<String> {
    let json = serde_json::to_string(value);
    Ok(json.map_err(|error| QueryError::SerializationError(error.into()))?)
}

/// What is wrong with a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InvalidJson {
    /// With which part of it.
    pub(crate) part: &'static str,
    /// A phrase to put after that, which does not tell the value.
    pub(crate) rule: String,
}

/// The value of a part.
pub(crate) fn part<T, E: Display>(
    part: &'static str,
    parsed: Result<T, E>,
) -> Result<T, InvalidJson> {
    parsed.map_err(|error| InvalidJson { part, rule: error.to_string() })
}

impl From<InvalidJson> for Failure {
    fn from(fault: InvalidJson) -> Self {
        Corrupt(fault.part).into()
    }
}

/// A value as the text that it prints and parses.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AsText<T>(pub(crate) T);

impl<T: Display> Serialize for AsText<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de, T: FromStr> Deserialize<'de> for AsText<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(|_| de::Error::custom("not what it should be"))
    }
}

/// A task.
#[derive(Serialize, Deserialize)]
pub(crate) struct TaskJson {
    id: i64,
    title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    priority: AsText<Priority>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    due_day: Option<AsText<Date>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    due_at: Option<AsText<Timestamp>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tags: Option<String>,
    version: i64,
    created_at: AsText<Timestamp>,
    updated_at: AsText<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    completed_at: Option<AsText<Timestamp>>,
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

/// What a call brought, without what it changed.
#[derive(Serialize, Deserialize)]
#[serde(try_from = "ResultFields<EachFields>")]
pub(crate) struct ResultJson {
    /// Of several outcomes it is the last one that changed a task, or else the last one: versions
    /// that know calls of one outcome only read this one, and ignore the others.
    #[serde(flatten)]
    outcome: OutcomeJson,
    /// All outcomes of a call that has one for each task it names.
    #[serde(skip_serializing_if = "Option::is_none")]
    each: Option<Vec<OutcomeJson>>,
}

/// One outcome of a call, or why it was not carried out.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum OutcomeJson {
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
pub(crate) struct ConflictJson {
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

#[derive(Serialize, Deserialize)]
pub(crate) struct CursorJson {
    id: i64,
    key: KeyJson,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeyJson {
    Instant(AsText<Timestamp>),
    /// A day or an instant.
    #[serde(rename = "day")]
    Due(Option<String>),
    Priority(AsText<Priority>),
}

impl From<&CallResult> for ResultJson {
    fn from(result: &CallResult) -> Self {
        match result {
            CallResult::Outcome(outcome) => Self { outcome: outcome.into(), each: None },
            CallResult::Each(outcomes) => {
                let changed = |outcome: &&TaskOutcome| outcome.effect().is_some();
                let shown = outcomes.iter().rfind(changed).or_else(|| outcomes.last());
                Self {
                    outcome: shown.map_or(OutcomeJson::NOTHING, OutcomeJson::from),
                    each: Some(outcomes.iter().map(OutcomeJson::from).collect()),
                }
            }
            CallResult::NothingToUndo => Self { outcome: OutcomeJson::NothingToUndo, each: None },
            CallResult::UndoConflict(conflicts) => {
                let conflicts = conflicts.iter().map(ConflictJson::from).collect();
                Self { outcome: OutcomeJson::UndoConflict { conflicts }, each: None }
            }
            CallResult::Rejected(Rejection { code, message }) => {
                Self::rejected(*code, message, None, None)
            }
            CallResult::Waiting(action) => {
                Self::rejected(RejectionCode::NotExecuted, WAITS, Some(*action), None)
            }
            CallResult::Denied(action) => {
                Self::rejected(RejectionCode::NotExecuted, DENIED, None, Some(*action))
            }
        }
    }
}

impl From<&TaskOutcome> for OutcomeJson {
    fn from(outcome: &TaskOutcome) -> Self {
        match outcome {
            TaskOutcome::Created { .. } => Self::Created,
            TaskOutcome::Updated { .. } => Self::Updated,
            TaskOutcome::Completed { .. } => Self::Completed,
            TaskOutcome::Reopened { .. } => Self::Reopened,
            TaskOutcome::Deleted { .. } => Self::Deleted,
            TaskOutcome::Restored { .. } => Self::Restored,
            TaskOutcome::Listed(page) => Self::Listed {
                tasks: page.tasks.iter().map(TaskJson::from).collect(),
                total: page.total,
                next: page.next.map(CursorJson::from),
            },
            TaskOutcome::Found(task) => Self::Found { task: task.into() },
            TaskOutcome::Unchanged(task) => Self::Unchanged { task: task.into() },
            TaskOutcome::AlreadyCompleted(task) => Self::AlreadyCompleted { task: task.into() },
            TaskOutcome::AlreadyPending(task) => Self::AlreadyPending { task: task.into() },
            TaskOutcome::VersionMismatch(task) => Self::VersionMismatch { task: task.into() },
            TaskOutcome::TooManyTags(task) => Self::TooManyTags { task: task.into() },
            TaskOutcome::NotFound(id) => Self::NotFound { id: id.get() },
            TaskOutcome::LimitReached { max } => Self::LimitReached { max: max.get() },
        }
    }
}

impl ResultJson {
    fn rejected(
        code: RejectionCode,
        message: &str,
        waits_for: Option<ActionId>,
        denied: Option<ActionId>,
    ) -> Self {
        let outcome = OutcomeJson::Rejected {
            code: AsText(code),
            message: message.to_owned(),
            waits_for: waits_for.map(AsText),
            denied: denied.map(AsText),
        };
        Self { outcome, each: None }
    }

    /// The result with what the call changed, in order.
    pub(crate) fn with(self, effects: Vec<TaskEffect>) -> Result<CallResult, InvalidJson> {
        let mut effects = effects.into_iter();
        match (self.each, self.outcome) {
            (Some(each), _) => {
                let outcomes = each.into_iter().map(|outcome| outcome.with(&mut effects));
                Ok(CallResult::Each(outcomes.collect::<Result<_, _>>()?))
            }
            (None, OutcomeJson::Rejected { code: AsText(code), message, waits_for, denied }) => {
                Ok(match (waits_for, denied) {
                    (Some(AsText(action)), _) => CallResult::Waiting(action),
                    (None, Some(AsText(action))) => CallResult::Denied(action),
                    (None, None) => CallResult::Rejected(Rejection { code, message }),
                })
            }
            (None, OutcomeJson::NothingToUndo) => Ok(CallResult::NothingToUndo),
            (None, OutcomeJson::UndoConflict { conflicts }) => {
                let conflicts = conflicts.into_iter().map(UndoConflict::try_from);
                Ok(CallResult::UndoConflict(conflicts.collect::<Result<_, _>>()?))
            }
            (None, outcome) => outcome.with(&mut effects).map(CallResult::Outcome),
        }
    }
}

impl OutcomeJson {
    /// What stands for the outcome of a call without any.
    const NOTHING: Self = Self::Rejected {
        code: AsText(RejectionCode::NotExecuted),
        message: String::new(),
        waits_for: None,
        denied: None,
    };

    /// The outcome with what it changed: the next of the effects, if it is one that changes a task.
    fn with(
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
        Ok(match self {
            Self::Created => TaskOutcome::Created { after: images().1.ok_or_else(missing)? },
            Self::Updated => {
                let (before, after) = both(images())?;
                TaskOutcome::Updated { before, after }
            }
            Self::Completed => {
                let (before, after) = both(images())?;
                TaskOutcome::Completed { before, after }
            }
            Self::Reopened => {
                let (before, after) = both(images())?;
                TaskOutcome::Reopened { before, after }
            }
            Self::Deleted => TaskOutcome::Deleted { before: images().0.ok_or_else(missing)? },
            Self::Restored => {
                let (before, after) = images();
                TaskOutcome::Restored { before, after: after.ok_or_else(missing)? }
            }
            Self::Listed { tasks, total, next } => TaskOutcome::Listed(TaskPage {
                tasks: tasks.into_iter().map(Task::try_from).collect::<Result<_, _>>()?,
                total,
                next: next.map(TaskCursor::try_from).transpose()?,
            }),
            Self::Found { task } => TaskOutcome::Found(task.try_into()?),
            Self::Unchanged { task } => TaskOutcome::Unchanged(task.try_into()?),
            Self::AlreadyCompleted { task } => TaskOutcome::AlreadyCompleted(task.try_into()?),
            Self::AlreadyPending { task } => TaskOutcome::AlreadyPending(task.try_into()?),
            Self::VersionMismatch { task } => TaskOutcome::VersionMismatch(task.try_into()?),
            Self::TooManyTags { task } => TaskOutcome::TooManyTags(task.try_into()?),
            Self::NotFound { id } => {
                TaskOutcome::NotFound(part("the number of a missing task", TaskId::new(id))?)
            }
            Self::LimitReached { max } => TaskOutcome::LimitReached {
                max: part("the bound of a full list", UserLimit::new(max))?,
            },
            Self::NothingToUndo | Self::UndoConflict { .. } | Self::Rejected { .. } => {
                return Err(InvalidJson {
                    part: "the outcomes of a call",
                    rule: "must each be of a task".to_owned(),
                });
            }
        })
    }
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

#[cfg(test)]
#[path = "records_tests.rs"]
mod tests;
