//! The list of conversations, kept at hand for a minute (S49).
//!
//! Stores behind this cache answer as if it were not there. That is so because a list gets into
//! the cache only through a [`Place`] that was taken *before* the database was read, and because
//! whatever changes a list forgets, *after* it was committed and before anybody is told, both the
//! list and every place that was taken for it: a reader that was overtaken by a write fills a
//! place that nobody looks at. See `docs/adr/0006-the-cached-conversation-list.md`.

mod accounts;
mod archives;
mod conversations;
mod head;
mod in_process;
mod in_redis;
mod turns;
mod writes;

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use todo_domain::{
    UserId,
    ports::{AccountStore, ArchiveStore, ConversationStore, TurnStore},
};
use todo_metrics::CacheMetrics;
use tokio::runtime::Handle;

use self::{
    accounts::WatchedAccounts, archives::WatchedArchives, conversations::CachedConversations,
    head::Head, in_process::InProcess, in_redis::InRedis, turns::WatchedTurns, writes::Writes,
};
use crate::{DatabaseSettings, SharedMemory};

/// The longest that a list is kept.
const LIFETIME: Duration = Duration::from_secs(60);

/// Where lists are kept.
#[async_trait]
trait ListCache: Send + Sync {
    /// The list of a user, or where to put it.
    async fn look(&self, user: UserId) -> Look;

    /// The list has changed.
    async fn forget(&self, user: UserId);
}

/// What a cache says when asked.
enum Look {
    /// This is the list.
    Hit(Arc<Head>),
    /// It has none. Whoever reads the database from now on may put what it finds here.
    Miss(Box<dyn Place>),
    /// It can't be asked, or must not be trusted.
    Unavailable,
}

/// Where a list may be put, as long as it has not changed since.
#[async_trait]
trait Place: Send + Sync {
    /// Puts it there. It is lost if the list has changed since.
    async fn fill(self: Box<Self>, head: Arc<Head>);
}

/// A cache of conversation lists.
#[derive(Clone)]
pub struct ConversationCache {
    lists: Arc<dyn ListCache>,
    writes: Writes,
    metrics: CacheMetrics,
}

impl ConversationCache {
    /// Lists in the memory of this process, which must be the only one that uses the database.
    #[must_use]
    pub fn in_process(
        database: &DatabaseSettings,
        metrics: CacheMetrics,
        runtime: &Handle,
    ) -> Self {
        Self::of(Arc::new(InProcess::new()), database, metrics, runtime)
    }

    /// Lists in Redis, for any number of processes.
    #[must_use]
    pub fn in_redis(
        memory: SharedMemory,
        database: &DatabaseSettings,
        metrics: CacheMetrics,
        runtime: &Handle,
    ) -> Self {
        Self::of(Arc::new(InRedis::start(memory, runtime)), database, metrics, runtime)
    }

    fn of(
        lists: Arc<dyn ListCache>,
        database: &DatabaseSettings,
        metrics: CacheMetrics,
        runtime: &Handle,
    ) -> Self {
        let writes = Writes::new(Arc::clone(&lists), database.settled_after(), runtime.clone());
        Self { lists, writes, metrics }
    }

    /// This store with its list cached.
    #[must_use]
    pub fn conversations(&self, store: Arc<dyn ConversationStore>) -> Arc<dyn ConversationStore> {
        let (lists, writes) = (Arc::clone(&self.lists), self.writes.clone());
        Arc::new(CachedConversations { store, lists, writes, metrics: self.metrics.clone() })
    }

    /// This store, whose users take their lists along when they go.
    #[must_use]
    pub fn accounts(&self, store: Arc<dyn AccountStore>) -> Arc<dyn AccountStore> {
        Arc::new(WatchedAccounts { store, writes: self.writes.clone() })
    }

    /// This store, whose turns change lists.
    #[must_use]
    pub fn turns(&self, store: Arc<dyn TurnStore>) -> Arc<dyn TurnStore> {
        Arc::new(WatchedTurns { store, writes: self.writes.clone() })
    }

    /// This store, whose imports make lists.
    #[must_use]
    pub fn archives(&self, store: Arc<dyn ArchiveStore>) -> Arc<dyn ArchiveStore> {
        Arc::new(WatchedArchives { store, writes: self.writes.clone() })
    }
}

impl fmt::Debug for ConversationCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConversationCache").finish_non_exhaustive()
    }
}
