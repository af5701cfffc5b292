//! Tasks without a model in between.

use std::sync::Arc;

use todo_domain::{
    Batch, BatchOutcome, BatchRefusal, KeyedRequest, TagCount, Task, TaskChange, TaskDone, TaskId,
    TaskPage, TaskQuery, TaskRefusal, UserId,
    ports::{Clock, StoreError, TaskStore},
};

/// Looks at a user's tasks and changes them.
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

    /// A page of a user's tasks.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list(&self, user: UserId, query: TaskQuery) -> Result<TaskPage, StoreError> {
        self.store.list(user, query, self.clock.now()).await
    }

    /// One of a user's tasks.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn get(&self, user: UserId, id: TaskId) -> Result<Option<Task>, StoreError> {
        self.store.get(user, id).await
    }

    /// Carries out one change.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn change(
        &self,
        user: UserId,
        change: TaskChange,
    ) -> Result<Result<TaskDone, TaskRefusal>, StoreError> {
        let done = self.change_all(user, change.into()).await?;
        Ok(done.map(Batch::into_last).map_err(|refused| refused.refusal))
    }

    /// Carries out several changes, all of them or none.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn change_all(
        &self,
        user: UserId,
        batch: Batch,
    ) -> Result<Result<Batch<TaskDone>, BatchRefusal>, StoreError> {
        self.store.change(user, batch, self.clock.now()).await
    }

    /// Carries out the changes of a request with a key once, however often it comes.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn change_once(
        &self,
        user: UserId,
        batch: Batch,
        request: KeyedRequest,
    ) -> Result<BatchOutcome, StoreError> {
        self.store.change_once(user, batch, request, self.clock.now()).await
    }

    /// The tags of a user's tasks, those of most tasks first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn tags(&self, user: UserId) -> Result<Vec<TagCount>, StoreError> {
        self.store.tags(user).await
    }
}
