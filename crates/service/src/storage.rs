//! What the service keeps its data in: the database and the memory it shares with other processes.

use std::time::Duration;

use todo_adapters::{
    ConversationCache, Database, DatabaseEngine, DatabaseSettings, OpenError, ReplicaSettings,
    SharedMemory, SharedWrites,
};
use todo_domain::ports::Stores;
use todo_metrics::{CacheMetrics, Metrics};
use tokio::{runtime::Handle, time::timeout};

use crate::StorageSettings;

/// How long a command waits for Redis.
const MEMORY_TIMEOUT: Duration = Duration::from_secs(1);

/// What the service keeps its data in.
#[derive(Debug, Clone)]
pub struct Storage {
    /// The database.
    pub database: Database,
    /// Its stores.
    pub stores: Stores,
    /// The memory it shares with other processes, if it does.
    pub memory: Option<SharedMemory>,
}

impl Storage {
    pub(crate) async fn open(
        settings: &StorageSettings,
        metrics: &Metrics,
    ) -> Result<Self, OpenError> {
        let StorageSettings { url, database, replica, redis } = settings;
        let runtime = Handle::current();
        let memory =
            redis.as_ref().map(|it| SharedMemory::start(it, metrics.cache.clone(), &runtime));
        let database = DatabaseSettings {
            conversation_cache: cache(url.engine(), memory.as_ref(), &metrics.cache),
            metrics: metrics.storage.clone(),
            ..database.clone()
        };
        let database = match replica {
            None => Database::open(url, database, runtime).await?,
            Some(replica) => {
                let replica = ReplicaSettings {
                    shared_writes: memory.clone().map(SharedWrites::in_redis),
                    metrics: metrics.replica.clone(),
                    ..replica.clone()
                };
                Database::open_with_replica(url, &replica, database, runtime).await?
            }
        };
        Ok(Self { stores: database.stores(), database, memory })
    }

    /// Waits for Redis for a moment, if there is one, as a command has to that ends soon: it tells
    /// the other processes what has changed. Without it they may show a list as it was, for as
    /// long as it is cached at most.
    pub async fn memory_available(&self) {
        if let Some(memory) = &self.memory {
            let _ = timeout(MEMORY_TIMEOUT, memory.available()).await;
        }
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
