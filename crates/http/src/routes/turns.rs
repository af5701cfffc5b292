//! Turns and their record.

use actix_web::{HttpResponse, Responder, get, post, web};
use todo_app::CancelledTurn;
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
problems!(CancelProblems: AUTHORIZED; TurnNotFound);

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

/// Stop answering a message
///
/// The model is not asked any more, and nothing more is done. What was done stays
/// done.
#[utoipa::path(
    operation_id = "cancelTurn",
    tag = "conversations",
    params(IdPath),
    responses(
        (status = 202, description = "The turn, which is cancelled now", body = wire::Turn),
        (status = 200, description = "The turn, which had ended before", body = wire::Turn),
        CancelProblems,
    ),
    security(("bearer" = [])),
)]
#[post("/api/{user_id}/turns/{id}/cancel")]
pub(crate) async fn cancel(
    api: web::Data<Api>,
    Authorized { user, input: Id(id) }: Authorized<Id<TurnId>>,
) -> Result<HttpResponse, ApiError> {
    match api.chat.cancel(user, id).await? {
        None => Err(ApiError::new(Code::TurnNotFound)),
        Some(CancelledTurn::Stopped(turn)) => {
            Ok(HttpResponse::Accepted().json(wire::Turn::from(turn)))
        }
        Some(CancelledTurn::Ended(turn)) => Ok(HttpResponse::Ok().json(wire::Turn::from(turn))),
    }
}

problems!(UndoProblems: AUTHORIZED;
    TurnNotFound, TurnInProgress, UndoConflict, TaskLimitReached, ImportInProgress);

/// Undo a turn
///
/// All tasks that the turn changed become what they were before it, or none of them does. The undo is
/// recorded as a turn of the same conversation. Undo that turn to redo this one, and this one again to
/// undo it again.
///
/// A turn that is undone already is not undone again: the answer is the same. A turn that changed
/// nothing is undone with no effects.
#[utoipa::path(
    operation_id = "undoTurn",
    tag = "conversations",
    params(IdPath),
    responses(
        (
            status = 200, description = "The turn is undone", body = wire::UndoneTurn,
            links(
                ("undo" = (
                    operation_id = "getTurn",
                    parameters(("user_id" = "me"), ("id" = "$response.body#/turn_id")),
                )),
            ),
        ),
        UndoProblems,
    ),
    security(("bearer" = [])),
)]
#[post("/api/{user_id}/turns/{id}/undo")]
pub(crate) async fn undo(
    api: web::Data<Api>,
    Authorized { user, input: Id(id) }: Authorized<Id<TurnId>>,
) -> Result<impl Responder, ApiError> {
    let outcome = api.chat.undo(user, id).await?;
    Ok(web::Json(wire::UndoneTurn::of(id, outcome)?))
}
