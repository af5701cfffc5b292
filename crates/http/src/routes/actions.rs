//! Deciding what a turn asked.

use actix_web::{HttpRequest, HttpResponse, post, web};
use todo_app::DecisionRequest;
use todo_domain::{ActionId, Decision};

use super::chat;
use crate::{
    Api,
    auth::Authorized,
    error::ApiError,
    extract::{Id, wants_event_stream},
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
/// has changed since the question stays, and is reported so. The same decision may be sent again: nothing
/// is done twice, and what is answered already is answered as before, with `Idempotent-Replayed: true`.
///
/// With `Accept: text/event-stream` the answer is a UI message stream of what follows the decision:
/// what became of the calls, and the rest of the turn. That a question has expired is reported in it.
#[utoipa::path(
    operation_id = "approveAction",
    tag = "chat",
    params(IdPath),
    responses(
        (
            status = 200, description = "The answer",
            content(
                (wire::ChatReply = "application/json"),
                (String = "text/event-stream", example = json!(chat::EXAMPLE)),
            ),
            headers(("Idempotent-Replayed")),
        ),
        DecideProblems,
    ),
    security(("bearer" = [])),
)]
#[post("/api/{user_id}/actions/{id}/approve")]
pub(crate) async fn approve(
    api: web::Data<Api>,
    request: HttpRequest,
    Authorized { user, input: Id(id) }: Authorized<Id<ActionId>>,
) -> Result<HttpResponse, ApiError> {
    decide(&api, &request, DecisionRequest::new(user, id, Decision::Approved)).await
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
            status = 200, description = "The answer",
            content(
                (wire::ChatReply = "application/json"),
                (String = "text/event-stream", example = json!(chat::EXAMPLE)),
            ),
            headers(("Idempotent-Replayed")),
        ),
        DecideProblems,
    ),
    security(("bearer" = [])),
)]
#[post("/api/{user_id}/actions/{id}/reject")]
pub(crate) async fn reject(
    api: web::Data<Api>,
    request: HttpRequest,
    Authorized { user, input: Id(id) }: Authorized<Id<ActionId>>,
) -> Result<HttpResponse, ApiError> {
    decide(&api, &request, DecisionRequest::new(user, id, Decision::Rejected)).await
}

async fn decide(
    api: &Api,
    request: &HttpRequest,
    decision: DecisionRequest,
) -> Result<HttpResponse, ApiError> {
    if wants_event_stream(request) {
        return chat::stream(api, request, api.chat.start_decision(decision).await?).await;
    }
    let reply = api.chat.decide(decision).await?;
    Ok(chat::response(reply))
}
