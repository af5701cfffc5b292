//! For probes and operators.

use actix_web::{HttpResponse, Responder, get, web};
use todo_app::Readiness;

use crate::{
    Api, OperatorPages,
    error::{ApiError, Code},
    openapi::problems,
    wire,
};

problems!(LiveProblems:);
problems!(ReadyProblems: ; DatabaseUnavailable, StorageFull, MigrationsPending, ShuttingDown);
problems!(DetailedProblems:);

/// Whether the process answers
///
/// It asks nothing and nobody.
#[utoipa::path(
    operation_id = "getHealth",
    tag = "health",
    responses((status = 200, description = "It does", body = wire::Liveness), LiveProblems),
)]
#[get("/health")]
pub(crate) async fn live() -> impl Responder {
    web::Json(wire::Liveness { status: "healthy" })
}

/// Whether requests should be sent here
#[utoipa::path(
    operation_id = "getReadiness",
    tag = "health",
    responses((status = 200, description = "They should", body = wire::Readiness), ReadyProblems),
)]
#[get("/health/ready")]
pub(crate) async fn ready(api: web::Data<Api>) -> Result<impl Responder, ApiError> {
    match api.health.readiness().await {
        Readiness::Ready => Ok(web::Json(wire::Readiness { status: "ready" })),
        Readiness::ShuttingDown => Err(ApiError::new(Code::ShuttingDown)),
        Readiness::MigrationsPending(_) => Err(ApiError::new(Code::MigrationsPending)),
        Readiness::DatabaseDown(error) => Err(error.into()),
    }
}

/// How the service and what it needs are
///
/// The database is asked; of the model's provider the last known state is reported, which is renewed
/// in the background every five minutes. `status` is `degraded` when something is not well. Only
/// what keeps the service from working is answered with 503: trouble with the provider leaves the
/// lists usable, Redis and a replica can be done without, and all of that comes with 200. Under
/// `METRICS_ADDRESS` only `status`, `database.status`, `cohere.status` and `timestamp` are reported here;
/// the rest is reported at that address.
#[utoipa::path(
    operation_id = "getHealthDetails",
    tag = "health",
    responses(
        DetailedProblems,
        (status = 200, description = "It works", body = wire::Health),
        (
            status = 503, description = "The database is not usable", body = wire::Health,
            example = json!({
                "status": "degraded",
                "database": {
                    "status": "unavailable",
                    "latency_ms": 5000.25,
                    "pool": { "max": 20, "size": 0, "in_use": 0, "idle": 0, "waiting": 0 },
                },
                "cohere": { "status": "not_configured" },
                "model": { "engine": "offline", "model": "grammar-1" },
                "version": "0.1.0",
                "uptime_seconds": 86400,
                "timestamp": "2026-11-22T09:00:00.123456Z",
            }),
        ),
    ),
)]
#[get("/health/detailed")]
pub(crate) async fn detailed(api: web::Data<Api>, pages: web::Data<OperatorPages>) -> HttpResponse {
    let health = health_of(&api).await;
    let mut response = match health.is_usable() {
        true => HttpResponse::Ok(),
        false => HttpResponse::ServiceUnavailable(),
    };
    match **pages {
        OperatorPages::Here => response.json(health),
        OperatorPages::Elsewhere => response.json(health.summary()),
    }
}

/// How the service is now.
pub(super) async fn health_of(api: &Api) -> wire::Health {
    wire::Health::new(
        api.health.store().await,
        api.health.memory_is_available(),
        api.health.provider(),
        api.health.model(),
        api.health.uptime(),
        api.clock.now(),
    )
}
