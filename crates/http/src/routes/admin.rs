//! For operators: all users, what they take of models, which turns run, and how the service is.
//!
//! Nothing that anybody wrote is told here.

use actix_web::{HttpRequest, HttpResponse, Responder, get, post, web};
use todo_domain::{UserId, ports::UserPage};

use super::health::health_of;
use crate::{
    Api,
    auth::Operator,
    error::{ApiError, Code},
    extract::{Id, Query},
    openapi::{AdminUserPath, problems},
    wire::{self, UserSearch, cursor},
};

problems!(ReadProblems: OPERATOR);
problems!(QueryProblems: OPERATOR; ValidationFailed);
problems!(DisableProblems: OPERATOR; UserNotFound, OwnAccount);
problems!(EnableProblems: OPERATOR; UserNotFound);

/// Like [`crate::openapi::AUTHORIZED`], for who is an operator.
const OPERATOR: &[Code] = &[
    Code::MissingToken,
    Code::InvalidToken,
    Code::NotAnOperator,
    Code::RateLimited,
    Code::DatabaseUnavailable,
    Code::StorageFull,
];

/// All users, the first to sign up first
///
/// With `q` the one of this number or e-mail address, if there is such a user.
#[utoipa::path(
    operation_id = "listUsers",
    tag = "operators",
    params(wire::UserListQuery),
    responses(
        (
            status = 200, description = "A page of users", body = Vec<wire::AdminUser>,
            headers(("Link")),
        ),
        QueryProblems,
    ),
    security(("bearer" = [])),
)]
#[get("/api/admin/users")]
pub(crate) async fn users(
    api: web::Data<Api>,
    request: HttpRequest,
    Operator { input: Query(query), .. }: Operator<Query<wire::UserListQuery>>,
) -> Result<HttpResponse, ApiError> {
    let UserPage { users, next } = match query.parse(wire::UserListQuery::parse)? {
        UserSearch::All { limit, after } => api.accounts.list(limit, after).await?,
        UserSearch::Number(id) => one(api.accounts.user(id).await?),
        UserSearch::Address(email) => one(api.accounts.find(email).await?),
    };
    let mut response = HttpResponse::Ok();
    if let Some(next) = next {
        response.insert_header(wire::next_page(&request, &cursor::of_users(next)));
    }
    Ok(response.json(users.into_iter().map(wire::AdminUser::from).collect::<Vec<_>>()))
}

fn one(user: Option<todo_domain::User>) -> UserPage {
    UserPage { users: user.into_iter().collect(), next: None }
}

/// Keep a user out
///
/// They can't sign in, and none of their tokens is good. Nothing is deleted.
#[utoipa::path(
    operation_id = "disableUser",
    tag = "operators",
    params(AdminUserPath),
    responses(
        (status = 200, description = "The user, kept out", body = wire::AdminUser),
        DisableProblems,
    ),
    security(("bearer" = [])),
)]
#[post("/api/admin/users/{id}/disable")]
pub(crate) async fn disable(
    api: web::Data<Api>,
    Operator { user, input: Id(id) }: Operator<Id<UserId>>,
) -> Result<impl Responder, ApiError> {
    if id == user {
        return Err(ApiError::new(Code::OwnAccount));
    }
    let response = changed(api.accounts.disable(id).await?)?;
    tracing::info!(operator_id = user.get(), user_id = id.get(), "An operator keeps a user out");
    Ok(response)
}

/// Let a user in again
///
/// Tokens that have not expired are good again.
#[utoipa::path(
    operation_id = "enableUser",
    tag = "operators",
    params(AdminUserPath),
    responses(
        (status = 200, description = "The user, let in", body = wire::AdminUser),
        EnableProblems,
    ),
    security(("bearer" = [])),
)]
#[post("/api/admin/users/{id}/enable")]
pub(crate) async fn enable(
    api: web::Data<Api>,
    Operator { user, input: Id(id) }: Operator<Id<UserId>>,
) -> Result<impl Responder, ApiError> {
    let response = changed(api.accounts.enable(id).await?)?;
    tracing::info!(operator_id = user.get(), user_id = id.get(), "An operator lets a user in");
    Ok(response)
}

fn changed(user: Option<todo_domain::User>) -> Result<web::Json<wire::AdminUser>, ApiError> {
    user.map(|user| web::Json(user.into())).ok_or_else(|| ApiError::new(Code::UserNotFound))
}

/// What all users together took of models
///
/// Answers, tokens and their cost, for each day in UTC and each model. What a user took goes with
/// them when they are deleted.
#[utoipa::path(
    operation_id = "getUsageOfAll",
    tag = "operators",
    params(wire::UsageQuery),
    responses((status = 200, description = "The usage", body = wire::AdminUsage), QueryProblems),
    security(("bearer" = [])),
)]
#[get("/api/admin/usage")]
pub(crate) async fn usage(
    api: web::Data<Api>,
    Operator { input: Query(query), .. }: Operator<Query<wire::UsageQuery>>,
) -> Result<impl Responder, ApiError> {
    let today = api.usage.today();
    let span = query.parse(|query, fields| query.parse(today, fields))?;
    Ok(web::Json(wire::AdminUsage::from(api.oversight.usage(span).await?)))
}

/// Which turns run
///
/// In whichever process, the longest running first, 100 at most.
#[utoipa::path(
    operation_id = "listRunningTurns",
    tag = "operators",
    responses((status = 200, description = "The turns", body = Vec<wire::AdminTurn>), ReadProblems),
    security(("bearer" = [])),
)]
#[get("/api/admin/turns")]
pub(crate) async fn turns(
    api: web::Data<Api>,
    Operator { .. }: Operator,
) -> Result<impl Responder, ApiError> {
    let turns = api.oversight.running_turns().await?;
    Ok(web::Json(turns.into_iter().map(wire::AdminTurn::from).collect::<Vec<_>>()))
}

/// How the service and what it needs are
///
/// All of what `/health/detailed` tells, also under `METRICS_ADDRESS`, and always with 200.
#[utoipa::path(
    operation_id = "getHealthForOperators",
    tag = "operators",
    responses((status = 200, description = "How it is", body = wire::Health), ReadProblems),
    security(("bearer" = [])),
)]
#[get("/api/admin/health")]
pub(crate) async fn health(api: web::Data<Api>, Operator { .. }: Operator) -> impl Responder {
    web::Json(health_of(&api).await)
}
