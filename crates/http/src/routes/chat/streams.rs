//! Following turns, and loading what was followed.

use actix_web::{HttpRequest, HttpResponse, get, web};
use todo_app::chat::FollowedTurn;
use todo_domain::TurnId;

use crate::{
    Api,
    auth::Authorized,
    error::{ApiError, Code},
    extract::{AfterQuery, Id, LastEventId, Query},
    openapi::{AUTHORIZED, ChatPath, IdPath, problems},
    ui_stream::{EventId, TurnStream, UiChat},
    wire::{self, ChatId, cursor},
};

problems!(OpenProblems: AUTHORIZED; ConversationNotFound, ValidationFailed);
problems!(ChatProblems: AUTHORIZED);
problems!(TurnProblems: AUTHORIZED; TurnNotFound, ValidationFailed);

/// The beginning of a stream.
pub(crate) const EXAMPLE: &str = r#"id: 01a20502-a9f0-777e-be05-d462bea2ba2d-1-1
data: {"type":"start","messageId":"01a20502-a9f4-7393-b2e5-6a07a20cb3e0"}

id: 01a20502-a9f0-777e-be05-d462bea2ba2d-1-2
data: {"type":"start-step"}

"#;

/// A conversation as `useChat` holds it
///
/// For `useChat({ id, messages })`: the messages have the parts that their streams had. The next page,
/// in `Link`, has earlier ones.
#[utoipa::path(
    operation_id = "openChat",
    tag = "chat",
    params(ChatPath, wire::PageQuery),
    responses(
        (
            status = 200, description = "The conversation", body = UiChat,
            headers(("Link")),
        ),
        OpenProblems,
    ),
    security(("bearer" = [])),
)]
#[get("/api/{user_id}/chat/{id}")]
pub(crate) async fn open(
    api: web::Data<Api>,
    request: HttpRequest,
    Authorized { user, input: (Id(chat), Query(query)) }: Authorized<(
        Id<ChatId>,
        Query<wire::PageQuery>,
    )>,
) -> Result<HttpResponse, ApiError> {
    let (limit, before) = query.parse(|query, fields| query.parse(cursor::to_messages, fields))?;
    let chat = chat.conversation();
    let transcript = api.conversations.transcript(user, chat, limit, before).await?;
    let transcript = transcript.ok_or_else(|| ApiError::new(Code::ConversationNotFound))?;
    let mut response = HttpResponse::Ok();
    if let Some(next) = transcript.page.next {
        response.insert_header(wire::next_page(&request, &cursor::of_messages(next)));
    }
    Ok(response.json(UiChat::of(user, transcript)))
}

/// Follow the latest turn of a conversation
///
/// All of it, from its beginning, as a UI message stream, while it runs and for a minute after its
/// end. `useChat({ resume: true })` asks this.
#[utoipa::path(
    operation_id = "followChat",
    tag = "chat",
    params(ChatPath),
    responses(
        (
            status = 200, description = "The turn", body = String,
            content_type = "text/event-stream", example = json!(EXAMPLE),
        ),
        (status = 204, description = "No turn runs, or there is no such conversation"),
        ChatProblems,
    ),
    security(("bearer" = [])),
)]
#[get("/api/{user_id}/chat/{id}/stream")]
pub(crate) async fn follow_chat(
    api: web::Data<Api>,
    request: HttpRequest,
    Authorized { user, input: chat }: Authorized<Result<Id<ChatId>, ApiError>>,
) -> Result<HttpResponse, ApiError> {
    let turn = match chat {
        Ok(Id(chat)) => api.chat.follow_latest(user, chat.conversation()).await?,
        // A chat that no message was sent to yet may have any id.
        Err(_) => None,
    };
    Ok(follow(&api, &request, turn, None).await)
}

/// Follow a turn
///
/// As a UI message stream: from its beginning, or from the event after the one that `Last-Event-ID`
/// names. The turn may have ended; when nothing comes after that event, the answer is 204.
#[utoipa::path(
    operation_id = "followTurn",
    tag = "chat",
    params(IdPath, LastEventId, AfterQuery),
    responses(
        (
            status = 200, description = "The turn", body = String,
            content_type = "text/event-stream", example = json!(EXAMPLE),
        ),
        (status = 204, description = "Nothing comes after this event"),
        TurnProblems,
    ),
    security(("bearer" = [])),
)]
#[get("/api/{user_id}/turns/{id}/stream")]
pub(crate) async fn follow_turn(
    api: web::Data<Api>,
    request: HttpRequest,
    Authorized { user, input: (Id(id), last, Query(query)) }: Authorized<(
        Id<TurnId>,
        LastEventId,
        Query<AfterQuery>,
    )>,
) -> Result<HttpResponse, ApiError> {
    let after = query.parse(|query, _| Some(query))?;
    let turn = api.chat.follow(user, id).await?;
    let turn = turn.ok_or_else(|| ApiError::new(Code::TurnNotFound))?;
    Ok(follow(&api, &request, Some(turn), last.or(after)).await)
}

async fn follow(
    api: &Api,
    request: &HttpRequest,
    turn: Option<FollowedTurn>,
    last: Option<EventId>,
) -> HttpResponse {
    let stream = match turn {
        Some(turn) => TurnStream::after(last, turn, request).await,
        None => None,
    };
    match stream {
        Some(stream) => stream.respond(request, &api.metrics),
        None => HttpResponse::NoContent().finish(),
    }
}
