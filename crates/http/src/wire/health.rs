//! How the service is.

use serde::Serialize;
use todo_domain::{ModelIdentity, Timestamp};
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

/// Whether answers come from Cohere.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CohereHealth)]
enum Cohere {
    /// They do; it is not asked how it is.
    Configured,
    /// They come from another engine.
    NotConfigured,
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

impl Health {
    pub(crate) fn new(database: Database, model: ModelIdentity, now: Timestamp) -> Self {
        Self {
            status: match database {
                Database::Healthy => Status::Healthy,
                Database::MigrationsPending | Database::Unavailable => Status::Degraded,
            },
            database,
            cohere: match model.engine.as_str() {
                "cohere" => Cohere::Configured,
                _ => Cohere::NotConfigured,
            },
            model: Model { engine: model.engine, model: model.model },
            timestamp: now.to_string(),
        }
    }
}
