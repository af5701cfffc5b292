//! Conversations: what was said.

use actix_web::{HttpRequest, HttpResponse, Responder, delete, get, patch, web};
use todo_domain::{ConversationId, ports::Transcript};

use crate::{
    Api,
    auth::Authorized,
    error::{ApiError, Code},
    extract::{Id, MergePatch, Query},
    openapi::{AUTHORIZED, BODY, IdPath, UserPath, problems},
    wire::{self, cursor},
};

problems!(ListProblems: AUTHORIZED; ValidationFailed, TooManySearches);
problems!(OpenProblems: AUTHORIZED; ConversationNotFound);
problems!(MessagesProblems: AUTHORIZED; ConversationNotFound, ValidationFailed);
problems!(RenameProblems: AUTHORIZED, BODY; ConversationNotFound, ImportInProgress);
problems!(DeleteProblems: AUTHORIZED; ConversationNotFound, ImportInProgress);

/// Your conversations, the last touched first
#[utoipa::path(
    operation_id = "listConversations",
    tag = "conversations",
    params(UserPath, wire::ConversationListQuery),
    responses(
        (
            status = 200, description = "A page of conversations, without messages",
            body = Vec<wire::Conversation>,
            headers(("Link")),
        ),
        ListProblems,
    ),
    security(("bearer" = [])),
)]
#[get("/api/{user_id}/conversations")]
pub(crate) async fn list(
    api: web::Data<Api>,
    request: HttpRequest,
    Authorized { user, input: Query(query) }: Authorized<Query<wire::ConversationListQuery>>,
) -> Result<HttpResponse, ApiError> {
    let query = query.parse(wire::ConversationListQuery::parse)?;
    let page = api.conversations.list(user, query.text.clone(), query.limit, query.after).await?;
    let mut response = HttpResponse::Ok();
    if let Some(next) = page.next {
        let next = cursor::of_conversations(next, query.text.as_ref());
        response.insert_header(wire::next_page(&request, &next));
    }
    let conversations = page.conversations.into_iter().map(wire::Conversation::from);
    Ok(response.json(conversations.collect::<Vec<_>>()))
}

/// A conversation with its latest messages
#[utoipa::path(
    operation_id = "openConversation",
    tag = "conversations",
    params(IdPath),
    responses(
        (status = 200, description = "The conversation", body = wire::OpenConversation),
        OpenProblems,
    ),
    security(("bearer" = [])),
)]
#[get("/api/{user_id}/conversations/{id}")]
pub(crate) async fn open(
    api: web::Data<Api>,
    Authorized { user, input: Id(id) }: Authorized<Id<ConversationId>>,
) -> Result<impl Responder, ApiError> {
    let conversation = api.conversations.open(user, id).await?.ok_or_else(not_found)?;
    Ok(web::Json(wire::OpenConversation::from(conversation)))
}

/// What was said in a conversation, the latest first
///
/// With `include=turns` each message has its turn: its status, the calls and what they changed.
#[utoipa::path(
    operation_id = "listMessages",
    tag = "conversations",
    params(IdPath, wire::MessageListQuery),
    responses(
        (
            status = 200, description = "A page of messages", body = Vec<wire::Message>,
            headers(("Link")),
        ),
        MessagesProblems,
    ),
    security(("bearer" = [])),
)]
#[get("/api/{user_id}/conversations/{id}/messages")]
pub(crate) async fn messages(
    api: web::Data<Api>,
    request: HttpRequest,
    Authorized { user, input: (Id(id), Query(query)) }: Authorized<(
        Id<ConversationId>,
        Query<wire::MessageListQuery>,
    )>,
) -> Result<HttpResponse, ApiError> {
    let query = query.parse(wire::MessageListQuery::parse)?;
    let wire::MessageList { include, limit, before } = query;
    let (next, messages): (_, Vec<_>) = match include {
        None => {
            let page = api.conversations.messages(user, id, limit, before).await?;
            let page = page.ok_or_else(not_found)?;
            (page.next, page.messages.into_iter().map(wire::Message::from).collect())
        }
        Some(wire::Include::Turns) => {
            let found = api.conversations.transcript(user, id, limit, before).await?;
            let Transcript { page, turns, .. } = found.ok_or_else(not_found)?;
            let turns = turns.into_iter().map(|turn| (turn.id, turn)).collect();
            let with_turn = |message| wire::Message::with_turn(message, &turns);
            (page.next, page.messages.into_iter().map(with_turn).collect())
        }
    };
    let mut response = HttpResponse::Ok();
    if let Some(next) = next {
        response.insert_header(wire::next_page(&request, &cursor::of_messages(next)));
    }
    Ok(response.json(messages))
}

/// Give a conversation another title
#[utoipa::path(
    operation_id = "renameConversation",
    tag = "conversations",
    params(IdPath),
    request_body(content(
        (wire::ConversationPatch = "application/json"),
        (wire::ConversationPatch = "application/merge-patch+json"),
    )),
    responses(
        (status = 200, description = "The conversation, renamed", body = wire::Conversation),
        RenameProblems,
    ),
    security(("bearer" = [])),
)]
#[patch("/api/{user_id}/conversations/{id}")]
pub(crate) async fn rename(
    api: web::Data<Api>,
    Authorized { user, input: (Id(id), MergePatch(body)) }: Authorized<(
        Id<ConversationId>,
        MergePatch<wire::ConversationPatch>,
    )>,
) -> Result<impl Responder, ApiError> {
    let title = body.parse(wire::ConversationPatch::parse)?;
    let renamed = api.conversations.rename(user, id, title).await?.ok_or_else(not_found)?;
    Ok(web::Json(wire::Conversation::from(renamed)))
}

/// Delete a conversation with everything said in it
///
/// The tasks that came of it stay.
#[utoipa::path(
    operation_id = "deleteConversation",
    tag = "conversations",
    params(IdPath),
    responses((status = 204, description = "It is gone"), DeleteProblems),
    security(("bearer" = [])),
)]
#[delete("/api/{user_id}/conversations/{id}")]
pub(crate) async fn delete(
    api: web::Data<Api>,
    Authorized { user, input: Id(id) }: Authorized<Id<ConversationId>>,
) -> Result<HttpResponse, ApiError> {
    if api.conversations.delete(user, id).await? {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(not_found())
    }
}

fn not_found() -> ApiError {
    ApiError::new(Code::ConversationNotFound)
}
