//! Tags of tasks.

use actix_web::{Responder, get, web};

use crate::{
    Api,
    auth::Authorized,
    error::ApiError,
    openapi::{AUTHORIZED, UserPath, problems},
    wire,
};

problems!(ListProblems: AUTHORIZED; TooManySearches);

/// The tags of your tasks
///
/// All of them at once, those of most tasks first; beyond 1,000 the least used are left out. They are
/// counted for one request of yours at a time, as searches are.
#[utoipa::path(
    operation_id = "listTags",
    tag = "tasks",
    params(UserPath),
    responses(
        (status = 200, description = "Each tag once", body = Vec<wire::TagCount>),
        ListProblems,
    ),
    security(("bearer" = [])),
)]
#[get("/api/{user_id}/tags")]
pub(crate) async fn list(
    api: web::Data<Api>,
    Authorized { user, .. }: Authorized,
) -> Result<impl Responder, ApiError> {
    let counts = api.tasks.tags(user).await?;
    Ok(web::Json(counts.into_iter().map(wire::TagCount::from).collect::<Vec<_>>()))
}
