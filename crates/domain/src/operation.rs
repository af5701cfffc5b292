//! What may be done to tasks, as data, and what comes of it.
//!
//! Every way in (HTTP, chat, terminal) makes [`TaskOperation`]s, so each has one meaning. Deciding
//! is pure: a store loads what an operation names, calls `decide`, and writes what it says.

use crate::{
    Due, DueChange, Priority, TagChange, Tags, Task, TaskDescription, TaskId, TaskPage, TaskQuery,
    TaskTitle, TaskVersion, Timestamp, TooManyTags, UserLimit,
};

/// One thing to do with a user's tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskOperation {
    /// Add a task.
    Create(NewTask),
    /// Look at many.
    List(TaskQuery),
    /// Do something with one.
    Act {
        /// Which one.
        target: TaskTarget,
        /// What to do.
        action: TaskAction,
    },
}

impl TaskOperation {
    /// Shorthand for [`TaskOperation::Act`].
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
    /// Look at it.
    Get,
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

    /// The task it becomes, where there is room for it.
    #[must_use]
    pub fn decide(
        self,
        slot: impl Into<TaskSlot>,
        now: Timestamp,
    ) -> (TaskOutcome, Option<TaskWrite>) {
        let id = match slot.into() {
            TaskSlot::Number(id) => id,
            TaskSlot::LimitReached(max) => return (TaskOutcome::LimitReached { max }, None),
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
        (TaskOutcome::Created { after: task.clone() }, Some(TaskWrite::Insert(task)))
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

/// What came of an operation. Changes carry the task before and after, so that they can be reported,
/// recorded and undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskOutcome {
    /// It exists now.
    Created {
        /// The new task.
        after: Task,
    },
    /// The tasks asked for.
    Listed(TaskPage),
    /// The task asked for.
    Found(Task),
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
    /// It is again as it was before a turn that was undone.
    Restored {
        /// As it was; `None` if it was gone.
        before: Option<Task>,
        /// As it is.
        after: Task,
    },
    /// The user has no task of this number.
    NotFound(TaskId),
    /// The task is not in the version the caller expected; nothing was written.
    VersionMismatch(Task),
    /// The user has as many tasks as anybody may have; nothing was written.
    LimitReached {
        /// How many that is.
        max: UserLimit,
    },
    /// The task would have more tags than a task may have; nothing was written.
    TooManyTags(Task),
}

impl TaskOutcome {
    /// What it changed: which task, from what, to what. `None` when nothing changed.
    #[must_use]
    pub fn effect(&self) -> Option<TaskEffect> {
        let (before, after) = match self {
            Self::Created { after } => (None, Some(after)),
            Self::Updated { before, after }
            | Self::Completed { before, after }
            | Self::Reopened { before, after } => (Some(before), Some(after)),
            Self::Deleted { before } => (Some(before), None),
            Self::Restored { before, after } => (before.as_ref(), Some(after)),
            _ => return None,
        };
        let task_id = before.or(after)?.id;
        Some(TaskEffect { task_id, before: before.cloned(), after: after.cloned() })
    }

    /// The number of the one task that it is about; `None` of a list and of a task that was not
    /// added.
    #[must_use]
    pub const fn task_id(&self) -> Option<TaskId> {
        match self {
            Self::Created { after: task }
            | Self::Updated { after: task, .. }
            | Self::Completed { after: task, .. }
            | Self::Reopened { after: task, .. }
            | Self::Deleted { before: task }
            | Self::Restored { after: task, .. }
            | Self::Found(task)
            | Self::Unchanged(task)
            | Self::AlreadyCompleted(task)
            | Self::AlreadyPending(task)
            | Self::VersionMismatch(task)
            | Self::TooManyTags(task) => Some(task.id),
            Self::NotFound(id) => Some(*id),
            Self::Listed(_) | Self::LimitReached { .. } => None,
        }
    }

    /// Whether the user got what was asked for, if only because it was so already.
    #[must_use]
    pub const fn is_ok(&self) -> bool {
        self.refusal().is_none()
    }

    /// The name on the wire of a refusal; `None` where the user got what was asked for.
    #[must_use]
    pub const fn refusal(&self) -> Option<&'static str> {
        match self {
            Self::NotFound(_) => Some("task_not_found"),
            Self::VersionMismatch(_) => Some("version_mismatch"),
            Self::LimitReached { .. } => Some("task_limit_reached"),
            Self::TooManyTags(_) => Some("too_many_tags"),
            Self::Created { .. }
            | Self::Listed(_)
            | Self::Found(_)
            | Self::Updated { .. }
            | Self::Unchanged(_)
            | Self::Completed { .. }
            | Self::AlreadyCompleted(_)
            | Self::Reopened { .. }
            | Self::AlreadyPending(_)
            | Self::Deleted { .. }
            | Self::Restored { .. } => None,
        }
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

impl TaskAction {
    /// What this does to `current`, the task the target names, or `None` where there is none.
    ///
    /// Whoever calls it has read `current` under a lock that it holds until the write is
    /// committed. Instants never run backwards: an `updated_at` is at least the one before.
    #[must_use]
    pub fn decide(
        &self,
        target: &TaskTarget,
        current: Option<Task>,
        now: Timestamp,
    ) -> (TaskOutcome, Option<TaskWrite>) {
        let Some(before) = current else {
            return (TaskOutcome::NotFound(target.id), None);
        };
        if !target.if_version.admits(before.version) {
            return (TaskOutcome::VersionMismatch(before), None);
        }
        let written = |task: Task| Task {
            version: task.version.next(),
            updated_at: now.max(task.updated_at),
            ..task
        };
        match self {
            Self::Get => (TaskOutcome::Found(before), None),
            Self::Complete if before.completed_at.is_some() => {
                (TaskOutcome::AlreadyCompleted(before), None)
            }
            Self::Complete => {
                let after = written(Task { completed_at: Some(now), ..before.clone() });
                let write = TaskWrite::Update(after.clone());
                (TaskOutcome::Completed { before, after }, Some(write))
            }
            Self::Reopen if before.completed_at.is_none() => {
                (TaskOutcome::AlreadyPending(before), None)
            }
            Self::Reopen => {
                let after = written(Task { completed_at: None, ..before.clone() });
                let write = TaskWrite::Update(after.clone());
                (TaskOutcome::Reopened { before, after }, Some(write))
            }
            Self::Update(patch) => {
                let Ok(patched) = patch.applied_to(before.clone(), now) else {
                    return (TaskOutcome::TooManyTags(before), None);
                };
                if patched == before {
                    return (TaskOutcome::Unchanged(before), None);
                }
                let after = written(patched);
                let write = TaskWrite::Update(after.clone());
                (TaskOutcome::Updated { before, after }, Some(write))
            }
            Self::Delete => {
                let write = TaskWrite::Delete(before.id);
                (TaskOutcome::Deleted { before }, Some(write))
            }
        }
    }
}

#[cfg(test)]
#[path = "operation_tests.rs"]
mod tests;
