//! Tasks without a model in between.

use std::sync::Arc;

use todo_domain::{
    Batch, BatchOutcome, KeyedRequest, TagCount, TaskOperation, TaskOutcome, UserId,
    ports::{Clock, StoreError, TaskStore},
};

/// Carries out operations on a user's tasks.
#[derive(Clone)]
pub struct Tasks {
    store: Arc<dyn TaskStore>,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Tasks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tasks").finish_non_exhaustive()
    }
}

impl Tasks {
    /// Tasks kept in this store.
    #[must_use]
    pub fn new(store: Arc<dyn TaskStore>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// Carries out one operation.
    ///
    /// # Errors
    /// When the store fails. A missing task is an outcome.
    pub async fn execute(
        &self,
        user: UserId,
        operation: TaskOperation,
    ) -> Result<TaskOutcome, StoreError> {
        self.store.execute(user, operation, self.clock.now()).await
    }

    /// Carries out several changes, all of them or none; those of a request with a key once, however
    /// often it comes.
    ///
    /// # Errors
    /// When the store fails. A change that can't be done is an outcome.
    pub async fn execute_all(
        &self,
        user: UserId,
        batch: Batch,
        keyed: Option<KeyedRequest>,
    ) -> Result<BatchOutcome, StoreError> {
        self.store.execute_all(user, batch, keyed, self.clock.now()).await
    }

    /// The tags of a user's tasks, those of most tasks first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn tags(&self, user: UserId) -> Result<Vec<TagCount>, StoreError> {
        self.store.tags(user).await
    }
}
