//! Whether the service can do its work.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use moka::future::Cache;
use todo_domain::{
    ModelIdentity,
    ports::{
        BreakerState, ChatModel, MemoryHealth, PoolStatus, ReplicaStatus, StoreError,
        StoreErrorKind, StoreHealth, StoreReport,
    },
};
use tracing::Instrument;

use crate::{ProviderAnswer, ProviderMonitor};

/// For how long an answer of the database is given to those who ask after it. Whoever asks meanwhile
/// waits for the same answer. So a flood of probes, which nothing limits, is no load for the
/// database.
const ANSWER_TTL: Duration = Duration::from_secs(1);

/// Answers probes.
#[derive(Clone)]
pub struct Health {
    store: Arc<dyn StoreHealth>,
    /// What the database answered last.
    answer: Cache<(), Arc<StoreAnswer>>,
    model: Arc<dyn ChatModel>,
    watch: Option<ProviderMonitor>,
    memory: Option<Arc<dyn MemoryHealth>>,
    started: Instant,
    stopping: Arc<AtomicBool>,
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Health").finish_non_exhaustive()
    }
}

/// What the database answered, and how long that took.
struct StoreAnswer {
    report: Result<StoreReport, StoreError>,
    latency: Duration,
}

impl StoreAnswer {
    /// The migrations that are missing. An error is given to everybody who asked, so that each gets
    /// its kind and its words.
    fn pending_migrations(&self) -> Result<Vec<String>, StoreError> {
        match &self.report {
            Ok(report) => Ok(report.pending_migrations.clone()),
            Err(error) => Err(StoreError::new(error.kind, error.source.to_string())),
        }
    }
}

/// How the database is, as of a second ago at most.
#[derive(Debug)]
pub struct StoreState {
    /// The migrations this version needs that have not been applied, oldest first, or why nobody
    /// knows.
    pub pending_migrations: Result<Vec<String>, StoreError>,
    /// How long its answer took, waiting for a connection included.
    pub latency: Duration,
    /// How busy the connections are.
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

fn answers(ttl: Duration) -> Cache<(), Arc<StoreAnswer>> {
    Cache::builder().max_capacity(1).time_to_live(ttl).build()
}

impl Health {
    /// Health of this database and this model, whose provider, if it has one, is watched.
    #[must_use]
    pub fn new(
        store: Arc<dyn StoreHealth>,
        model: Arc<dyn ChatModel>,
        watch: Option<ProviderMonitor>,
    ) -> Self {
        let (started, stopping) = (Instant::now(), Arc::default());
        let answer = answers(ANSWER_TTL);
        Self { store, answer, model, watch, memory: None, started, stopping }
    }

    /// Telling an answer of the database for so long instead of a second.
    #[must_use]
    pub fn cache_for(self, ttl: Duration) -> Self {
        Self { answer: answers(ttl), ..self }
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

    /// Asks the database, unless it has just answered or the service is about to stop anyway.
    pub async fn readiness(&self) -> Readiness {
        if self.is_shutting_down() {
            return Readiness::ShuttingDown;
        }
        match self.answer().await.pending_migrations() {
            Err(error) => Readiness::DatabaseDown(error),
            Ok(pending) if pending.is_empty() => Readiness::Ready,
            Ok(pending) => Readiness::MigrationsPending(pending),
        }
    }

    /// Asks the database, unless it has just answered.
    pub async fn store(&self) -> StoreState {
        let answer = self.answer().await;
        StoreState {
            pending_migrations: answer.pending_migrations(),
            latency: answer.latency,
            pool: self.store.pool(),
            replica: self.store.replica(),
        }
    }

    /// What the database answers to all who ask at the same time, or answered a moment ago. It is
    /// asked in a task of its own: a caller that goes away would else leave the question behind and
    /// the next one would ask it again.
    async fn answer(&self) -> Arc<StoreAnswer> {
        let asked = Instant::now();
        let (answer, store) = (self.answer.clone(), Arc::clone(&self.store));
        let ask = async move {
            let asked = Instant::now();
            let report = store.check().await;
            Arc::new(StoreAnswer { report, latency: asked.elapsed() })
        };
        let task = async move { answer.get_with((), ask).await };
        tokio::spawn(task.in_current_span()).await.unwrap_or_else(|lost| {
            let report = Err(StoreError::new(StoreErrorKind::Internal, lost));
            Arc::new(StoreAnswer { report, latency: asked.elapsed() })
        })
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
