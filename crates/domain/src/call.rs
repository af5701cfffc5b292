//! What a tool call asks for, and what it brought.

use crate::{
    Rejection, TaskAction, TaskEffect, TaskId, TaskIds, TaskOperation, TaskOutcome, UndoConflict,
    UndoDirection, UndoRefusal,
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
    /// Undo or redo the latest turn of the conversation that can be.
    Undo(UndoDirection),
}

impl CallOperation {
    /// The tasks that it may change; empty for a new task, whose number is not known yet, and for a
    /// list.
    #[must_use]
    pub fn tasks(&self) -> &[TaskId] {
        match self {
            Self::One(TaskOperation::Act { target, .. }) => std::slice::from_ref(&target.id),
            Self::One(TaskOperation::Create(_) | TaskOperation::List(_)) => &[],
            Self::Each { tasks, .. } => tasks.as_slice(),
            Self::Undo(_) => &[],
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
            Self::One(TaskOperation::Create(_)) | Self::Undo(_) => false,
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
            Self::NothingToUndo | Self::UndoConflict(_) | Self::Rejected(_) => &[],
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
            Self::NothingToUndo | Self::UndoConflict(_) | Self::Rejected(_) => false,
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
