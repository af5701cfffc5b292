//! Turns and their record.

use actix_web::{Responder, get, web};
use todo_domain::TurnId;

use crate::{
    Api,
    auth::Authorized,
    error::{ApiError, Code},
    extract::Id,
    openapi::{AUTHORIZED, IdPath, problems},
    wire,
};

problems!(GetProblems: AUTHORIZED; TurnNotFound);

/// What was done to answer a message
#[utoipa::path(
    operation_id = "getTurn",
    tag = "conversations",
    params(IdPath),
    responses((status = 200, description = "The turn", body = wire::Turn), GetProblems),
    security(("bearer" = [])),
)]
#[get("/api/{user_id}/turns/{id}")]
pub(crate) async fn get(
    api: web::Data<Api>,
    Authorized { user, input: Id(id) }: Authorized<Id<TurnId>>,
) -> Result<impl Responder, ApiError> {
    let turn = api.conversations.turn(user, id).await?;
    let turn = turn.ok_or_else(|| ApiError::new(Code::TurnNotFound))?;
    Ok(web::Json(wire::Turn::from(turn)))
}
