//! What a tool call asks for, and what it brought.

use crate::{Rejection, TaskAction, TaskEffect, TaskId, TaskIds, TaskOperation, TaskOutcome};

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
        }
    }

    /// Its result, where `execute` carries out an operation.
    pub fn execute(self, mut execute: impl FnMut(TaskOperation) -> TaskOutcome) -> CallResult {
        match self {
            Self::One(operation) => CallResult::Outcome(execute(operation)),
            Self::Each { tasks, action } => {
                let each = |id: &TaskId| execute(TaskOperation::act(*id, action.clone()));
                CallResult::Each(tasks.as_slice().iter().map(each).collect())
            }
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
    /// It was carried out for each of the tasks that it named; in their order.
    Each(Vec<TaskOutcome>),
    /// It was not; the model reads why.
    Rejected(Rejection),
}

impl CallResult {
    /// The outcomes, in order; none of a call that was not carried out.
    #[must_use]
    pub fn outcomes(&self) -> &[TaskOutcome] {
        match self {
            Self::Outcome(outcome) => std::slice::from_ref(outcome),
            Self::Each(outcomes) => outcomes,
            Self::Rejected(_) => &[],
        }
    }

    /// What it changed, in order.
    pub fn effects(&self) -> impl Iterator<Item = TaskEffect> + '_ {
        self.outcomes().iter().filter_map(TaskOutcome::effect)
    }

    /// Whether the user got all that was asked for.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        !matches!(self, Self::Rejected(_)) && self.outcomes().iter().all(TaskOutcome::is_ok)
    }
}
