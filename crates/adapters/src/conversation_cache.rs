//! The list of conversations, kept at hand for a minute (S49).
//!
//! A database with this cache answers as if it were not there. That is so because a list gets into
//! the cache only through a [`FillToken`] that was taken *before* the database was read, and because
//! whatever changes a list forgets, *after* it was committed and before anybody is notified, both the
//! list and every token that was taken for it: what a reader that was overtaken by a write
//! puts there is never looked at. See `docs/adr/0006-the-cached-conversation-list.md`.

mod in_process;
#[cfg(feature = "redis")]
mod in_redis;
mod list_prefix;

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use todo_domain::{
    ConversationCursor, PageLimit, UserId,
    ports::{ConversationPage, StoreError},
};
use todo_metrics::{CacheMetrics, CacheOutcome};
#[cfg(feature = "redis")]
use tokio::runtime::Handle;

use self::in_process::InProcess;
#[cfg(feature = "redis")]
use self::in_redis::InRedis;
pub(crate) use self::list_prefix::ListPrefix;
#[cfg(feature = "redis")]
use crate::SharedMemory;
use crate::storage::{WriteObserver, Written};

/// What the cache is called in metrics.
const NAME: &str = "conversations";

/// The longest that a list is kept.
const LIFETIME: Duration = Duration::from_secs(60);

/// Where lists are kept.
#[async_trait]
trait ListCache: Send + Sync {
    /// The list of a user, or the right to fill it.
    async fn look(&self, user: UserId) -> Look;

    /// The list has changed.
    async fn forget(&self, user: UserId);
}

/// What a cache says when asked.
enum Look {
    /// This is the list.
    Hit(Arc<ListPrefix>),
    /// It has none. Whoever reads the database from now on may put what it finds here.
    Miss(Box<dyn FillToken>),
    /// It can't be asked, or must not be trusted.
    #[cfg_attr(not(feature = "redis"), expect(dead_code, reason = "only Redis is ever away"))]
    Unavailable,
}

/// The right to put a list into the cache, as long as it has not changed since.
#[async_trait]
trait FillToken: Send + Sync {
    /// Puts it there. It is lost if the list has changed since.
    async fn fill(self: Box<Self>, list: Arc<ListPrefix>);
}

/// A cache of conversation lists, which a [`Database`](crate::Database) asks and tells of writes.
#[derive(Clone)]
pub struct ConversationCache {
    lists: Arc<dyn ListCache>,
    metrics: CacheMetrics,
}

impl ConversationCache {
    /// Lists in the memory of this process, which must be the only one that uses the database.
    #[must_use]
    pub fn in_process(metrics: CacheMetrics) -> Self {
        Self { lists: Arc::new(InProcess::new()), metrics }
    }

    /// Lists in Redis, for any number of processes.
    #[cfg(feature = "redis")]
    #[must_use]
    pub fn in_redis(memory: SharedMemory, metrics: CacheMetrics, runtime: &Handle) -> Self {
        Self { lists: Arc::new(InRedis::start(memory, runtime)), metrics }
    }

    /// A page of a user's list, from the cache or else from where `read` finds it.
    ///
    /// # Errors
    /// Those of `read`.
    pub async fn list<R>(
        &self,
        user: UserId,
        limit: PageLimit,
        after: Option<ConversationCursor>,
        read: impl Fn(PageLimit, Option<ConversationCursor>) -> R + Send,
    ) -> Result<ConversationPage, StoreError>
    where
        R: Future<Output = Result<ConversationPage, StoreError>> + Send,
    {
        let (page, outcome) = match self.lists.look(user).await {
            Look::Unavailable => (None, CacheOutcome::Unavailable),
            Look::Hit(list) => match list.page(limit, after) {
                Some(page) => (Some(page), CacheOutcome::Hit),
                None => (None, CacheOutcome::Miss),
            },
            Look::Miss(token) if after.is_none() => {
                let list = Arc::new(ListPrefix::of(read(ListPrefix::LENGTH, None).await?));
                token.fill(Arc::clone(&list)).await;
                (list.page(limit, None), CacheOutcome::Miss)
            }
            Look::Miss(_) => (None, CacheOutcome::Miss),
        };
        self.metrics.asked(NAME, outcome);
        match page {
            Some(page) => Ok(page),
            None => read(limit, after).await,
        }
    }

    /// The list of a user has changed, or may have. Whoever changed it calls this after the commit
    /// and before telling anybody.
    pub async fn forget(&self, user: UserId) {
        self.lists.forget(user).await;
    }
}

#[async_trait]
impl WriteObserver for ConversationCache {
    async fn wrote(&self, written: Written) {
        match written {
            Written::InNoName | Written::RowsOf(_) => {}
            Written::ConversationsOf(user) => self.forget(user).await,
        }
    }
}

impl fmt::Debug for ConversationCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConversationCache").finish_non_exhaustive()
    }
}
