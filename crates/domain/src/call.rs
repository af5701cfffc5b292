//! What a tool call asks for, and what it brought.

use crate::{
    ActionId, Closing, Rejection, TaskAction, TaskEffect, TaskId, TaskIds, TaskOperation,
    TaskOutcome, TaskQuery, TaskTarget, UndoConflict, UndoDirection, UndoRefusal,
};

/// What a tool call amounts to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallOperation {
    /// One operation.
    One(TaskOperation),
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
    /// The tasks that its arguments name and it may change; empty for a new task, whose number is not
    /// known yet, and for a list.
    #[must_use]
    pub fn tasks(&self) -> &[TaskId] {
        match self {
            Self::One(TaskOperation::Act { target, .. }) => std::slice::from_ref(&target.id),
            Self::One(TaskOperation::Create(_) | TaskOperation::List(_)) => &[],
            Self::Each { tasks, .. } => tasks.as_slice(),
            Self::DeleteMatching(_) | Self::DeleteShown(_) | Self::Undo(_) => &[],
        }
    }

    /// The tasks that it would delete and nobody was asked about; `None` if it deletes none.
    #[must_use]
    pub fn deletion(&self) -> Option<Deletion<'_>> {
        match self {
            Self::One(TaskOperation::Act { action: TaskAction::Delete, .. })
            | Self::Each { action: TaskAction::Delete, .. } => Some(Deletion::Named(self.tasks())),
            Self::DeleteMatching(query) => Some(Deletion::Matching(query)),
            Self::One(_) | Self::Each { .. } | Self::DeleteShown(_) | Self::Undo(_) => None,
        }
    }

    /// Whether it only reads.
    #[must_use]
    pub fn only_reads(&self) -> bool {
        match self {
            Self::One(TaskOperation::Act { action, .. }) | Self::Each { action, .. } => {
                *action == TaskAction::Get
            }
            Self::One(TaskOperation::List(_)) => true,
            Self::One(TaskOperation::Create(_))
            | Self::DeleteMatching(_)
            | Self::DeleteShown(_)
            | Self::Undo(_) => false,
        }
    }

    /// Its result, where `execute` carries out an operation. There is no turn to be undone.
    pub fn execute(self, mut execute: impl FnMut(TaskOperation) -> TaskOutcome) -> CallResult {
        match self {
            Self::One(operation) => CallResult::Outcome(execute(operation)),
            Self::Each { tasks, action } => {
                let each = |id: &TaskId| execute(TaskOperation::act(*id, action.clone()));
                CallResult::Each(tasks.as_slice().iter().map(each).collect())
            }
            Self::DeleteShown(targets) => {
                let each = |target| execute(TaskOperation::act(target, TaskAction::Delete));
                CallResult::Each(targets.into_iter().map(each).collect())
            }
            Self::DeleteMatching(_) => CallResult::Rejected(Closing::MovedOn.rejection()),
            Self::Undo(_) => CallResult::NothingToUndo,
        }
    }
}

impl From<TaskOperation> for CallOperation {
    fn from(operation: TaskOperation) -> Self {
        Self::One(operation)
    }
}

/// What a call brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallResult {
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
    /// The outcomes, in order; none of a call that was not carried out.
    #[must_use]
    pub fn outcomes(&self) -> &[TaskOutcome] {
        match self {
            Self::Outcome(outcome) => std::slice::from_ref(outcome),
            Self::Each(outcomes) => outcomes,
            Self::NothingToUndo
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
            Self::Outcome(_) | Self::Each(_) => self.outcomes().iter().all(TaskOutcome::is_ok),
        }
    }

    /// The result of an undo.
    #[must_use]
    pub fn of_undo(undone: Result<Vec<TaskOutcome>, UndoRefusal>) -> Self {
        match undone {
            Ok(outcomes) => Self::Each(outcomes),
            Err(UndoRefusal::Conflict(conflicts)) => Self::UndoConflict(conflicts),
            Err(UndoRefusal::LimitReached { max }) => {
                Self::Outcome(TaskOutcome::LimitReached { max })
            }
        }
    }
}
