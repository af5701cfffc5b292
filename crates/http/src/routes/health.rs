//! For probes and operators.

use actix_web::{HttpResponse, Responder, get, web};
use todo_app::Readiness;

use crate::{
    Api,
    error::{ApiError, Code},
    openapi::problems,
    wire,
};

problems!(ReadyProblems: ; DatabaseUnavailable, MigrationsPending);

/// Whether the process answers
///
/// It asks nothing and nobody.
#[utoipa::path(
    operation_id = "getHealth",
    tag = "health",
    responses((status = 200, description = "It does", body = wire::Liveness)),
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
        Readiness::MigrationsPending(_) => Err(ApiError::new(Code::MigrationsPending)),
        Readiness::DatabaseDown(error) => Err(error.into()),
    }
}

/// How the service and what it needs are
///
/// The model is named, but not asked.
#[utoipa::path(
    operation_id = "getHealthDetails",
    tag = "health",
    responses(
        (status = 200, description = "All is well", body = wire::Health),
        (status = 503, description = "Something is not", body = wire::Health),
    ),
)]
#[get("/health/detailed")]
pub(crate) async fn detailed(api: web::Data<Api>) -> HttpResponse {
    let database = match api.health.readiness().await {
        Readiness::Ready => wire::Database::Healthy,
        Readiness::MigrationsPending(_) => wire::Database::MigrationsPending,
        Readiness::DatabaseDown(error) => {
            ApiError::from(error).log();
            wire::Database::Unavailable
        }
    };
    let mut response = match database {
        wire::Database::Healthy => HttpResponse::Ok(),
        _ => HttpResponse::ServiceUnavailable(),
    };
    response.json(wire::Health::new(database, api.health.model(), api.clock.now()))
}
