//! Where tasks are kept.

use async_trait::async_trait;

use crate::{
    Batch, BatchOutcome, KeyedRequest, TagCount, TaskOperation, TaskOutcome, Timestamp, UserId,
    ports::StoreError,
};

/// How many tags [`TaskStore::tags`] tells at most; those of the fewest tasks are left out.
pub const MAX_TAG_COUNTS: usize = 1_000;

/// Carries out operations on a user's tasks.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait TaskStore: Send + Sync {
    /// Loads what the operation names, decides, and writes, as one unit. Operations of the same
    /// user happen one after another.
    async fn execute(
        &self,
        user: UserId,
        operation: TaskOperation,
        now: Timestamp,
    ) -> Result<TaskOutcome, StoreError>;

    /// Carries out all changes of a batch in order, as one unit, or none of them.
    ///
    /// A request with a key is carried out once: its key and its outcomes are stored in the same unit,
    /// and are the answer when it comes again. One that is refused is not stored. The key is kept for
    /// [`IdempotencyKey::KEPT`](crate::IdempotencyKey::KEPT) at least.
    async fn execute_all(
        &self,
        user: UserId,
        batch: Batch,
        keyed: Option<KeyedRequest>,
        now: Timestamp,
    ) -> Result<BatchOutcome, StoreError>;

    /// The tags of the user's tasks, those of most tasks first and equal ones in the order of their
    /// characters: at most [`MAX_TAG_COUNTS`].
    async fn tags(&self, user: UserId) -> Result<Vec<TagCount>, StoreError>;
}
