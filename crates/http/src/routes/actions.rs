//! Deciding what a turn asked.

use actix_web::{HttpResponse, post, web};
use todo_app::DecisionRequest;
use todo_domain::{ActionId, Decision};

use super::chat;
use crate::{
    Api,
    auth::Authorized,
    error::ApiError,
    extract::Id,
    openapi::{AUTHORIZED, IdPath, problems},
    wire,
};

problems!(DecideProblems: AUTHORIZED;
    ActionNotFound, ActionDecided, ActionExpired, TurnInProgress,
    TurnCancelled, TurnStopped, ImportInProgress, ChatRateLimited, TooManySearches,
    ProviderAuth, ProviderQuotaExhausted, ProviderRateLimited, ProviderRejectedRequest,
    ProviderModelNotFound, ProviderUnavailable, ProviderBusy, ModelTruncated, ModelAnswerInvalid,
    TurnStepLimit, TurnTimeout);

/// Say yes to what a turn asked
///
/// All calls of the action are carried out together, and the turn goes on to its answer. A task that
/// has changed since the question stays, and so is told. The same decision may be sent again: nothing
/// is done twice, and what is answered already is answered as before, with `Idempotent-Replayed: true`.
#[utoipa::path(
    operation_id = "approveAction",
    tag = "chat",
    params(IdPath),
    responses(
        (
            status = 200, description = "The answer", body = wire::ChatReply,
            headers(("Idempotent-Replayed")),
        ),
        DecideProblems,
    ),
    security(("bearer" = [])),
)]
#[post("/api/{user_id}/actions/{id}/approve")]
pub(crate) async fn approve(
    api: web::Data<Api>,
    Authorized { user, input: Id(id) }: Authorized<Id<ActionId>>,
) -> Result<HttpResponse, ApiError> {
    decide(&api, DecisionRequest::new(user, id, Decision::Approved)).await
}

/// Say no to what a turn asked
///
/// None of the action's calls is carried out, and the turn goes on to its answer. The same decision may
/// be sent again, as with `approveAction`.
#[utoipa::path(
    operation_id = "rejectAction",
    tag = "chat",
    params(IdPath),
    responses(
        (
            status = 200, description = "The answer", body = wire::ChatReply,
            headers(("Idempotent-Replayed")),
        ),
        DecideProblems,
    ),
    security(("bearer" = [])),
)]
#[post("/api/{user_id}/actions/{id}/reject")]
pub(crate) async fn reject(
    api: web::Data<Api>,
    Authorized { user, input: Id(id) }: Authorized<Id<ActionId>>,
) -> Result<HttpResponse, ApiError> {
    decide(&api, DecisionRequest::new(user, id, Decision::Rejected)).await
}

async fn decide(api: &Api, decision: DecisionRequest) -> Result<HttpResponse, ApiError> {
    let reply = api.chat.decide(decision).await?;
    Ok(chat::told(reply))
}
