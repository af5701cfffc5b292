//! Whether storage and the model can do their work.

use std::{ops::Add, time::Duration};

use async_trait::async_trait;

use crate::ports::StoreError;

/// What a database answered when asked how it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoreReport {
    /// Migrations this version needs that have not been applied, oldest first.
    pub pending_migrations: Vec<String>,
}

/// How busy the connections of a database are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PoolStatus {
    /// How many there may be.
    pub max: usize,
    /// How many there are.
    pub size: usize,
    /// How many of them are idle.
    pub available: usize,
    /// How many units of work wait for one.
    pub waiting: usize,
}

impl PoolStatus {
    /// How many connections are at work.
    #[must_use]
    pub const fn in_use(&self) -> usize {
        self.size.saturating_sub(self.available)
    }
}

impl Add for PoolStatus {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            max: self.max + other.max,
            size: self.size + other.size,
            available: self.available + other.available,
            waiting: self.waiting + other.waiting,
        }
    }
}

/// Whether a replica of a database is being read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplicaState {
    /// Not yet: it has to prove first that it is one.
    Starting,
    /// It is.
    InUse,
    /// Not for the time being: it lags too far behind, does not answer, or fails.
    Away,
    /// Not as long as nobody changes something: it is no replica of this database, or has other
    /// migrations.
    Refused,
}

/// How a replica of a database is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplicaStatus {
    /// Whether it is being read from.
    pub state: ReplicaState,
    /// How far it lagged behind when it was last known.
    pub lag: Option<Duration>,
}

/// Asks a database how it is.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait StoreHealth: Send + Sync {
    /// Reads the list of applied migrations, which needs no privilege beyond SELECT.
    async fn check(&self) -> Result<StoreReport, StoreError>;

    /// How busy its connections are, which is known also while it does not answer.
    fn pool(&self) -> PoolStatus;

    /// How its replica is, if it has one; asks nobody.
    fn replica(&self) -> Option<ReplicaStatus>;
}

/// How a model's provider stands to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelCondition {
    /// It would answer.
    Ready,
    /// It does not accept our credentials.
    AuthRefused,
    /// It wants to be paid first.
    PaymentDue,
    /// What we may use in this period is used up; waiting a little does not help.
    QuotaExhausted,
    /// Too many questions at once; it would answer in a while.
    RateLimited,
    /// It has no such model (any more), or none that can chat.
    ModelNotFound,
    /// It can't be reached, or is broken.
    Unavailable,
}

impl ModelCondition {
    /// Its name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::AuthRefused => "auth_refused",
            Self::PaymentDue => "payment_due",
            Self::QuotaExhausted => "quota_exhausted",
            Self::RateLimited => "rate_limited",
            Self::ModelNotFound => "model_not_found",
            Self::Unavailable => "unavailable",
        }
    }
}

/// What a model's provider answered when asked how it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelReport {
    /// How it stands to us.
    pub condition: ModelCondition,
    /// A line for the operator: no secrets.
    pub detail: String,
}

/// Where the circuit breaker before a model's provider stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// Calls go through.
    Closed,
    /// The next call, or one that is on its way, finds out whether the provider is back.
    HalfOpen,
    /// No call goes through.
    Open,
}

/// Asks a model's provider how it is, without having anything generated.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ModelHealth: Send + Sync {
    /// Asks. It costs a call, so callers that ask often keep the answer for minutes.
    async fn check(&self) -> ModelReport;

    /// Whether calls of it go through at the moment; asks nobody.
    fn breaker(&self) -> BreakerState;
}

/// Tells how the memory is that the processes of a service share.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait MemoryHealth: Send + Sync {
    /// Whether it is in use; asks nobody. While it is not, the service does without.
    fn is_available(&self) -> bool;
}
