//! Tasks without a model in between.

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder, delete, get, http::header, patch, post, web,
};
use todo_domain::{
    Batch, BatchOutcome, BatchRefusal, Due, KeyedRequest, Task, TaskAction, TaskChange, TaskDone,
    TaskId, TaskTarget, TimeZone, Timestamp, UserId,
};

use super::accounts::the_user;
use crate::{
    Api,
    auth::Authorized,
    error::{ApiError, Code},
    extract::{
        IDEMPOTENT_REPLAYED, Id, IfMatch, IfNoneMatch, Json, KeyedJson, MergePatch, Query, etag,
    },
    openapi::{
        AUTHORIZED, BODY, IdempotencyKeyHeader, IfMatchHeader, IfNoneMatchHeader, TaskPath,
        UserPath, problems,
    },
    wire::{self, cursor},
};

problems!(ListProblems: AUTHORIZED; ValidationFailed, TooManySearches);
problems!(CreateProblems: AUTHORIZED, BODY;
    InvalidIdempotencyKey, IdempotencyKeyReused, TaskLimitReached, ImportInProgress);
problems!(ReadProblems: AUTHORIZED, BODY);
problems!(GetProblems: AUTHORIZED; TaskNotFound, ValidationFailed);
problems!(UpdateProblems: AUTHORIZED, BODY; TaskNotFound, VersionMismatch, ImportInProgress);
problems!(ActProblems: AUTHORIZED; TaskNotFound, VersionMismatch, ValidationFailed, ImportInProgress);

/// Your tasks
///
/// New tasks neither repeat nor skip others on later pages. A task whose own position in the order
/// changes meanwhile moves, and may be met twice or not at all.
#[utoipa::path(
    operation_id = "listTasks",
    tag = "tasks",
    params(UserPath, wire::TaskListQuery),
    responses(
        (
            status = 200, description = "A page of tasks", body = Vec<wire::Task>,
            headers(("Link")),
        ),
        ListProblems,
    ),
    security(("bearer" = [])),
)]
#[get("/api/{user_id}/tasks")]
pub(crate) async fn list(
    api: web::Data<Api>,
    request: HttpRequest,
    Authorized { user, input: Query(query) }: Authorized<Query<wire::TaskListQuery>>,
) -> Result<HttpResponse, ApiError> {
    let mut query = query.parse(wire::TaskListQuery::parse)?;
    if query.asks_for_days() {
        query.zone = the_user(&api, user).await?.time_zone;
    }
    let sort = query.sort;
    let page = api.tasks.list(user, query).await?;
    let mut response = HttpResponse::Ok();
    if let Some(next) = page.next {
        response.insert_header(wire::next_page(&request, &cursor::of_tasks(next, sort)));
    }
    Ok(response.json(page.tasks.into_iter().map(wire::Task::from).collect::<Vec<_>>()))
}

/// Add a task
///
/// With an `Idempotency-Key` it is added once, however often it is sent.
#[utoipa::path(
    operation_id = "createTask",
    tag = "tasks",
    params(UserPath, IdempotencyKeyHeader),
    request_body = wire::NewTask,
    responses(
        (
            status = 201, description = "The task", body = wire::Task,
            headers(("Location"), ("ETag"), ("Idempotent-Replayed")),
        ),
        CreateProblems,
    ),
    security(("bearer" = [])),
)]
#[post("/api/{user_id}/tasks")]
pub(crate) async fn create(
    api: web::Data<Api>,
    Authorized { user, input: KeyedJson(body, keyed) }: Authorized<KeyedJson<wire::NewTask>>,
) -> Result<HttpResponse, ApiError> {
    let zone = zone_for(&api, user, body.fields.due()).await?;
    let new = body.parse(|new, fields| new.parse(&zone, fields))?;
    let mut response = HttpResponse::Created();
    let batch = Batch::from(TaskChange::Create(new));
    let done = change(&api, user, batch, keyed, &mut response).await?;
    let done = done.map_err(|refused| refused.refusal)?.into_last();
    let id = done.task().id;
    response.insert_header((header::LOCATION, format!("/api/{user}/tasks/{id}")));
    Ok(with_task(&mut response, done.task()))
}

/// Read a sentence as tasks
///
/// Says which tasks a sentence would add to the list if it was said to the chat with "add" before it, as
/// the offline assistant reads it, in the user's time zone. Nothing is stored. What is not understood
/// stays in the title.
#[utoipa::path(
    operation_id = "readTasks",
    tag = "tasks",
    params(UserPath),
    request_body = wire::SentenceToRead,
    responses((status = 200, description = "The tasks", body = wire::ReadTasks), ReadProblems),
    security(("bearer" = [])),
)]
#[post("/api/{user_id}/tasks:read")]
pub(crate) async fn read(
    api: web::Data<Api>,
    Authorized { user, input: Json(body) }: Authorized<Json<wire::SentenceToRead>>,
) -> Result<HttpResponse, ApiError> {
    let sentence = body.parse(wire::SentenceToRead::parse)?;
    let zone = the_user(&api, user).await?.time_zone;
    let tasks = api.task_reader.read(user, sentence, &zone).await;
    Ok(HttpResponse::Ok().json(wire::ReadTasks::from(tasks)))
}

/// A task
#[utoipa::path(
    operation_id = "getTask",
    tag = "tasks",
    params(TaskPath, IfNoneMatchHeader),
    responses(
        (
            status = 200, description = "The task", body = wire::Task,
            headers(("ETag")),
        ),
        (
            status = 304, description = "You have it already",
            headers(("ETag" = String, description = "Its version")),
        ),
        GetProblems,
    ),
    security(("bearer" = [])),
)]
#[get("/api/{user_id}/tasks/{id}")]
pub(crate) async fn get(
    api: web::Data<Api>,
    Authorized { user, input: (Id(id), if_none_match) }: Authorized<(Id<TaskId>, IfNoneMatch)>,
) -> Result<HttpResponse, ApiError> {
    let task = api.tasks.get(user, id).await?;
    let task = task.ok_or_else(|| ApiError::new(Code::TaskNotFound))?;
    if if_none_match.has(task.version) {
        return Ok(HttpResponse::NotModified().insert_header(etag(task.version)).finish());
    }
    Ok(with_task(&mut HttpResponse::Ok(), &task))
}

/// Change fields of a task
///
/// A JSON merge patch (RFC 7396): absent fields stay, `null` clears.
#[utoipa::path(
    operation_id = "updateTask",
    tag = "tasks",
    params(TaskPath, IfMatchHeader),
    request_body(content(
        (wire::TaskPatch = "application/json"),
        (wire::TaskPatch = "application/merge-patch+json"),
    )),
    responses(
        (
            status = 200, description = "The task, changed", body = wire::Task,
            headers(("ETag")),
        ),
        UpdateProblems,
    ),
    security(("bearer" = [])),
)]
#[patch("/api/{user_id}/tasks/{id}")]
pub(crate) async fn update(
    api: web::Data<Api>,
    Authorized { user, input: (Id(id), IfMatch(if_version), MergePatch(body)) }: Authorized<(
        Id<TaskId>,
        IfMatch,
        MergePatch<wire::TaskPatch>,
    )>,
) -> Result<HttpResponse, ApiError> {
    let zone = zone_for(&api, user, body.fields.due()).await?;
    let target = TaskTarget { id, if_version };
    let actions = body.parse(|patch, fields| patch.parse(&zone, fields))?;
    let done = api.tasks.change_all(user, actions.on(target)).await?;
    let done = done.map_err(|refused| refused.refusal)?.into_last();
    Ok(with_task(&mut HttpResponse::Ok(), done.task()))
}

/// Delete a task for good
#[utoipa::path(
    operation_id = "deleteTask",
    tag = "tasks",
    params(TaskPath, IfMatchHeader),
    responses((status = 204, description = "It is gone"), ActProblems),
    security(("bearer" = [])),
)]
#[delete("/api/{user_id}/tasks/{id}")]
pub(crate) async fn delete(
    api: web::Data<Api>,
    Authorized { user, input: (Id(id), IfMatch(if_version)) }: Authorized<(Id<TaskId>, IfMatch)>,
) -> Result<HttpResponse, ApiError> {
    act(&api, user, TaskTarget { id, if_version }, TaskAction::Delete).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Mark a task done
///
/// One that is done already stays as it is.
#[utoipa::path(
    operation_id = "completeTask",
    tag = "tasks",
    params(TaskPath, IfMatchHeader),
    responses(
        (
            status = 200, description = "The task, done", body = wire::Task,
            headers(("ETag")),
            example = json!({
                "id": 3,
                "title": "finish the report",
                "description": null,
                "priority": "medium",
                "status": "completed",
                "due": "2026-11-27",
                "tags": [],
                "version": 2,
                "created_at": "2026-11-22T09:00:00.123456Z",
                "updated_at": "2026-11-23T16:30:00.123456Z",
                "completed_at": "2026-11-23T16:30:00.123456Z",
            }),
        ),
        ActProblems,
    ),
    security(("bearer" = [])),
)]
#[post("/api/{user_id}/tasks/{id}/complete")]
pub(crate) async fn complete(
    api: web::Data<Api>,
    Authorized { user, input: (Id(id), IfMatch(if_version)) }: Authorized<(Id<TaskId>, IfMatch)>,
) -> Result<HttpResponse, ApiError> {
    act(&api, user, TaskTarget { id, if_version }, TaskAction::Complete).await
}

/// Mark a task as still to do
///
/// One that is pending already stays as it is.
#[utoipa::path(
    operation_id = "reopenTask",
    tag = "tasks",
    params(TaskPath, IfMatchHeader),
    responses(
        (
            status = 200, description = "The task, pending", body = wire::Task,
            headers(("ETag")),
        ),
        ActProblems,
    ),
    security(("bearer" = [])),
)]
#[post("/api/{user_id}/tasks/{id}/reopen")]
pub(crate) async fn reopen(
    api: web::Data<Api>,
    Authorized { user, input: (Id(id), IfMatch(if_version)) }: Authorized<(Id<TaskId>, IfMatch)>,
) -> Result<HttpResponse, ApiError> {
    act(&api, user, TaskTarget { id, if_version }, TaskAction::Reopen).await
}

async fn act(
    api: &Api,
    user: UserId,
    target: TaskTarget,
    action: TaskAction,
) -> Result<HttpResponse, ApiError> {
    let done = api.tasks.change(user, TaskChange::Act { target, action }).await??;
    Ok(with_task(&mut HttpResponse::Ok(), done.task()))
}

/// Carries out a batch: once, if its request has a key. The response says if that was before.
pub(super) async fn change(
    api: &Api,
    user: UserId,
    batch: Batch,
    keyed: Option<KeyedRequest>,
    response: &mut HttpResponseBuilder,
) -> Result<Result<Batch<TaskDone>, BatchRefusal>, ApiError> {
    let Some(request) = keyed else { return Ok(api.tasks.change_all(user, batch).await?) };
    match api.tasks.change_once(user, batch, request).await? {
        BatchOutcome::Done(done) => Ok(Ok(done)),
        BatchOutcome::Replayed(done) => {
            response.insert_header((IDEMPOTENT_REPLAYED, "true"));
            Ok(Ok(done))
        }
        BatchOutcome::Refused(refused) => Ok(Err(refused)),
        BatchOutcome::KeyReused => Err(ApiError::new(Code::IdempotencyKeyReused)),
    }
}

fn with_task(response: &mut HttpResponseBuilder, task: &Task) -> HttpResponse {
    response.insert_header(etag(task.version)).json(wire::Task::from(task.clone()))
}

/// The user's time zone, if one of these due dates is a time without an offset, which needs one.
pub(super) async fn zone_for(
    api: &Api,
    user: UserId,
    dues: impl IntoIterator<Item: AsRef<str>>,
) -> Result<TimeZone, ApiError> {
    let is_local = |due: &str| {
        matches!(Due::parse(due, &TimeZone::UTC), Ok(Due::At(_)))
            && due.parse::<Timestamp>().is_err()
    };
    if !dues.into_iter().any(|due| is_local(due.as_ref())) {
        return Ok(TimeZone::UTC);
    }
    Ok(the_user(api, user).await?.time_zone)
}
