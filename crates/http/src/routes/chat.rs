//! Talking.

mod streams;

use actix_web::{HttpRequest, HttpResponse, http::header::HeaderValue, post, web};
use todo_app::{ChatReply, ChatRequest, chat::StartedTurn};

pub(super) use self::streams::EXAMPLE;
pub(crate) use self::streams::{follow_chat, follow_turn, open};
use crate::{
    Api,
    auth::Authorized,
    error::ApiError,
    extract::{ChatBody, IDEMPOTENT_REPLAYED, Id, Keyed, wants_event_stream},
    openapi::{AUTHORIZED, BODY, ChatPath, IdempotencyKeyHeader, UserPath, problems},
    ui_stream::TurnStream,
    wire::{self, ChatId, UiRequest},
};

problems!(SendProblems: AUTHORIZED, BODY;
    InvalidIdempotencyKey, IdempotencyKeyReused,
    ConversationNotFound, ConversationExists, ConversationLimitReached, TurnInProgress,
    ActionNotFound, ActionDecided,
    TurnCancelled, TurnStopped, ImportInProgress,
    ChatRateLimited, BudgetSpent, TooManySearches,
    ProviderAuth, ProviderQuotaExhausted, ProviderRateLimited, ProviderRejectedRequest,
    ProviderModelNotFound, ProviderUnavailable, ProviderBusy, ModelTruncated, ModelAnswerInvalid,
    TurnStepLimit, TurnTimeout, UnsupportedPart, NothingToAnswer);

/// Say something, and wait for the answer or follow it
///
/// The model changes your tasks on the way; `tool_calls` says how. Before it deletes many tasks, or all
/// that a filter matches, you are asked: `status` is `waiting` then, and nothing of that is done until
/// you approve `action`, or say yes. When there is no answer, the
/// problem carries `conversation_id`, `turn_id` and the `tool_calls` that were carried out all the
/// same. A turn goes on when its caller goes away.
///
/// With `Accept: text/event-stream`, and for a body of the AI SDK whatever it accepts, the answer is
/// a UI message stream: server-sent events that begin before the model is asked. What goes wrong
/// from then on is reported in the stream.
///
/// A last message of the AI SDK that is the assistant's decides what a turn asked, by its parts in the
/// state `approval-responded`. The stream then begins with what became of the calls; where the question
/// has expired, it says so. Nothing else of such a message is read.
///
/// With an `Idempotency-Key` the same message may be sent again until it is answered: nothing is done
/// twice. A turn that failed goes on where it stopped; one that is answered is answered as before,
/// with `Idempotent-Replayed: true`; one that runs is followed where the answer is a stream. The id of
/// the last message of the AI SDK is such a key where the header is missing.
#[utoipa::path(
    operation_id = "sendMessage",
    tag = "chat",
    params(UserPath, IdempotencyKeyHeader),
    request_body = wire::ChatBodySchema,
    responses(
        (
            status = 200, description = "The answer",
            content(
                (wire::ChatReply = "application/json"),
                (String = "text/event-stream", example = json!(EXAMPLE)),
            ),
            headers(("Idempotent-Replayed")),
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
    Authorized { user, input: (Keyed(key), body) }: Authorized<(Keyed, ChatBody)>,
) -> Result<HttpResponse, ApiError> {
    tracing::info!("Chat endpoint called");
    let (is_stream, message) = match body {
        ChatBody::Message(body) => {
            let message = body.parse(|message, fields| message.parse(user, fields))?;
            (wants_event_stream(&request), message)
        }
        ChatBody::Ui(body) => match body.parse(user)? {
            UiRequest::Message(message) => (true, message),
            UiRequest::Decision(decision) => {
                let turn = api.chat.start_decision(decision).await?;
                return stream(&api, &request, turn).await;
            }
        },
    };
    let message = ChatRequest { key: key.or(message.key.clone()), ..message };
    if is_stream {
        return stream(&api, &request, api.chat.start(message).await?).await;
    }
    Ok(response(api.chat.send(message).await?))
}

/// What a turn came to, as a whole.
pub(super) fn response(reply: ChatReply) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    if reply.is_replayed {
        response.insert_header((IDEMPOTENT_REPLAYED, "true"));
    }
    response.json(wire::ChatReply::from(reply))
}

/// Answers with what happens in the turn, from its beginning, or after a decision.
pub(super) async fn stream(
    api: &Api,
    request: &HttpRequest,
    turn: StartedTurn,
) -> Result<HttpResponse, ApiError> {
    let is_replayed = turn.is_replayed;
    let stream = TurnStream::of(turn, request).await;
    let stream = stream.ok_or_else(|| ApiError::internal("a turn began without an event"))?;
    let mut response = stream.respond(request, &api.metrics);
    if is_replayed {
        let yes = HeaderValue::from_static("true");
        response.headers_mut().insert(IDEMPOTENT_REPLAYED, yes);
    }
    Ok(response)
}

problems!(StopProblems: AUTHORIZED);

/// Stop answering in a conversation
///
/// As `cancelTurn`, of the turn that runs or waits for a decision, for a client that does not know the turn. A body is ignored.
#[utoipa::path(
    operation_id = "stopChat",
    tag = "chat",
    params(ChatPath),
    responses(
        (status = 202, description = "What was stopped", body = wire::StoppedTurn),
        (status = 204, description = "Nothing is being answered, or there is no such conversation"),
        StopProblems,
    ),
    security(("bearer" = [])),
)]
#[post("/api/{user_id}/chat/{id}/stop")]
pub(crate) async fn stop(
    api: web::Data<Api>,
    Authorized { user, input: chat }: Authorized<Result<Id<ChatId>, ApiError>>,
) -> Result<HttpResponse, ApiError> {
    let stopped = match chat {
        Ok(Id(chat)) => api.chat.stop(user, chat.conversation()).await?,
        // Nothing was ever sent to a chat of such an id.
        Err(_) => None,
    };
    Ok(match stopped {
        Some(turn) => HttpResponse::Accepted().json(wire::StoppedTurn::from(turn)),
        None => HttpResponse::NoContent().finish(),
    })
}
