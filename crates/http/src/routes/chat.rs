//! Talking.

use actix_web::{Responder, post, web};

use crate::{
    Api,
    auth::Authorized,
    error::ApiError,
    extract::Json,
    openapi::{AUTHORIZED, BODY, UserPath, problems},
    wire,
};

problems!(SendProblems: AUTHORIZED, BODY;
    ConversationNotFound, ConversationExists, ConversationLimitReached, TurnInProgress, ImportInProgress, TurnStopped,
    ChatRateLimited, BudgetSpent, TooManySearches,
    ProviderAuth, ProviderQuotaExhausted, ProviderRateLimited, ProviderRejectedRequest,
    ProviderModelNotFound, ProviderUnavailable, ProviderBusy, ModelTruncated, ModelAnswerInvalid,
    TurnStepLimit, TurnTimeout);

/// Say something and wait for the answer
///
/// The model changes your tasks on the way; `tool_calls` says how. When there is no answer, the
/// problem carries `conversation_id`, `turn_id` and the `tool_calls` that were carried out all the
/// same. A turn goes on when its caller goes away.
#[utoipa::path(
    operation_id = "sendMessage",
    tag = "chat",
    params(UserPath),
    request_body = wire::ChatMessage,
    responses(
        (
            status = 200, description = "The answer", body = wire::ChatReply,
            links(
                ("turn" = (
                    operation_id = "getTurn",
                    parameters(("user_id" = "me"), ("id" = "$response.body#/turn_id")),
                )),
                ("conversation" = (
                    operation_id = "openConversation",
                    parameters(("user_id" = "me"), ("id" = "$response.body#/conversation_id")),
                )),
            ),
        ),
        SendProblems,
    ),
    security(("bearer" = [])),
)]
#[post("/api/{user_id}/chat")]
pub(crate) async fn send(
    api: web::Data<Api>,
    Authorized { user, input: Json(body) }: Authorized<Json<wire::ChatMessage>>,
) -> Result<impl Responder, ApiError> {
    tracing::info!("Chat endpoint called");
    let reply = api.chat.send(body.parse(user)?).await?;
    Ok(web::Json(wire::ChatReply::from(reply)))
}
