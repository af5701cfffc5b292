//! Talking.

mod streams;

use actix_web::{HttpRequest, HttpResponse, post, web};
use todo_app::ChatRequest;

pub(crate) use self::streams::{follow_chat, follow_turn, open};
use crate::{
    Api,
    auth::Authorized,
    error::ApiError,
    extract::{ChatBody, wants_event_stream},
    openapi::{AUTHORIZED, BODY, UserPath, problems},
    ui_stream::TurnStream,
    wire,
};

problems!(SendProblems: AUTHORIZED, BODY;
    ConversationNotFound, ConversationExists, ConversationLimitReached, TurnInProgress, ImportInProgress, TurnStopped,
    ChatRateLimited, BudgetSpent, TooManySearches,
    ProviderAuth, ProviderQuotaExhausted, ProviderRateLimited, ProviderRejectedRequest,
    ProviderModelNotFound, ProviderUnavailable, ProviderBusy, ModelTruncated, ModelAnswerInvalid,
    TurnStepLimit, TurnTimeout, UnsupportedPart, NothingToAnswer);

/// Say something, and wait for the answer or follow it
///
/// The model changes your tasks on the way; `tool_calls` says how. When there is no answer, the
/// problem carries `conversation_id`, `turn_id` and the `tool_calls` that were carried out all the
/// same. A turn goes on when its caller goes away.
///
/// With `Accept: text/event-stream`, and for a body of the AI SDK whatever it accepts, the answer is
/// a UI message stream: server-sent events that begin before the model is asked. What goes wrong
/// from then on is told in the stream.
#[utoipa::path(
    operation_id = "sendMessage",
    tag = "chat",
    params(UserPath),
    request_body = wire::ChatBodySchema,
    responses(
        (
            status = 200, description = "The answer",
            content(
                (wire::ChatReply = "application/json"),
                (String = "text/event-stream", example = json!(streams::EXAMPLE)),
            ),
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
    request: HttpRequest,
    Authorized { user, input: body }: Authorized<ChatBody>,
) -> Result<HttpResponse, ApiError> {
    tracing::info!("Chat endpoint called");
    match body {
        ChatBody::Message(body) if !wants_event_stream(&request) => {
            let reply = api.chat.send(body.parse(user)?).await?;
            Ok(HttpResponse::Ok().json(wire::ChatReply::from(reply)))
        }
        ChatBody::Message(body) => stream(&api, &request, body.parse(user)?).await,
        ChatBody::Ui(body) => stream(&api, &request, body.parse(user)?).await,
    }
}

/// Answers with what happens in the turn, from its beginning.
async fn stream(
    api: &Api,
    request: &HttpRequest,
    message: ChatRequest,
) -> Result<HttpResponse, ApiError> {
    let turn = api.chat.start(message).await?;
    let stream = TurnStream::after(None, turn.events, request).await;
    let stream = stream.ok_or_else(|| ApiError::internal("a turn began without an event"))?;
    Ok(stream.respond(request, &api.metrics))
}
