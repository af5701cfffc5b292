//! What the service keeps its data in: the database and the memory it shares with other processes.

use std::time::Duration;

use todo_adapters::{
    ConversationCache, Database, DatabaseEngine, DatabaseSettings, OpenError, RedisSettings,
    ReplicaSettings, SharedMemory,
};
use todo_domain::ports::Stores;
use todo_metrics::{CacheMetrics, Metrics};
use tokio::{runtime::Handle, time::timeout};

use crate::config::{DatabaseConfig, ReplicaConfig};

/// How long a command waits for Redis.
const MEMORY_TIMEOUT: Duration = Duration::from_secs(1);

pub(crate) struct Storage {
    pub(crate) database: Database,
    pub(crate) memory: Option<SharedMemory>,
    pub(crate) stores: Stores,
}

impl Storage {
    /// # Errors
    /// Whatever keeps the database from being used.
    pub(crate) async fn open(
        config: &DatabaseConfig,
        redis: Option<&RedisSettings>,
        metrics: &Metrics,
    ) -> Result<Self, OpenError> {
        let memory = redis
            .map(|redis| SharedMemory::start(redis, metrics.cache.clone(), &Handle::current()));
        let settings = DatabaseSettings {
            timeout: config.timeout,
            slow_query_threshold: config.slow_query_threshold,
            user_limits: config.user_limits,
            conversation_cache: cache(config.engine, memory.as_ref(), &metrics.cache),
            metrics: metrics.storage.clone(),
        };
        let database = database(config, settings, memory.as_ref(), metrics).await?;
        Ok(Self { stores: database.stores(), database, memory })
    }

    /// Waits for Redis for a moment, if there is one, as a command has to that ends soon: it tells
    /// the other processes what has changed. Without it they may show a list as it was, for as
    /// long as it is cached at most.
    pub(crate) async fn memory_available(&self) {
        if let Some(memory) = &self.memory {
            let _ = timeout(MEMORY_TIMEOUT, memory.available()).await;
        }
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
    engine: DatabaseEngine,
    memory: Option<&SharedMemory>,
    metrics: &CacheMetrics,
) -> Option<ConversationCache> {
    match (memory, engine) {
        (Some(memory), _) => {
            Some(ConversationCache::in_redis(memory.clone(), metrics.clone(), &Handle::current()))
        }
        (None, DatabaseEngine::Sqlite) => Some(ConversationCache::in_process(metrics.clone())),
        (None, DatabaseEngine::Postgres) => None,
    }
}
