//! Tasks.

use std::{fmt, str::FromStr};

use crate::{Due, Tags, TaskDescription, TaskId, TaskTitle, Timestamp};

/// How much a task matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Priority {
    /// Can wait.
    Low,
    /// Unless said otherwise.
    #[default]
    Medium,
    /// First.
    High,
}

/// The text was not a [`Priority`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be low, medium or high")]
pub struct UnknownPriority;

impl Priority {
    /// Every one, the least first.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    /// Its name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Priority {
    type Err = UnknownPriority;

    fn from_str(text: &str) -> Result<Self, UnknownPriority> {
        Self::ALL.into_iter().find(|it| it.as_str() == text).ok_or(UnknownPriority)
    }
}

/// Whether a task is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TaskStatus {
    /// Still to do.
    Pending,
    /// Done.
    Completed,
}

/// The text was not a [`TaskStatus`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be pending or completed")]
pub struct UnknownTaskStatus;

impl TaskStatus {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Pending, Self::Completed];

    /// Its name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Completed => "completed",
        }
    }
}

impl fmt::Display for TaskStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for TaskStatus {
    type Err = UnknownTaskStatus;

    fn from_str(text: &str) -> Result<Self, UnknownTaskStatus> {
        Self::ALL.into_iter().find(|it| it.as_str() == text).ok_or(UnknownTaskStatus)
    }
}

/// How often a task was written: 1 when created, rising with every change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskVersion(i64);

impl TaskVersion {
    /// A new task's.
    pub const FIRST: Self = Self(1);

    /// Wraps a number; versions below 1 match no task.
    #[must_use]
    pub const fn new(number: i64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The one after this.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for TaskVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Something to be done.
///
/// Plain data: its values carry their rules, and only [`crate::TaskAction::decide`] and
/// [`crate::NewTask::decide`] make new states of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Its number in its owner's list.
    pub id: TaskId,
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
    /// Rises with every change.
    pub version: TaskVersion,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it was done; absent while it is pending.
    pub completed_at: Option<Timestamp>,
}

impl Task {
    /// Whether it is done.
    #[must_use]
    pub const fn status(&self) -> TaskStatus {
        if self.completed_at.is_some() { TaskStatus::Completed } else { TaskStatus::Pending }
    }
}
