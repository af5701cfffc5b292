//! Several changes that happen together or not at all.

use crate::{NewTask, TaskAction, TaskOutcome, TaskTarget};

/// A change of tasks: an operation that does more than look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskChange {
    /// Add a task.
    Create(NewTask),
    /// Do something with one.
    Act {
        /// Which one.
        target: TaskTarget,
        /// What to do.
        action: TaskAction,
    },
}

/// Why changes are no [`Batch`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// None, or more than a batch may have.
    #[error("must be 1 to {} operations, not {actual}", Batch::MAX)]
    Size {
        /// How many there are.
        actual: usize,
    },
    /// One of them only looks.
    #[error("must all be changes, unlike number {index}, counted from 0")]
    Look {
        /// Which one, from 0.
        index: usize,
    },
}

/// 1 to 100 changes, carried out in order, all of them or none. Each finds the tasks as those
/// before it left them, so that one task may be named several times.
///
/// ```
/// use todo_domain::{Batch, BatchError, NewTask, TaskAction, TaskChange, TaskId, TaskTitle};
///
/// let create = TaskChange::Create(NewTask::titled(TaskTitle::new("buy milk")?));
/// let look = TaskChange::Act { target: TaskId::new(1)?.into(), action: TaskAction::Get };
/// assert!(Batch::new(vec![create.clone(); 100]).is_ok());
/// assert_eq!(Batch::new(vec![]), Err(BatchError::Size { actual: 0 }));
/// assert_eq!(Batch::new(vec![create.clone(); 101]), Err(BatchError::Size { actual: 101 }));
/// assert_eq!(Batch::new(vec![create, look]), Err(BatchError::Look { index: 1 }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch(Vec<TaskChange>);

impl Batch {
    /// The most changes it may have.
    pub const MAX: usize = 100;

    /// Checks and wraps changes.
    ///
    /// # Errors
    /// [`BatchError`] for none, more than 100, and one that only looks.
    pub fn new(changes: Vec<TaskChange>) -> Result<Self, BatchError> {
        Self::check_size(changes.len())?;
        let looks =
            |change: &TaskChange| matches!(change, TaskChange::Act { action: TaskAction::Get, .. });
        match changes.iter().position(looks) {
            Some(index) => Err(BatchError::Look { index }),
            None => Ok(Self(changes)),
        }
    }

    /// Whether a batch may have so many changes.
    ///
    /// # Errors
    /// [`BatchError::Size`] if not.
    pub const fn check_size(changes: usize) -> Result<(), BatchError> {
        if changes == 0 || changes > Self::MAX {
            return Err(BatchError::Size { actual: changes });
        }
        Ok(())
    }

    /// The changes in order.
    #[must_use]
    pub fn changes(&self) -> &[TaskChange] {
        &self.0
    }

    /// The changes in order.
    #[must_use]
    pub fn into_changes(self) -> Vec<TaskChange> {
        self.0
    }
}

/// What came of a [`Batch`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BatchOutcome {
    /// All of it is done: the outcome of each change, in order, each of them
    /// [ok](TaskOutcome::is_ok).
    Done(Vec<TaskOutcome>),
    /// One change can't be done; nothing was written, no number was given.
    Refused {
        /// Which one, from 0.
        index: usize,
        /// Why not.
        outcome: TaskOutcome,
    },
    /// All of it was done when the same request came before: what [`Self::Done`] said then.
    Replayed(Vec<TaskOutcome>),
    /// The key came with another request before; nothing was written.
    KeyReused,
}
