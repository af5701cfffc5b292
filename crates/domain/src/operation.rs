//! What may be done to tasks, as data, and why it may be refused.
//!
//! Every way in (HTTP, chat, terminal) makes [`TaskChange`]s, so each has one meaning. Deciding
//! is pure: a store loads what a change names, calls `decide`, and writes what
//! [`TaskDone::write`] says.

use crate::{
    Due, DueChange, Priority, TagChange, Tags, Task, TaskDescription, TaskDone, TaskId, TaskTitle,
    TaskVersion, Timestamp, TooManyTags, UserLimit, thousands,
};

/// One change of a user's tasks.
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

impl TaskChange {
    /// Shorthand for [`TaskChange::Act`].
    pub fn act(target: impl Into<TaskTarget>, action: TaskAction) -> Self {
        Self::Act { target: target.into(), action }
    }
}

/// Which task to act on, and in which state the caller believes it to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskTarget {
    /// Its number.
    pub id: TaskId,
    /// Act only on these versions (HTTP's `If-Match`).
    pub if_version: IfVersion,
}

/// Which versions of a task an action applies to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum IfVersion {
    /// Whichever it is in.
    #[default]
    Any,
    /// One of these; none of them, if there are none.
    OneOf(Vec<TaskVersion>),
}

impl IfVersion {
    /// Whether the action applies to a task in this version.
    #[must_use]
    pub fn admits(&self, version: TaskVersion) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(versions) => versions.contains(&version),
        }
    }
}

impl From<TaskVersion> for IfVersion {
    fn from(version: TaskVersion) -> Self {
        Self::OneOf(vec![version])
    }
}

impl From<TaskId> for TaskTarget {
    fn from(id: TaskId) -> Self {
        Self { id, if_version: IfVersion::Any }
    }
}

/// What can be done with one task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskAction {
    /// Change some of its fields.
    Update(TaskPatch),
    /// Mark it done.
    Complete,
    /// Mark it not done after all.
    Reopen,
    /// Remove it for good; its number is not used again.
    Delete,
}

/// A task to be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTask {
    /// What is to be done.
    pub title: TaskTitle,
    /// More about it.
    pub description: Option<TaskDescription>,
    /// How much it matters.
    pub priority: Priority,
    /// When it is due.
    pub due: Option<Due>,
    /// What it is grouped by.
    pub tags: Tags,
}

impl NewTask {
    /// A task of medium priority with nothing but a title.
    #[must_use]
    pub fn titled(title: TaskTitle) -> Self {
        Self {
            title,
            description: None,
            priority: Priority::Medium,
            due: None,
            tags: Tags::default(),
        }
    }

    /// The task it becomes.
    ///
    /// # Errors
    /// [`TaskRefusal::LimitReached`] where there is no room for it.
    pub fn decide(
        self,
        slot: impl Into<TaskSlot>,
        now: Timestamp,
    ) -> Result<TaskDone, TaskRefusal> {
        let id = match slot.into() {
            TaskSlot::Number(id) => id,
            TaskSlot::LimitReached(max) => return Err(TaskRefusal::LimitReached { max }),
        };
        let task = Task {
            id,
            title: self.title,
            description: self.description,
            priority: self.priority,
            due: self.due,
            tags: self.tags,
            version: TaskVersion::FIRST,
            created_at: now,
            updated_at: now,
            completed_at: None,
        };
        Ok(TaskDone::Created { after: task })
    }
}

/// Whether a list has room for one more task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskSlot {
    /// Under this number, which the list never used.
    Number(TaskId),
    /// No: its owner has as many as this already, or more.
    LimitReached(UserLimit),
}

impl From<TaskId> for TaskSlot {
    fn from(id: TaskId) -> Self {
        Self::Number(id)
    }
}

/// What happens to a field that can be absent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Change<T> {
    /// Leave it.
    #[default]
    Keep,
    /// Remove the value.
    Clear,
    /// Replace it with this.
    Set(T),
}

impl<T: Clone> Change<T> {
    fn apply(&self, field: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *field = None,
            Self::Set(value) => *field = Some(value.clone()),
        }
    }
}

/// Fields to change; the others stay.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TaskPatch {
    /// A new title.
    pub title: Option<TaskTitle>,
    /// A new description, or none.
    pub description: Change<TaskDescription>,
    /// A new priority.
    pub priority: Option<Priority>,
    /// A new due date, another day, so much later, or none.
    pub due: DueChange,
    /// Other tags.
    pub tags: TagChange,
}

impl TaskPatch {
    fn applied_to(&self, mut task: Task, now: Timestamp) -> Result<Task, TooManyTags> {
        if let Some(title) = &self.title {
            task.title = title.clone();
        }
        self.description.apply(&mut task.description);
        if let Some(priority) = self.priority {
            task.priority = priority;
        }
        self.due.apply(&mut task.due, now);
        task.tags = self.tags.applied_to(&task.tags)?;
        Ok(task)
    }
}

/// Why a change is refused. Nothing was written. It is told as a sentence for a person or a model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TaskRefusal {
    /// The user has no task of this number.
    #[error("There is no task {0}.")]
    NotFound(TaskId),
    /// The task is not in the version the caller expected.
    #[error("Task {} is in version {} now.", .0.id, .0.version)]
    VersionMismatch(Task),
    /// The user has as many tasks as anybody may have.
    #[error(
        "The list is full: it may have {} tasks, completed ones included. Deleting tasks, such as \
         completed ones, makes room.",
        thousands(max.get().into())
    )]
    LimitReached {
        /// How many that is.
        max: UserLimit,
    },
    /// The task would have more tags than a task may have.
    #[error("Nothing was changed: task {} can't have more than {} tags.", .0.id, Tags::MAX)]
    TooManyTags(Task),
}

impl TaskRefusal {
    /// Its name on the wire.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "task_not_found",
            Self::VersionMismatch(_) => "version_mismatch",
            Self::LimitReached { .. } => "task_limit_reached",
            Self::TooManyTags(_) => "too_many_tags",
        }
    }

    /// The number of the task that it is about; `None` of one that was not added.
    #[must_use]
    pub const fn task_id(&self) -> Option<TaskId> {
        match self {
            Self::NotFound(id) => Some(*id),
            Self::VersionMismatch(task) | Self::TooManyTags(task) => Some(task.id),
            Self::LimitReached { .. } => None,
        }
    }
}

impl TaskAction {
    /// What this does to `current`, the task the target names, or `None` where there is none.
    ///
    /// Whoever calls it has read `current` under a lock that it holds until the write is
    /// committed. Instants never run backwards: an `updated_at` is at least the one before.
    ///
    /// # Errors
    /// [`TaskRefusal`] says why nothing is to be written.
    pub fn decide(
        &self,
        target: &TaskTarget,
        current: Option<Task>,
        now: Timestamp,
    ) -> Result<TaskDone, TaskRefusal> {
        let Some(before) = current else {
            return Err(TaskRefusal::NotFound(target.id));
        };
        if !target.if_version.admits(before.version) {
            return Err(TaskRefusal::VersionMismatch(before));
        }
        let written = |task: Task| Task {
            version: task.version.next(),
            updated_at: now.max(task.updated_at),
            ..task
        };
        Ok(match self {
            Self::Complete if before.completed_at.is_some() => TaskDone::AlreadyCompleted(before),
            Self::Complete => {
                let after = written(Task { completed_at: Some(now), ..before.clone() });
                TaskDone::Completed { before, after }
            }
            Self::Reopen if before.completed_at.is_none() => TaskDone::AlreadyPending(before),
            Self::Reopen => {
                let after = written(Task { completed_at: None, ..before.clone() });
                TaskDone::Reopened { before, after }
            }
            Self::Update(patch) => {
                let Ok(patched) = patch.applied_to(before.clone(), now) else {
                    return Err(TaskRefusal::TooManyTags(before));
                };
                if patched == before {
                    return Ok(TaskDone::Unchanged(before));
                }
                TaskDone::Updated { before, after: written(patched) }
            }
            Self::Delete => TaskDone::Deleted { before },
        })
    }
}

#[cfg(test)]
#[path = "operation_tests.rs"]
mod tests;
