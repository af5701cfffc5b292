//! Everything of a user's, out and in.

mod sending;

use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header::{ContentDisposition, DispositionParam, DispositionType},
    post, web,
};
use todo_domain::{TimeZone, TokenClaims};

use self::sending::Sending;
use crate::{
    Api,
    auth::{Authorized, ThisToken},
    error::{ApiError, Code},
    extract::{IDEMPOTENT_REPLAYED, JSON_LINES, Keyed, Lines},
    openapi::{AUTHORIZED, IdempotencyKeyHeader, UserPath, problems},
    wire,
};

problems!(ExportProblems: AUTHORIZED; ImportInProgress, TooBusy);
problems!(ImportProblems: AUTHORIZED;
    InvalidIdempotencyKey, IdempotencyKeyReused,
    BadRequest, RequestTimeout, ImportInProgress, AccountNotEmpty, BodyTooLarge, UnsupportedMediaType,
    ValidationFailed, TooBusy);

/// The export of somebody with one task.
const ONE_TASK: &str = r#"{"type":"header","format":"todo-chatbot","version":1,"exported_at":"2026-11-23T02:00:00Z","account":{"id":1,"email":"ada@example.org","name":"Ada","timezone":"Europe/Berlin","created_at":"2026-11-22T09:00:00Z"}}
{"type":"task","id":1,"title":"buy milk","priority":"medium","version":1,"created_at":"2026-11-22T09:00:00Z","updated_at":"2026-11-22T09:00:00Z"}
{"type":"trailer","tasks":1,"conversations":0,"turns":0,"messages":0}
"#;

/// Everything of yours, to keep or to take elsewhere
///
/// A JSON object on each line: a header, your tasks, your conversations with their turns and
/// messages, and a trailer that counts them. A file without trailer was cut off.
#[utoipa::path(
    operation_id = "export",
    tag = "archives",
    params(UserPath),
    responses(
        (
            status = 200, description = "The lines", body = String,
            content_type = "application/x-ndjson",
            headers(("Content-Disposition" = String, description = "A name for the file")),
            example = json!(ONE_TASK),
        ),
        ExportProblems,
    ),
    security(("bearer" = [])),
)]
#[get("/api/{user_id}/export")]
pub(crate) async fn export(
    api: web::Data<Api>,
    request: HttpRequest,
    Authorized { user, input: ThisToken(token) }: Authorized<ThisToken>,
) -> Result<HttpResponse, ApiError> {
    let export = api.archives.export(user, api.limits.address_of(&request)).await?;
    let lines = Sending::begin(export, &request, StillGood { api: api.clone(), token })?;
    let day = TimeZone::UTC.day_of(api.clock.now());
    let name = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::Filename(format!("todo-{day}.jsonl"))],
    };
    Ok(HttpResponse::Ok().content_type(JSON_LINES).insert_header(name).streaming(lines.stream()))
}

/// Take an export into an empty account
///
/// All of it or nothing. The account must have no tasks and no conversations; it keeps its e-mail
/// address and its password. `errors` names the first line that can't be, as `line 17`. The file is
/// stored as it arrives: until the answer lists show what has come so far, and other changes to the
/// account are refused (`import_in_progress`). With an `Idempotency-Key` the same file may be sent again:
/// it is imported once.
#[utoipa::path(
    operation_id = "import",
    tag = "archives",
    params(UserPath, IdempotencyKeyHeader),
    request_body(
        content = String, content_type = "application/x-ndjson", example = json!(ONE_TASK),
    ),
    responses(
        (
            status = 200, description = "How much there was", body = wire::Imported,
            headers(("Idempotent-Replayed")),
        ),
        ImportProblems,
    ),
    security(("bearer" = [])),
)]
#[post("/api/{user_id}/import")]
pub(crate) async fn import(
    api: web::Data<Api>,
    request: HttpRequest,
    Authorized { user, input: (ThisToken(token), Keyed(key), mut lines) }: Authorized<(
        ThisToken,
        Keyed,
        Lines,
    )>,
) -> Result<HttpResponse, ApiError> {
    let import = api.archives.import(user, api.limits.address_of(&request))?;
    let mut import = match key {
        Some(key) => import.under(key).await,
        None => Ok(import),
    };
    let token = StillGood { api, token };
    while let Some(bytes) = lines.next().await? {
        token.check().await?;
        // What comes after a fault is read as well: most clients read no answer before they have
        // sent everything. The import and its permit are gone by then.
        import = match import {
            Ok(import) => import.feed(&bytes).await,
            refused => refused,
        };
    }
    token.check().await?;
    let stored = import?.finish().await?;
    // Storing the rest may have taken a while.
    token.check().await?;
    let imported = stored.finish().await?;
    let mut response = HttpResponse::Ok();
    if imported.is_replayed {
        response.insert_header((IDEMPOTENT_REPLAYED, "true"));
    }
    Ok(response.json(wire::Imported::from(imported.counts)))
}

/// The token that an export or an import was begun with, which may become void meanwhile.
struct StillGood {
    api: web::Data<Api>,
    token: TokenClaims,
}

impl StillGood {
    /// Asks what is kept at hand, so that it costs next to nothing.
    async fn check(&self) -> Result<(), ApiError> {
        match self.api.accounts.accepts(&self.token).await? {
            true => Ok(()),
            false => Err(ApiError::new(Code::InvalidToken)),
        }
    }
}
