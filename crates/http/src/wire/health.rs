//! How the service is.

use serde::Serialize;
use todo_app::ProviderState;
use todo_domain::{ModelIdentity, Timestamp, ports::ModelCondition};
use utoipa::ToSchema;

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

/// How the service and what it needs are.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    status: Status,
    database: Database,
    cohere: Cohere,
    model: Model,
    /// Missing where the service has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    redis: Option<Redis>,
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

/// Whether the database can do its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DatabaseHealth)]
pub(crate) enum Database {
    Healthy,
    MigrationsPending,
    Unavailable,
}

/// How Cohere was when it was last asked. Nothing is generated for that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CohereHealth)]
enum Cohere {
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

impl From<ProviderState> for Cohere {
    fn from(state: ProviderState) -> Self {
        match state {
            ProviderState::None => Self::NotConfigured,
            ProviderState::Unknown => Self::Unknown,
            ProviderState::Known(condition) => match condition {
                ModelCondition::Ready => Self::Healthy,
                ModelCondition::AuthRefused => Self::AuthRefused,
                ModelCondition::PaymentDue => Self::PaymentDue,
                ModelCondition::QuotaExhausted => Self::QuotaExhausted,
                ModelCondition::RateLimited => Self::RateLimited,
                ModelCondition::ModelNotFound => Self::ModelNotFound,
                ModelCondition::Unavailable => Self::Unavailable,
            },
        }
    }
}

/// What answers messages.
#[derive(Serialize, ToSchema)]
#[schema(as = HealthModel)]
struct Model {
    #[schema(example = "offline")]
    engine: String,
    #[schema(example = "offline-1")]
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
    /// The same with Redis, if there is one and whether it can be used.
    pub(crate) fn with_redis(mut self, is_available: Option<bool>) -> Self {
        let Some(is_available) = is_available else { return self };
        let status = match is_available {
            true => RedisStatus::Healthy,
            false => {
                self.status = Status::Degraded;
                RedisStatus::Unavailable
            }
        };
        self.redis = Some(Redis { status });
        self
    }

    pub(crate) fn new(
        database: Database,
        provider: ProviderState,
        model: ModelIdentity,
        now: Timestamp,
    ) -> Self {
        let cohere = Cohere::from(provider);
        Self {
            status: match (database, cohere) {
                (Database::Healthy, Cohere::Healthy | Cohere::Unknown | Cohere::NotConfigured) => {
                    Status::Healthy
                }
                _ => Status::Degraded,
            },
            database,
            cohere,
            model: Model { engine: model.engine, model: model.model },
            redis: None,
            timestamp: now.to_string(),
        }
    }
}
