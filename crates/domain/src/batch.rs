//! Several changes that happen together or not at all.

use std::iter;

use crate::{TaskChange, TaskDone, TaskRefusal};

/// There are no changes, or more than a [`Batch`] may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {} operations, not {actual}", Batch::MAX)]
pub struct BatchError {
    /// How many there are.
    pub actual: usize,
}

/// 1 to 100 changes, carried out in order, all of them or none. Each finds the tasks as those
/// before it left them, so that one task may be named several times.
///
/// A `Batch<TaskDone>` is what came of the changes: one for each, in order.
///
/// ```
/// use todo_domain::{Batch, BatchError, NewTask, TaskChange, TaskTitle};
///
/// let create = TaskChange::Create(NewTask::titled(TaskTitle::new("buy milk")?));
/// assert!(Batch::new(vec![create.clone(); 100]).is_ok());
/// assert_eq!(Batch::new(vec![create.clone(); 101]), Err(BatchError { actual: 101 }));
/// assert_eq!(Batch::new(Vec::<TaskChange>::new()), Err(BatchError { actual: 0 }));
/// assert_eq!(Batch::from(create.clone()).into_last(), create);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch<T = TaskChange> {
    /// All but the last one.
    init: Vec<T>,
    last: T,
}

impl Batch {
    /// The most changes it may have.
    pub const MAX: usize = 100;

    /// Whether a batch may have so many changes.
    ///
    /// # Errors
    /// [`BatchError`] if not.
    pub const fn check_size(changes: usize) -> Result<(), BatchError> {
        if changes == 0 || changes > Self::MAX {
            return Err(BatchError { actual: changes });
        }
        Ok(())
    }

    /// Decides the changes in order, until one is refused.
    ///
    /// # Errors
    /// The first error of `decide`; within that, the refusal.
    pub fn decide<E>(
        self,
        mut decide: impl FnMut(TaskChange) -> Result<Result<TaskDone, TaskRefusal>, E>,
    ) -> Result<Result<Batch<TaskDone>, BatchRefusal>, E> {
        let mut init = Vec::with_capacity(self.init.len());
        for (index, change) in self.init.into_iter().enumerate() {
            match decide(change)? {
                Ok(done) => init.push(done),
                Err(refusal) => return Ok(Err(BatchRefusal { index, refusal })),
            }
        }
        let index = init.len();
        Ok(match decide(self.last)? {
            Ok(last) => Ok(Batch { init, last }),
            Err(refusal) => Err(BatchRefusal { index, refusal }),
        })
    }
}

impl<T> Batch<T> {
    /// Checks and wraps changes, or what came of them.
    ///
    /// # Errors
    /// [`BatchError`] for none and for more than 100.
    pub fn new(mut all: Vec<T>) -> Result<Self, BatchError> {
        let actual = all.len();
        Batch::check_size(actual)?;
        let last = all.pop().ok_or(BatchError { actual })?;
        Ok(Self { init: all, last })
    }

    /// One, then another.
    #[must_use]
    pub fn both(first: T, then: T) -> Self {
        Self { init: vec![first], last: then }
    }

    /// All of them in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.init.iter().chain(iter::once(&self.last))
    }

    /// All of them in order.
    #[must_use]
    pub fn into_vec(self) -> Vec<T> {
        let mut all = self.init;
        all.push(self.last);
        all
    }

    /// The last one.
    #[must_use]
    pub fn into_last(self) -> T {
        self.last
    }

    /// Whether it has no more than one.
    #[must_use]
    pub const fn is_single(&self) -> bool {
        self.init.is_empty()
    }
}

impl<T> From<T> for Batch<T> {
    fn from(only: T) -> Self {
        Self { init: Vec::new(), last: only }
    }
}

/// One change of a batch can't be done: nothing was written, no number was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchRefusal {
    /// Which one, from 0.
    pub index: usize,
    /// Why not.
    pub refusal: TaskRefusal,
}

/// What came of a [`Batch`] that is carried out once, however often it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BatchOutcome {
    /// All of it is done.
    Done(Batch<TaskDone>),
    /// All of it was done when the same request came before: what [`Self::Done`] said then.
    Replayed(Batch<TaskDone>),
    /// One change can't be done. When the request comes again, it is carried out.
    Refused(BatchRefusal),
    /// The key came with another request before; nothing was written.
    KeyReused,
}

impl From<Result<Batch<TaskDone>, BatchRefusal>> for BatchOutcome {
    /// Of one that was not sent before.
    fn from(result: Result<Batch<TaskDone>, BatchRefusal>) -> Self {
        result.map_or_else(Self::Refused, Self::Done)
    }
}
