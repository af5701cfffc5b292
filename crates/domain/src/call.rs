//! What a tool call asks for, and what it brought.

use crate::{
    ActionId, Rejection, Task, TaskAction, TaskChange, TaskDone, TaskEffect, TaskId, TaskIds,
    TaskPage, TaskQuery, TaskRefusal, TaskTarget, UndoConflict, UndoDirection, UndoRefusal,
};

/// What a tool call amounts to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallOperation {
    /// Look at many tasks.
    List(TaskQuery),
    /// Look at one.
    Get(TaskId),
    /// Change one.
    Change(TaskChange),
    /// The same action on each of some tasks, in this order. Each has its own outcome: one that is
    /// refused stops none of the others.
    Each {
        /// Which tasks.
        tasks: TaskIds,
        /// What to do with each.
        action: TaskAction,
    },
    /// Delete the tasks that a query's filter matches. That is always asked about first, and never
    /// carried out like this.
    DeleteMatching(TaskQuery),
    /// Delete the tasks that the user was shown, up to [`Action::MAX_TASKS`](crate::Action::MAX_TASKS).
    /// One that has changed since stays.
    DeleteShown(Vec<TaskTarget>),
    /// Undo or redo the latest turn of the conversation that can be.
    Undo(UndoDirection),
}

/// The tasks that a call would delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletion<'a> {
    /// Those of these numbers, as far as there are any.
    Named(&'a [TaskId]),
    /// Those that the filter of this query matches.
    Matching(&'a TaskQuery),
}

impl CallOperation {
    /// The tasks that its arguments name; empty for a new task, whose number is not known yet, and for
    /// a list.
    #[must_use]
    pub fn tasks(&self) -> &[TaskId] {
        match self {
            Self::Get(id) => std::slice::from_ref(id),
            Self::Change(TaskChange::Act { target, .. }) => std::slice::from_ref(&target.id),
            Self::Each { tasks, .. } => tasks.as_slice(),
            Self::Change(TaskChange::Create(_))
            | Self::List(_)
            | Self::DeleteMatching(_)
            | Self::DeleteShown(_)
            | Self::Undo(_) => &[],
        }
    }

    /// The tasks that it would delete and nobody was asked about; `None` if it deletes none.
    #[must_use]
    pub fn deletion(&self) -> Option<Deletion<'_>> {
        match self {
            Self::Change(TaskChange::Act { action: TaskAction::Delete, .. })
            | Self::Each { action: TaskAction::Delete, .. } => Some(Deletion::Named(self.tasks())),
            Self::DeleteMatching(query) => Some(Deletion::Matching(query)),
            Self::List(_)
            | Self::Get(_)
            | Self::Change(_)
            | Self::Each { .. }
            | Self::DeleteShown(_)
            | Self::Undo(_) => None,
        }
    }

    /// Whether it only reads.
    #[must_use]
    pub const fn only_reads(&self) -> bool {
        matches!(self, Self::List(_) | Self::Get(_))
    }
}

impl From<TaskChange> for CallOperation {
    fn from(change: TaskChange) -> Self {
        Self::Change(change)
    }
}

/// What came of a call, or of one of those that it consists of, for one task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskOutcome {
    /// The task was looked at.
    Found(Task),
    /// It was changed, or was so already.
    Done(TaskDone),
    /// It is again as it was before a turn that was undone.
    Restored {
        /// As it was; `None` if it was gone.
        before: Option<Task>,
        /// As it is.
        after: Task,
    },
    /// It was not there, or the change was refused.
    Refused(TaskRefusal),
}

impl TaskOutcome {
    /// Of a look at the task of this number.
    #[must_use]
    pub fn of_get(id: TaskId, found: Option<Task>) -> Self {
        found.map_or(Self::Refused(TaskRefusal::NotFound(id)), Self::Found)
    }

    /// What it changed: which task, from what, to what. `None` when nothing changed.
    #[must_use]
    pub fn effect(&self) -> Option<TaskEffect> {
        match self {
            Self::Done(done) => done.effect(),
            Self::Restored { before, after } => Some(TaskEffect {
                task_id: after.id,
                before: before.clone(),
                after: Some(after.clone()),
            }),
            Self::Found(_) | Self::Refused(_) => None,
        }
    }

    /// The number of the task; `None` of one that was not added.
    #[must_use]
    pub const fn task_id(&self) -> Option<TaskId> {
        match self {
            Self::Found(task) | Self::Restored { after: task, .. } => Some(task.id),
            Self::Done(done) => Some(done.task().id),
            Self::Refused(refusal) => refusal.task_id(),
        }
    }

    /// Why it was refused; `None` where the user got what was asked for, if only because it was so
    /// already.
    #[must_use]
    pub const fn refusal(&self) -> Option<&TaskRefusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::Found(_) | Self::Done(_) | Self::Restored { .. } => None,
        }
    }

    /// Whether the user got what was asked for.
    #[must_use]
    pub const fn is_ok(&self) -> bool {
        self.refusal().is_none()
    }
}

impl From<TaskDone> for TaskOutcome {
    fn from(done: TaskDone) -> Self {
        Self::Done(done)
    }
}

impl From<TaskRefusal> for TaskOutcome {
    fn from(refusal: TaskRefusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Result<TaskDone, TaskRefusal>> for TaskOutcome {
    fn from(result: Result<TaskDone, TaskRefusal>) -> Self {
        result.map_or_else(Self::Refused, Self::Done)
    }
}

/// What a call brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallResult {
    /// The tasks asked for.
    Listed(TaskPage),
    /// It was carried out.
    Outcome(TaskOutcome),
    /// It was carried out for each of the tasks that it named, in their order, or undid what was
    /// done with these.
    Each(Vec<TaskOutcome>),
    /// Nothing was there to be undone, or redone.
    NothingToUndo,
    /// It was not undone, because these tasks have changed since.
    UndoConflict(Vec<UndoConflict>),
    /// It is carried out if the user approves this action.
    Waiting(ActionId),
    /// It was not carried out, because the user rejected this action.
    Denied(ActionId),
    /// It was not carried out; the model reads why.
    Rejected(Rejection),
}

impl CallResult {
    /// The outcomes, in order; none of a list and of a call that was not carried out.
    #[must_use]
    pub fn outcomes(&self) -> &[TaskOutcome] {
        match self {
            Self::Outcome(outcome) => std::slice::from_ref(outcome),
            Self::Each(outcomes) => outcomes,
            Self::Listed(_)
            | Self::NothingToUndo
            | Self::UndoConflict(_)
            | Self::Waiting(_)
            | Self::Denied(_)
            | Self::Rejected(_) => &[],
        }
    }

    /// What it changed, in order.
    pub fn effects(&self) -> impl Iterator<Item = TaskEffect> + '_ {
        self.outcomes().iter().filter_map(TaskOutcome::effect)
    }

    /// Whether the user got all that was asked for.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        match self {
            Self::NothingToUndo
            | Self::UndoConflict(_)
            | Self::Waiting(_)
            | Self::Denied(_)
            | Self::Rejected(_) => false,
            Self::Listed(_) | Self::Outcome(_) | Self::Each(_) => {
                self.outcomes().iter().all(TaskOutcome::is_ok)
            }
        }
    }

    /// The result of an undo.
    #[must_use]
    pub fn of_undo(undone: Result<Vec<TaskOutcome>, UndoRefusal>) -> Self {
        match undone {
            Ok(outcomes) => Self::Each(outcomes),
            Err(UndoRefusal::Conflict(conflicts)) => Self::UndoConflict(conflicts),
            Err(UndoRefusal::LimitReached { max }) => {
                Self::Outcome(TaskRefusal::LimitReached { max }.into())
            }
        }
    }
}
