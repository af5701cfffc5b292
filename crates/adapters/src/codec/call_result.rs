//! The JSON of what a call brought, as the ledger and exports have it.

mod fields;

use serde::{Deserialize, Serialize};
use todo_domain::{
    ActionId, CallResult, Rejection, RejectionCode, Task, TaskCursor, TaskEffect, TaskId,
    TaskOutcome, TaskPage, TaskVersion, UndoConflict, UserLimit,
};

use self::fields::{EachFields, ResultFields};
use super::{
    AsText, InvalidJson, from_json, part,
    task::TaskJson,
    task_list::{CursorJson, ShownJson},
    to_json,
};

/// What versions that know no actions tell of a call that waits.
const WAITS: &str = "Not executed: it waits for the user's decision.";
/// What they tell of one that was denied.
const DENIED: &str = "Not executed: the user said no.";

/// What a result is called where it can't be written or read.
const PART: &str = "the outcome of a call";

/// What a call brought as JSON, without the images that are in its effects. Of a list it is what a
/// model is shown: see [`recordable`](super::recordable).
///
/// # Errors
/// None that a result could cause.
pub fn call_result_to_json(result: &CallResult) -> Result<String, InvalidJson> {
    match result {
        CallResult::Outcome(TaskOutcome::Listed(page)) => to_json(PART, &ShownJson::from(page)),
        other => to_json(PART, &ResultJson::from(other)),
    }
}

/// What [`call_result_to_json`] wrote, in this version or an earlier one, with the call's effects in
/// order.
///
/// # Errors
/// When the text is something else, or the effects are not those of such a result.
pub fn call_result_from_json(
    json: &str,
    effects: Vec<TaskEffect>,
) -> Result<CallResult, InvalidJson> {
    if ShownJson::is_in(json) {
        let list = from_json::<ShownJson>(PART, json)?;
        return Ok(CallResult::Outcome(TaskOutcome::Listed(list.try_into()?)));
    }
    from_json::<ResultJson>(PART, json)?.with(effects)
}

/// What a call brought, without what it changed.
#[derive(Serialize, Deserialize)]
#[serde(try_from = "ResultFields<EachFields>")]
pub(super) struct ResultJson {
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
struct ConflictJson {
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
    pub(super) fn with(self, effects: Vec<TaskEffect>) -> Result<CallResult, InvalidJson> {
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
