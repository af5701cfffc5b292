//! Several changes of tasks at once.

use actix_web::{HttpResponse, post, web};
use todo_domain::{BatchOutcome, TaskOutcome};

use super::tasks::{the_task, zone_for};
use crate::{
    Api,
    auth::Authorized,
    error::{ApiError, Cause, Code, Fault, FieldError, Fields},
    extract::{IDEMPOTENT_REPLAYED, KeyedJson},
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
    let outcomes = match api.tasks.execute_all(user, batch, keyed).await? {
        BatchOutcome::Done(outcomes) => outcomes,
        BatchOutcome::Replayed(outcomes) => {
            response.insert_header((IDEMPOTENT_REPLAYED, "true"));
            outcomes
        }
        BatchOutcome::Refused { index, outcome } => return Err(rejected(index, outcome)),
        BatchOutcome::KeyReused => return Err(ApiError::new(Code::IdempotencyKeyReused)),
    };
    let results = wire::BatchResults::of(outcomes)
        .ok_or_else(|| ApiError::internal("a batch was answered with something else"))?;
    Ok(response.json(results))
}

/// Why the operation, and with it all the others, was not carried out.
fn rejected(index: usize, outcome: TaskOutcome) -> ApiError {
    match the_task(outcome) {
        Ok(_) => ApiError::internal("a batch was refused for nothing"),
        Err(reason) => {
            let path = wire::batch::path_of(index);
            let cause = match reason.code() {
                Code::TaskNotFound => Cause::TaskNotFound,
                Code::VersionMismatch => Cause::VersionMismatch,
                Code::TaskLimitReached => Cause::TaskLimitReached,
                Code::ValidationFailed => {
                    let mut fields = Fields::default();
                    fields.extend(&path, reason.into_errors());
                    return fields.into();
                }
                _ => return reason,
            };
            let error = FieldError::new(&path, Fault::new(cause, reason.detail()));
            ApiError::new(Code::BatchRejected).with_errors(vec![error])
        }
    }
}
