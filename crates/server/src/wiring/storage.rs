//! What the service keeps its data in: the database, the memory it shares with other processes,
//! and the stores whose answers may come from a cache.

use std::sync::Arc;

use todo_adapters::{
    ConversationCache, Database, DatabaseEngine, DatabaseSettings, OpenError, RedisSettings,
    ReplicaSettings, SharedMemory,
};
use todo_domain::ports::{AccountStore, ArchiveStore, ConversationStore, TurnStore};
use todo_metrics::{CacheMetrics, Metrics};
use tokio::runtime::Handle;

use crate::config::{DatabaseConfig, ReplicaConfig};

pub(crate) struct Storage {
    pub(crate) database: Database,
    pub(crate) memory: Option<SharedMemory>,
    pub(super) accounts: Arc<dyn AccountStore>,
    pub(super) conversations: Arc<dyn ConversationStore>,
    pub(super) turns: Arc<dyn TurnStore>,
    pub(super) archives: Arc<dyn ArchiveStore>,
}

impl Storage {
    /// # Errors
    /// Whatever keeps the database from being used.
    pub(crate) async fn open(
        config: &DatabaseConfig,
        redis: Option<&RedisSettings>,
        metrics: &Metrics,
    ) -> Result<Self, OpenError> {
        let settings = DatabaseSettings {
            timeout: config.timeout,
            slow_query_threshold: config.slow_query_threshold,
            user_limits: config.user_limits,
            metrics: metrics.storage.clone(),
        };
        let memory = redis
            .map(|redis| SharedMemory::start(redis, metrics.cache.clone(), &Handle::current()));
        let database = database(config, settings.clone(), memory.as_ref(), metrics).await?;
        let mut storage = Self {
            accounts: database.accounts(),
            conversations: database.conversations(),
            turns: database.turns(),
            archives: database.archives(),
            database,
            memory,
        };
        if let Some(cache) = cache(config, &settings, storage.memory.as_ref(), &metrics.cache) {
            storage.accounts = cache.accounts(storage.accounts);
            storage.conversations = cache.conversations(storage.conversations);
            storage.turns = cache.turns(storage.turns);
            storage.archives = cache.archives(storage.archives);
        }
        Ok(storage)
    }
}

async fn database(
    config: &DatabaseConfig,
    settings: DatabaseSettings,
    memory: Option<&SharedMemory>,
    metrics: &Metrics,
) -> Result<Database, OpenError> {
    let runtime = Handle::current();
    match &config.replica {
        Some(ReplicaConfig { url, max_lag }) => {
            let replica = ReplicaSettings {
                url: url.clone(),
                max_lag: *max_lag,
                memory: memory.cloned(),
                first_read_after: ReplicaSettings::write_window(*max_lag),
                metrics: metrics.replica.clone(),
            };
            Database::open_with_replica(&config.url, &replica, settings, runtime).await
        }
        None => Database::open(&config.url, settings, runtime).await,
    }
}

/// Where conversation lists are cached. Several processes may use a PostgreSQL: what one of them
/// kept to itself the others could not make it forget.
fn cache(
    config: &DatabaseConfig,
    settings: &DatabaseSettings,
    memory: Option<&SharedMemory>,
    metrics: &CacheMetrics,
) -> Option<ConversationCache> {
    let (metrics, runtime) = (metrics.clone(), Handle::current());
    match (memory, config.engine) {
        (Some(memory), _) => {
            Some(ConversationCache::in_redis(memory.clone(), settings, metrics, &runtime))
        }
        (None, DatabaseEngine::Sqlite) => {
            Some(ConversationCache::in_process(settings, metrics, &runtime))
        }
        (None, DatabaseEngine::Postgres) => None,
    }
}
