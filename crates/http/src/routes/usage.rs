//! What somebody took of models.

use actix_web::{Responder, get, web};

use crate::{
    Api,
    auth::Authorized,
    error::ApiError,
    extract::Query,
    openapi::{AUTHORIZED, UserPath, problems},
    wire,
};

problems!(GetProblems: AUTHORIZED; ValidationFailed);

/// What your messages took of models
///
/// Answers, tokens and their cost, for each day and model. Whatever became of a turn counts: it
/// may have failed, or be deleted since. Days are those of UTC, for everybody, as they are for the
/// budget.
#[utoipa::path(
    operation_id = "getUsage",
    tag = "chat",
    params(UserPath, wire::UsageQuery),
    responses((status = 200, description = "The usage", body = wire::Usage), GetProblems),
    security(("bearer" = [])),
)]
#[get("/api/{user_id}/usage")]
pub(crate) async fn get(
    api: web::Data<Api>,
    Authorized { user, input: Query(query) }: Authorized<Query<wire::UsageQuery>>,
) -> Result<impl Responder, ApiError> {
    let today = api.usage.today();
    let span = query.parse(|query, fields| query.parse(today, fields))?;
    Ok(web::Json(wire::Usage::from(api.usage.report(user, span).await?)))
}
