//! Several changes of tasks at once.

use actix_web::{Responder, post, web};
use todo_domain::{BatchOutcome, TaskOutcome};

use super::tasks::{the_task, zone_for};
use crate::{
    Api,
    auth::Authorized,
    error::{ApiError, Code, FieldError, Fields},
    extract::Json,
    openapi::{AUTHORIZED, BODY, UserPath, problems},
    wire,
};

problems!(BatchProblems: AUTHORIZED, BODY; BatchRejected, ImportInProgress);

/// Change several tasks at once
///
/// 1 to 100 operations, carried out in order, all of them or none. Each finds the tasks as those
/// before it left them. New tasks get their numbers in order.
#[utoipa::path(
    operation_id = "changeTasks",
    tag = "tasks",
    params(UserPath),
    request_body = wire::TaskBatch,
    responses(
        (status = 200, description = "What came of each operation", body = wire::BatchResults),
        BatchProblems,
    ),
    security(("bearer" = [])),
)]
#[post("/api/{user_id}/tasks:batch")]
pub(crate) async fn change(
    api: web::Data<Api>,
    Authorized { user, input: Json(body) }: Authorized<Json<wire::TaskBatch>>,
) -> Result<impl Responder, ApiError> {
    let zone = zone_for(&api, user, body.dues()).await?;
    match api.tasks.execute_all(user, body.parse(&zone)?).await? {
        BatchOutcome::Done(outcomes) => wire::BatchResults::of(outcomes)
            .map(web::Json)
            .ok_or_else(|| ApiError::internal("a batch was answered with something else")),
        BatchOutcome::Refused { index, outcome } => Err(rejected(index, outcome)),
    }
}

/// Why the operation, and with it all the others, was not carried out.
fn rejected(index: usize, outcome: TaskOutcome) -> ApiError {
    match the_task(outcome) {
        Ok(_) => ApiError::internal("a batch was refused for nothing"),
        Err(reason) => {
            let (code, detail) = (reason.code().as_str(), reason.detail().to_owned());
            let (place, mut fields) = (wire::batch::place(index), Fields::default());
            fields.extend(&place, reason.into_errors());
            if !fields.is_empty() {
                return fields.into();
            }
            let error = FieldError { code: Some(code), ..FieldError::new(&place, detail) };
            ApiError::new(Code::BatchRejected).with_errors(vec![error])
        }
    }
}
