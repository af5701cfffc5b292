//! A copy of a PostgreSQL that takes reads off its primary, and which reads may go there.
//!
//! A replica lags behind. Two things keep that from being noticed: it is used only while it lags
//! little ([`watch`]), and a user who has just written reads from the primary
//! ([`recent_writes`]).

mod condition;
mod lag;
mod probe;
mod recent_writes;
#[cfg(feature = "redis")]
mod shared_writes;
mod watch;

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use todo_domain::{UserId, ports::ReplicaStatus};
use todo_metrics::{Metrics, ReadTarget, ReplicaMetrics};
use tokio::{runtime::Handle, time::Instant};
use tokio_util::task::AbortOnDropHandle;

pub use self::probe::ReplicaProbeError;
use self::{
    condition::Condition,
    recent_writes::{RecentWrites, WriteRegister},
    watch::Watch,
};
use super::{
    error::Failure,
    observers::{WriteObserver, Written},
    url::{DatabaseUrl, PostgresUrl},
};

/// A replica, and how to use it.
#[derive(Debug, Clone)]
pub struct ReplicaSettings {
    /// Where it is (`DATABASE_REPLICA_URL`).
    pub url: DatabaseUrl,
    /// How far it may lag behind and still be read from (`DATABASE_REPLICA_MAX_LAG`).
    pub max_lag: Duration,
    /// Tells the processes of the service of each other's writes. Without it a user has to reach
    /// the same process to be sure to read what they wrote a moment ago.
    pub shared_writes: Option<SharedWrites>,
    /// How long after the start nothing is read from it. `None` is the
    /// [window of a write](Self::write_window): somebody may have written shortly before the start,
    /// in a process that has taken that knowledge with it.
    pub first_read_after: Option<Duration>,
    /// Counts where reads went, and knows the lag.
    pub metrics: ReplicaMetrics,
}

impl ReplicaSettings {
    /// 5 seconds (S91).
    pub const DEFAULT_MAX_LAG: Duration = Duration::from_secs(5);

    /// This replica, for a process that shares no memory.
    #[must_use]
    pub fn new(url: DatabaseUrl) -> Self {
        Self {
            url,
            max_lag: Self::DEFAULT_MAX_LAG,
            shared_writes: None,
            first_read_after: None,
            metrics: Metrics::none().replica,
        }
    }

    /// How often the lag is looked at.
    fn interval(max_lag: Duration) -> Duration {
        (max_lag / 5).min(Duration::from_secs(1))
    }

    /// How long after a write its user reads from the primary: longer than a replica that is being
    /// read from can lag behind. The lag is known as of one look ago, which saw positions of the
    /// look before, and a look takes its time.
    #[must_use]
    pub fn write_window(max_lag: Duration) -> Duration {
        max_lag + 2 * Self::interval(max_lag) + CHECK_TIMEOUT
    }
}

/// How long a server may take to tell how far it is.
const CHECK_TIMEOUT: Duration = Duration::from_secs(1);

/// Who has just written, as the processes of the service tell each other.
#[derive(Debug, Clone)]
pub struct SharedWrites(Arc<dyn WriteRegister>);

impl SharedWrites {
    /// In Redis.
    #[cfg(feature = "redis")]
    #[must_use]
    pub fn in_redis(memory: crate::SharedMemory) -> Self {
        Self(Arc::new(shared_writes::InRedis::new(memory)))
    }
}

/// How fresh a read has to be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Freshness {
    /// As the last commit left it.
    Latest,
    /// It may lag a little behind the commits of others, but shows everything this user wrote.
    OwnWrites(UserId),
    /// As [`Self::OwnWrites`], but a cache may keep the answer for all processes, also where one of
    /// them could not tell the others what it wrote. Where processes share a memory, and with it
    /// that cache, it is [`Self::Latest`]: the cache takes those reads off the primary.
    ForCache(UserId),
}

/// Decides which reads go to the replica.
pub(crate) struct Routing {
    condition: Arc<Condition>,
    writes: RecentWrites,
    metrics: ReplicaMetrics,
    _watch: AbortOnDropHandle<()>,
}

impl Routing {
    /// Starts to watch the replica, which is not used before it has proved to be one.
    pub(super) fn start(
        settings: &ReplicaSettings,
        primary: &PostgresUrl,
        replica: &PostgresUrl,
        runtime: &Handle,
    ) -> Self {
        let max_lag = settings.max_lag;
        let window = ReplicaSettings::write_window(max_lag);
        let not_before = Instant::now() + settings.first_read_after.unwrap_or(window);
        let condition = Arc::new(Condition::new(settings.metrics.clone(), not_before));
        let watch = Watch::new(primary, replica, max_lag, Arc::clone(&condition));
        Self {
            condition,
            writes: RecentWrites::new(window, settings.shared_writes.clone()),
            metrics: settings.metrics.clone(),
            _watch: AbortOnDropHandle::new(
                runtime.spawn(watch.keep(ReplicaSettings::interval(max_lag))),
            ),
        }
    }

    /// Whether the replica is fresh enough.
    pub(crate) async fn allows(&self, freshness: Freshness) -> bool {
        let user = match freshness {
            Freshness::Latest => return false,
            Freshness::ForCache(_) if self.writes.are_shared() => return false,
            Freshness::ForCache(user) | Freshness::OwnWrites(user) => user,
        };
        self.condition.is_in_use() && !self.writes.include(user).await
    }

    /// A read was answered.
    pub(crate) fn answered(&self, target: ReadTarget) {
        self.metrics.read(target);
    }

    /// The replica did not answer a read.
    pub(crate) fn failed(&self, failure: &Failure) {
        self.condition.read_failed(failure);
    }

    /// How the replica is.
    pub(crate) fn status(&self) -> ReplicaStatus {
        self.condition.status()
    }
}

#[async_trait]
impl WriteObserver for Routing {
    /// Somebody may have written, whatever their unit of work said in the end.
    async fn wrote(&self, written: Written) {
        match written {
            Written::InNoName => {}
            Written::RowsOf(user) | Written::ConversationsOf(user) => self.writes.add(user).await,
        }
    }
}

impl fmt::Debug for Routing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Routing").field("status", &self.status()).finish_non_exhaustive()
    }
}
