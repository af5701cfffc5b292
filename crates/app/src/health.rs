//! Whether the service can do its work.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use todo_domain::{
    ModelIdentity,
    ports::{
        BreakerState, ChatModel, MemoryHealth, PoolStatus, ReplicaStatus, StoreError, StoreHealth,
    },
};

use crate::{ModelWatch, ProviderAnswer};

/// Answers probes.
#[derive(Clone)]
pub struct Health {
    store: Arc<dyn StoreHealth>,
    model: Arc<dyn ChatModel>,
    watch: Option<ModelWatch>,
    memory: Option<Arc<dyn MemoryHealth>>,
    started: Instant,
    stopping: Arc<AtomicBool>,
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Health").finish_non_exhaustive()
    }
}

/// How the database is.
#[derive(Debug)]
pub struct StoreState {
    /// The migrations this version needs that have not been applied, oldest first, or why nobody
    /// knows.
    pub pending_migrations: Result<Vec<String>, StoreError>,
    /// How long the answer took, waiting for a connection included.
    pub latency: Duration,
    /// How busy the connections were while it was asked.
    pub pool: PoolStatus,
    /// How its replica is, if it has one.
    pub replica: Option<ReplicaStatus>,
}

/// Whether requests should be sent here.
#[derive(Debug)]
pub enum Readiness {
    /// Yes.
    Ready,
    /// Not any more: the service is about to stop.
    ShuttingDown,
    /// Not before these migrations are applied.
    MigrationsPending(Vec<String>),
    /// Not before the database answers.
    DatabaseDown(StoreError),
}

/// How the provider of the model is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProviderState {
    /// What it answered when it was asked last; `None` before the first answer.
    pub last: Option<ProviderAnswer>,
    /// Whether calls of it go through at the moment.
    pub breaker: BreakerState,
}

impl Health {
    /// Health of this database and this model, whose provider, if it has one, is watched.
    #[must_use]
    pub fn new(
        store: Arc<dyn StoreHealth>,
        model: Arc<dyn ChatModel>,
        watch: Option<ModelWatch>,
    ) -> Self {
        let (started, stopping) = (Instant::now(), Arc::default());
        Self { store, model, watch, memory: None, started, stopping }
    }

    /// With a memory that the processes of the service share.
    #[must_use]
    pub fn with_memory(self, memory: Option<Arc<dyn MemoryHealth>>) -> Self {
        Self { memory, ..self }
    }

    /// Whether the shared memory is in use, if there is one; asks nobody.
    #[must_use]
    pub fn memory_is_available(&self) -> Option<bool> {
        self.memory.as_ref().map(|memory| memory.is_available())
    }

    /// From now on no more requests should be sent here; those that come are answered all the
    /// same. Every clone knows.
    pub fn begin_shutdown(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Whether the service is about to stop.
    #[must_use]
    pub fn is_shutting_down(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Asks the database, unless the service is about to stop anyway.
    pub async fn readiness(&self) -> Readiness {
        if self.is_shutting_down() {
            return Readiness::ShuttingDown;
        }
        match self.store.check().await {
            Err(error) => Readiness::DatabaseDown(error),
            Ok(report) if report.pending_migrations.is_empty() => Readiness::Ready,
            Ok(report) => Readiness::MigrationsPending(report.pending_migrations),
        }
    }

    /// Asks the database.
    pub async fn store(&self) -> StoreState {
        let asked = Instant::now();
        let report = self.store.check().await;
        StoreState {
            pending_migrations: report.map(|report| report.pending_migrations),
            latency: asked.elapsed(),
            pool: self.store.pool(),
            replica: self.store.replica(),
        }
    }

    /// How long the service has been up.
    #[must_use]
    pub fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// What is known of the model's provider, if it has one; waits for nobody.
    #[must_use]
    pub fn provider(&self) -> Option<ProviderState> {
        let watch = self.watch.as_ref()?;
        Some(ProviderState { last: watch.last(), breaker: watch.breaker() })
    }

    /// Which model answers; asks nobody.
    #[must_use]
    pub fn model(&self) -> ModelIdentity {
        self.model.identity()
    }
}
