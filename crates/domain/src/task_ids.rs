//! The tasks that one call names.

use std::collections::HashSet;

use crate::TaskId;

/// From 1 to [`TaskIds::MAX`] different tasks, in the order in which they were named first.
///
/// ```
/// use todo_domain::{TaskId, TaskIds};
///
/// let number = |number| TaskId::new(number).unwrap();
/// let ids = TaskIds::new([number(3), number(1), number(3)])?;
/// assert_eq!(ids.as_slice(), [number(3), number(1)]);
/// assert!(TaskIds::new([]).is_err());
/// # Ok::<(), todo_domain::TaskIdsError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskIds(Vec<TaskId>);

/// Why numbers are not [`TaskIds`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TaskIdsError {
    /// There are none.
    #[error("must name at least one task")]
    Empty,
    /// There are too many.
    #[error("must be at most {max} different numbers, not {count}", max = TaskIds::MAX)]
    TooMany {
        /// How many different ones there are.
        count: usize,
    },
}

impl TaskIds {
    /// How many there are at most.
    pub const MAX: usize = 50;

    /// Wraps numbers. One that is repeated counts once.
    ///
    /// # Errors
    /// [`TaskIdsError`] if none is left, or more than [`Self::MAX`].
    pub fn new(ids: impl IntoIterator<Item = TaskId>) -> Result<Self, TaskIdsError> {
        let mut seen = HashSet::new();
        let ids: Vec<_> = ids.into_iter().filter(|id| seen.insert(*id)).collect();
        match ids.len() {
            0 => Err(TaskIdsError::Empty),
            1..=Self::MAX => Ok(Self(ids)),
            count => Err(TaskIdsError::TooMany { count }),
        }
    }

    /// The numbers.
    #[must_use]
    pub fn as_slice(&self) -> &[TaskId] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(numbers: impl IntoIterator<Item = i64>) -> Result<TaskIds, TaskIdsError> {
        TaskIds::new(numbers.into_iter().map(|number| TaskId::new(number).unwrap()))
    }

    #[test]
    fn one_to_fifty_different_tasks_can_be_named() {
        assert_eq!(numbers([]), Err(TaskIdsError::Empty));
        assert_eq!(numbers(1..=50).unwrap().as_slice().len(), 50);
        assert_eq!(numbers((1..=50).chain(1..=50)).unwrap().as_slice().len(), 50);
        let error = numbers(1..=51).unwrap_err();
        assert_eq!(error.to_string(), "must be at most 50 different numbers, not 51");
    }
}
