//! Several changes of tasks at once.

use actix_web::{HttpResponse, post, web};
use todo_domain::BatchRefusal;

use super::tasks::{self, zone_for};
use crate::{
    Api,
    auth::Authorized,
    error::ApiError,
    extract::KeyedJson,
    openapi::{AUTHORIZED, BODY, IdempotencyKeyHeader, UserPath, problems},
    wire,
};

problems!(BatchProblems: AUTHORIZED, BODY;
    InvalidIdempotencyKey, IdempotencyKeyReused, BatchRejected, ImportInProgress);

/// Change several tasks at once
///
/// 1 to 100 operations, carried out in order, all of them or none. Each finds the tasks as those
/// before it left them. New tasks get their numbers in order. With an `Idempotency-Key` they are
/// carried out once, however often they are sent.
#[utoipa::path(
    operation_id = "changeTasks",
    tag = "tasks",
    params(UserPath, IdempotencyKeyHeader),
    request_body = wire::TaskBatch,
    responses(
        (
            status = 200, description = "What came of each operation", body = wire::BatchResults,
            headers(("Idempotent-Replayed")),
        ),
        BatchProblems,
    ),
    security(("bearer" = [])),
)]
#[post("/api/{user_id}/tasks:batch")]
pub(crate) async fn change(
    api: web::Data<Api>,
    Authorized { user, input: KeyedJson(body, keyed) }: Authorized<KeyedJson<wire::TaskBatch>>,
) -> Result<HttpResponse, ApiError> {
    let zone = zone_for(&api, user, body.fields.dues()).await?;
    let batch = body.parse(|batch, fields| batch.parse(&zone, fields))?;
    let mut response = HttpResponse::Ok();
    let done = tasks::change(&api, user, batch, keyed, &mut response).await?;
    Ok(response.json(wire::BatchResults::from(done.map_err(rejected)?)))
}

/// Why the operation, and with it all the others, was not carried out.
fn rejected(BatchRefusal { index, refusal }: BatchRefusal) -> ApiError {
    ApiError::from(refusal).of_operation(&wire::batch::path_of(index))
}
