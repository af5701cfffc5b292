//! What the service keeps its data in: the database, the memory it shares with other processes,
//! and the stores whose answers may come from a cache.

use std::sync::Arc;

use todo_adapters::{
    ConversationCache, Database, DatabaseEngine, DatabaseSettings, OpenError, ReplicaSettings,
    SharedMemory,
};
use todo_domain::ports::{ArchiveStore, ConversationStore, TurnStore};
use todo_metrics::{CacheMetrics, Metrics};
use tokio::runtime::Handle;

use crate::config::{Config, DatabaseConfig, ReplicaConfig};

pub(crate) struct Storage {
    pub(crate) database: Database,
    pub(super) memory: Option<SharedMemory>,
    pub(super) conversations: Arc<dyn ConversationStore>,
    pub(super) turns: Arc<dyn TurnStore>,
    pub(super) archives: Arc<dyn ArchiveStore>,
}

impl Storage {
    /// # Errors
    /// Whatever keeps the database from being used.
    pub(crate) async fn open(config: &Config, metrics: &Metrics) -> Result<Self, OpenError> {
        let settings = DatabaseSettings {
            timeout: config.database.timeout,
            slow_query_threshold: config.database.slow_query_threshold,
            metrics: metrics.storage.clone(),
        };
        let memory = config
            .redis
            .as_ref()
            .map(|redis| SharedMemory::start(redis, metrics.cache.clone(), &Handle::current()));
        let database =
            database(&config.database, settings.clone(), memory.as_ref(), metrics).await?;
        let (mut conversations, mut turns) = (database.conversations(), database.turns());
        let mut archives = database.archives();
        if let Some(cache) = cache(config, &settings, memory.as_ref(), &metrics.cache) {
            (conversations, turns) = (cache.conversations(conversations), cache.turns(turns));
            archives = cache.archives(archives);
        }
        Ok(Self { database, memory, conversations, turns, archives })
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
    config: &Config,
    settings: &DatabaseSettings,
    memory: Option<&SharedMemory>,
    metrics: &CacheMetrics,
) -> Option<ConversationCache> {
    let (metrics, runtime) = (metrics.clone(), Handle::current());
    match (memory, config.database.engine) {
        (Some(memory), _) => {
            Some(ConversationCache::in_redis(memory.clone(), settings, metrics, &runtime))
        }
        (None, DatabaseEngine::Sqlite) => {
            Some(ConversationCache::in_process(settings, metrics, &runtime))
        }
        (None, DatabaseEngine::Postgres) => None,
    }
}
