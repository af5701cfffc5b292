//! What came of a change, what that did to a task, and what a store writes for it.

use crate::{Task, TaskId};

/// What came of a [`TaskChange`](crate::TaskChange) that was not refused. It has the task before and
/// after, so that it can be reported, recorded and undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskDone {
    /// The task exists now.
    Created {
        /// The new task.
        after: Task,
    },
    /// Fields changed.
    Updated {
        /// As it was.
        before: Task,
        /// As it is.
        after: Task,
    },
    /// The patch asked for what was already so; nothing was written.
    Unchanged(Task),
    /// It is done now.
    Completed {
        /// As it was.
        before: Task,
        /// As it is.
        after: Task,
    },
    /// It was done before; nothing was written.
    AlreadyCompleted(Task),
    /// It is to be done again.
    Reopened {
        /// As it was.
        before: Task,
        /// As it is.
        after: Task,
    },
    /// It was pending anyway; nothing was written.
    AlreadyPending(Task),
    /// It is gone.
    Deleted {
        /// As it was.
        before: Task,
    },
}

impl TaskDone {
    /// Its name on the wire.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Created { .. } => "created",
            Self::Updated { .. } => "updated",
            Self::Unchanged(_) => "unchanged",
            Self::Completed { .. } => "completed",
            Self::AlreadyCompleted(_) => "already_completed",
            Self::Reopened { .. } => "reopened",
            Self::AlreadyPending(_) => "already_pending",
            Self::Deleted { .. } => "deleted",
        }
    }

    /// The task as it is now, or as it was when it was deleted.
    #[must_use]
    pub const fn task(&self) -> &Task {
        match self {
            Self::Created { after: task }
            | Self::Updated { after: task, .. }
            | Self::Unchanged(task)
            | Self::Completed { after: task, .. }
            | Self::AlreadyCompleted(task)
            | Self::Reopened { after: task, .. }
            | Self::AlreadyPending(task)
            | Self::Deleted { before: task } => task,
        }
    }

    /// What it changed: which task, from what, to what. `None` when nothing changed.
    #[must_use]
    pub fn effect(&self) -> Option<TaskEffect> {
        let (before, after) = match self {
            Self::Created { after } => (None, Some(after)),
            Self::Updated { before, after }
            | Self::Completed { before, after }
            | Self::Reopened { before, after } => (Some(before), Some(after)),
            Self::Deleted { before } => (Some(before), None),
            Self::Unchanged(_) | Self::AlreadyCompleted(_) | Self::AlreadyPending(_) => {
                return None;
            }
        };
        let task_id = self.task().id;
        Some(TaskEffect { task_id, before: before.cloned(), after: after.cloned() })
    }

    /// What a store writes for it. `None` when nothing changed.
    #[must_use]
    pub fn write(&self) -> Option<TaskWrite> {
        self.effect().map(TaskEffect::write)
    }
}

/// One task as it was before and after a change: what an undo needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskEffect {
    /// Which task.
    pub task_id: TaskId,
    /// `None`: it did not exist.
    pub before: Option<Task>,
    /// `None`: it is gone.
    pub after: Option<Task>,
}

impl TaskEffect {
    /// How many tasks more there are after these effects than before them; none if they are fewer.
    #[must_use]
    pub fn growth(effects: &[Self]) -> u64 {
        let added = effects.iter().filter(|effect| effect.before.is_none()).count();
        let removed = effects.iter().filter(|effect| effect.after.is_none()).count();
        added.saturating_sub(removed) as u64
    }

    /// What a store writes for it.
    #[must_use]
    pub fn write(self) -> TaskWrite {
        match (self.before, self.after) {
            (None, Some(after)) => TaskWrite::Insert(after),
            (Some(_), Some(after)) => TaskWrite::Update(after),
            (_, None) => TaskWrite::Delete(self.task_id),
        }
    }
}

/// What a store has to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskWrite {
    /// A new row.
    Insert(Task),
    /// A row of the same number, as a whole.
    Update(Task),
    /// No row of this number any more.
    Delete(TaskId),
}
