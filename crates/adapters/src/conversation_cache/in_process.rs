//! Lists in the memory of the process.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use moka::future::Cache;
use todo_domain::UserId;

use super::{FillToken, LIFETIME, ListCache, ListPrefix, Look};

/// How many users have a list here.
const USERS: u64 = 1_000;

/// Room for a list. What is not in the cache any more may be filled by those who took it when it
/// was, and nobody will see it.
type Slot = Arc<OnceLock<Arc<ListPrefix>>>;

/// Lists in the memory of the process.
pub(super) struct InProcess(Cache<UserId, Slot>);

impl InProcess {
    pub(super) fn new() -> Self {
        Self(Cache::builder().max_capacity(USERS).time_to_live(LIFETIME).build())
    }
}

#[async_trait]
impl ListCache for InProcess {
    async fn look(&self, user: UserId) -> Look {
        let slot = self.0.get_with(user, async { Slot::default() }).await;
        match slot.get() {
            Some(list) => Look::Hit(Arc::clone(list)),
            None => Look::Miss(Box::new(slot)),
        }
    }

    async fn forget(&self, user: UserId) {
        self.0.invalidate(&user).await;
    }
}

#[async_trait]
impl FillToken for Slot {
    async fn fill(self: Box<Self>, list: Arc<ListPrefix>) {
        // Another reader of the same list may have been faster.
        let _ = self.set(list);
    }
}
