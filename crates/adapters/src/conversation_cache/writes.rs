//! Writes, after which a list is another.

use std::{sync::Arc, time::Duration};

use todo_domain::{
    UserId,
    ports::{StoreError, StoreErrorKind},
};
use tokio::{runtime::Handle, time::sleep};
use tracing::Instrument;

use super::ListCache;

/// Sees to it that a list is forgotten after it was written.
#[derive(Clone)]
pub(super) struct Writes {
    lists: Arc<dyn ListCache>,
    /// After this time a write that failed is certainly not committed any more.
    settled_after: Duration,
    runtime: Handle,
}

impl Writes {
    pub(super) fn new(lists: Arc<dyn ListCache>, settled_after: Duration, runtime: Handle) -> Self {
        Self { lists, settled_after, runtime }
    }

    /// Writes and forgets the list, as a task of its own: the write goes on without a caller that
    /// goes away, and so must the forgetting.
    pub(super) async fn change<R: Send + 'static>(
        &self,
        user: UserId,
        write: impl Future<Output = Result<R, StoreError>> + Send + 'static,
    ) -> Result<R, StoreError> {
        let (lists, settled_after) = (Arc::clone(&self.lists), self.settled_after);
        let task = async move {
            let outcome = write.await;
            lists.forget(user).await;
            if outcome.is_err() {
                // Its transaction may yet be committed, unknown to anybody.
                tokio::spawn(async move {
                    sleep(settled_after).await;
                    lists.forget(user).await;
                });
            }
            outcome
        };
        let task = self.runtime.spawn(task.in_current_span());
        task.await.map_err(|lost| StoreError::new(StoreErrorKind::Internal, lost))?
    }
}
