//! Where tasks are kept.

use async_trait::async_trait;

use crate::{
    Batch, BatchOutcome, BatchRefusal, KeyedRequest, TagCount, Task, TaskDone, TaskId, TaskPage,
    TaskQuery, Timestamp, UserId, ports::StoreError,
};

/// How many tags [`TaskStore::tags`] tells at most; those of the fewest tasks are left out.
pub const MAX_TAG_COUNTS: usize = 1_000;

/// Keeps the tasks of users.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait TaskStore: Send + Sync {
    /// A page of the user's tasks.
    async fn list(
        &self,
        user: UserId,
        query: TaskQuery,
        now: Timestamp,
    ) -> Result<TaskPage, StoreError>;

    /// One of the user's tasks.
    async fn get(&self, user: UserId, id: TaskId) -> Result<Option<Task>, StoreError>;

    /// Loads what the changes name, decides them in order, and writes, as one unit: all of them or
    /// none. Changes of the same user happen one after another.
    async fn change(
        &self,
        user: UserId,
        batch: Batch,
        now: Timestamp,
    ) -> Result<Result<Batch<TaskDone>, BatchRefusal>, StoreError>;

    /// The same, once for a request with a key: the key and what came of the changes are stored in the
    /// same unit, and are the answer when the request comes again. One that is refused is not stored.
    /// The key is kept for [`IdempotencyKey::KEPT`](crate::IdempotencyKey::KEPT) at least.
    async fn change_once(
        &self,
        user: UserId,
        batch: Batch,
        request: KeyedRequest,
        now: Timestamp,
    ) -> Result<BatchOutcome, StoreError>;

    /// The tags of the user's tasks, those of most tasks first and equal ones in the order of their
    /// characters: at most [`MAX_TAG_COUNTS`].
    async fn tags(&self, user: UserId) -> Result<Vec<TagCount>, StoreError>;
}
