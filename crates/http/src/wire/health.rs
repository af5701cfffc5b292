//! How the service is.

use std::time::Duration;

use serde::Serialize;
use todo_app::{ProviderState, StoreState};
use todo_domain::{
    ModelIdentity, Timestamp,
    ports::{self, ModelCondition, PoolStatus, ReplicaState, StoreErrorKind},
};
use utoipa::ToSchema;

use super::instant::instant;

/// The process answers.
#[derive(Serialize, ToSchema)]
pub(crate) struct Liveness {
    #[schema(example = "healthy")]
    pub(crate) status: &'static str,
}

/// Requests may be sent here.
#[derive(Serialize, ToSchema)]
pub(crate) struct Readiness {
    #[schema(example = "ready")]
    pub(crate) status: &'static str,
}

/// How the service and what it needs are. Under `METRICS_ADDRESS` the API's own port tells `status`,
/// `database.status`, `cohere.status` and `timestamp` alone.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    status: Status,
    database: Database,
    /// Missing where the database has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    replica: Option<Replica>,
    cohere: Cohere,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    model: Option<Model>,
    /// Missing where the service has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    redis: Option<Redis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "0.1.0", nullable = false)]
    version: Option<&'static str>,
    /// Whole seconds since the process began to serve.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 86_400, nullable = false)]
    uptime_seconds: Option<u64>,
    #[schema(format = DateTime, example = "2026-11-22T09:00:00.123456Z")]
    timestamp: String,
}

/// Whether the service can do its work.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = HealthStatus)]
enum Status {
    Healthy,
    Degraded,
}

/// How the database is.
#[derive(Serialize, ToSchema)]
#[schema(as = DatabaseHealth)]
struct Database {
    status: DatabaseStatus,
    /// How long it took to answer, or to be given up, waiting for a connection included.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1.25, nullable = false)]
    latency_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pool: Option<Pool>,
    /// The migrations this version needs that have not been applied, oldest first; missing while
    /// the database does not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pending_migrations: Option<Vec<String>>,
}

/// Whether the database can do its work.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum DatabaseStatus {
    Healthy,
    MigrationsPending,
    /// There is no room on its disk: it can be read, and not written.
    StorageFull,
    Unavailable,
}

/// How busy the connections to the database are.
#[derive(Serialize, ToSchema)]
#[schema(as = DatabasePool)]
struct Pool {
    /// How many there may be.
    #[schema(example = 20)]
    max: usize,
    /// How many there are.
    #[schema(example = 4)]
    size: usize,
    #[schema(example = 1)]
    in_use: usize,
    #[schema(example = 3)]
    idle: usize,
    /// How many requests wait for one.
    #[schema(example = 0)]
    waiting: usize,
}

/// How the replica of the database is. Everything is read from the primary while it can't be used.
#[derive(Serialize, ToSchema)]
#[schema(as = ReplicaHealth)]
struct Replica {
    status: ReplicaStatus,
    /// How far it lagged behind when it was last known; missing before that.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 0.25, nullable = false)]
    lag_seconds: Option<f64>,
}

/// Whether the replica is being read from.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ReplicaStatus {
    /// Not yet: it has to prove first that it is one.
    Starting,
    /// It is.
    InUse,
    /// Not for the time being: it lags too far behind, does not answer, or fails.
    Away,
    /// Not before somebody changes something: it is no replica of the database, or has other
    /// migrations.
    Refused,
}

/// How Cohere was when it was last asked. Nothing is generated for that.
#[derive(Serialize, ToSchema)]
#[schema(as = CohereHealth)]
struct Cohere {
    status: CohereStatus,
    /// When it answered last; missing before the first answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, example = "2026-11-22T08:58:00.123456Z", nullable = false)]
    checked_at: Option<String>,
    /// Missing when answers come from another engine.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    breaker: Option<Breaker>,
}

/// The circuit breaker before Cohere, as of now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CohereBreaker)]
enum Breaker {
    /// Calls go through.
    Closed,
    /// The next call, or one that is on its way, finds out whether Cohere is back.
    HalfOpen,
    /// Cohere has failed again and again and is not called for a while.
    Open,
}

/// How Cohere was when it was last asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum CohereStatus {
    /// It has the model, for this key.
    Healthy,
    /// It does not accept the key.
    AuthRefused,
    /// It wants to be paid first.
    PaymentDue,
    /// The month's calls are used up.
    QuotaExhausted,
    /// The minute's calls are used up.
    RateLimited,
    /// It has no such model.
    ModelNotFound,
    /// It can't be reached, or is broken.
    Unavailable,
    /// It has not answered yet.
    Unknown,
    /// Answers come from another engine.
    NotConfigured,
}

/// What answers messages.
#[derive(Serialize, ToSchema)]
#[schema(as = HealthModel)]
struct Model {
    #[schema(example = "cohere")]
    engine: String,
    #[schema(example = "command-a-03-2025")]
    model: String,
}

/// How Redis is. The service does without it while it can't be used.
#[derive(Serialize, ToSchema)]
#[schema(as = RedisHealth)]
struct Redis {
    status: RedisStatus,
}

/// Whether Redis can be used.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum RedisStatus {
    Healthy,
    Unavailable,
}

impl Health {
    /// `redis` tells whether it can be used, if there is one.
    pub(crate) fn new(
        store: StoreState,
        redis: Option<bool>,
        provider: Option<ProviderState>,
        model: ModelIdentity,
        uptime: Duration,
        now: Timestamp,
    ) -> Self {
        let replica = store.replica.map(Replica::from);
        let (database, cohere) = (Database::from(store), Cohere::from(provider));
        let is_healthy = database.status == DatabaseStatus::Healthy
            && replica.as_ref().is_none_or(Replica::is_healthy)
            && cohere.is_healthy()
            && redis != Some(false);
        Self {
            status: if is_healthy { Status::Healthy } else { Status::Degraded },
            database,
            replica,
            cohere,
            model: Some(Model { engine: model.engine, model: model.model }),
            redis: redis.map(|is_available| Redis {
                status: if is_available { RedisStatus::Healthy } else { RedisStatus::Unavailable },
            }),
            version: Some(env!("CARGO_PKG_VERSION")),
            uptime_seconds: Some(uptime.as_secs()),
            timestamp: instant(now),
        }
    }

    /// What anybody may know (S76).
    #[must_use]
    pub(crate) fn summary(self) -> Self {
        let database = Database {
            status: self.database.status,
            latency_ms: None,
            pool: None,
            pending_migrations: None,
        };
        let cohere = Cohere { status: self.cohere.status, checked_at: None, breaker: None };
        Self {
            status: self.status,
            database,
            replica: None,
            cohere,
            model: None,
            redis: None,
            version: None,
            uptime_seconds: None,
            timestamp: self.timestamp,
        }
    }

    /// Whether the service can do its work, if perhaps not all of it.
    pub(crate) fn is_usable(&self) -> bool {
        self.database.status == DatabaseStatus::Healthy
    }
}

impl From<StoreState> for Database {
    fn from(state: StoreState) -> Self {
        let status = match &state.pending_migrations {
            Err(error) if error.kind == StoreErrorKind::StorageFull => DatabaseStatus::StorageFull,
            Err(_) => DatabaseStatus::Unavailable,
            Ok(pending) if pending.is_empty() => DatabaseStatus::Healthy,
            Ok(_) => DatabaseStatus::MigrationsPending,
        };
        let pending_migrations = state.pending_migrations.ok();
        Self {
            status,
            latency_ms: Some(state.latency.as_micros() as f64 / 1000.0),
            pool: Some(state.pool.into()),
            pending_migrations,
        }
    }
}

impl From<PoolStatus> for Pool {
    fn from(pool: PoolStatus) -> Self {
        Self {
            max: pool.max,
            size: pool.size,
            in_use: pool.in_use(),
            idle: pool.available,
            waiting: pool.waiting,
        }
    }
}

impl Replica {
    fn is_healthy(&self) -> bool {
        matches!(self.status, ReplicaStatus::Starting | ReplicaStatus::InUse)
    }
}

impl From<ports::ReplicaStatus> for Replica {
    fn from(replica: ports::ReplicaStatus) -> Self {
        let status = match replica.state {
            ReplicaState::Starting => ReplicaStatus::Starting,
            ReplicaState::InUse => ReplicaStatus::InUse,
            ReplicaState::Away => ReplicaStatus::Away,
            ReplicaState::Refused => ReplicaStatus::Refused,
        };
        Self { status, lag_seconds: replica.lag.map(|lag| lag.as_millis() as f64 / 1000.0) }
    }
}

impl Cohere {
    fn is_healthy(&self) -> bool {
        let is_healthy = matches!(
            self.status,
            CohereStatus::Healthy | CohereStatus::Unknown | CohereStatus::NotConfigured
        );
        is_healthy && matches!(self.breaker, None | Some(Breaker::Closed))
    }
}

impl From<Option<ProviderState>> for Cohere {
    fn from(state: Option<ProviderState>) -> Self {
        let Some(ProviderState { last, breaker }) = state else {
            return Self { status: CohereStatus::NotConfigured, checked_at: None, breaker: None };
        };
        Self {
            status: last.map_or(CohereStatus::Unknown, |answer| answer.condition.into()),
            checked_at: last.map(|answer| instant(answer.checked_at)),
            breaker: Some(breaker.into()),
        }
    }
}

impl From<ports::BreakerState> for Breaker {
    fn from(breaker: ports::BreakerState) -> Self {
        match breaker {
            ports::BreakerState::Closed => Self::Closed,
            ports::BreakerState::HalfOpen => Self::HalfOpen,
            ports::BreakerState::Open => Self::Open,
        }
    }
}

impl From<ModelCondition> for CohereStatus {
    fn from(condition: ModelCondition) -> Self {
        match condition {
            ModelCondition::Ready => Self::Healthy,
            ModelCondition::AuthRefused => Self::AuthRefused,
            ModelCondition::PaymentDue => Self::PaymentDue,
            ModelCondition::QuotaExhausted => Self::QuotaExhausted,
            ModelCondition::RateLimited => Self::RateLimited,
            ModelCondition::ModelNotFound => Self::ModelNotFound,
            ModelCondition::Unavailable => Self::Unavailable,
        }
    }
}
