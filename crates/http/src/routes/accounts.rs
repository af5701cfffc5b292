//! Signing up, in and out, and one's own account.

use actix_web::{HttpRequest, HttpResponse, Responder, get, patch, post, web};
use todo_domain::{User, UserId};

use crate::{
    Api,
    auth::{Authorized, ThisToken},
    error::{ApiError, Code},
    extract::{Json, MergePatch},
    openapi::{BODY, problems},
    wire,
};

problems!(SignUpProblems: BODY;
    SignupDisabled, EmailTaken, RateLimited, SignUpRateLimited, TooBusy, DatabaseUnavailable, StorageFull);
problems!(SignInProblems: BODY;
    WrongCredentials, AccountDisabled, RateLimited, TooManyAttempts, TooBusy, DatabaseUnavailable);
problems!(MeProblems: ME);
problems!(UpdateMeProblems: ME, BODY; ImportInProgress);
problems!(ConfirmProblems: ME, BODY; WrongPassword, TooManyAttempts, TooBusy);

/// Like [`crate::openapi::AUTHORIZED`], but nobody else can be named in the path.
const ME: &[Code] = &[
    Code::MissingToken,
    Code::InvalidToken,
    Code::RateLimited,
    Code::DatabaseUnavailable,
    Code::StorageFull,
];

/// Create an account and sign in
#[utoipa::path(
    operation_id = "signUp",
    tag = "accounts",
    request_body = wire::SignUp,
    responses((status = 201, description = "The account", body = wire::Session), SignUpProblems),
)]
#[post("/api/auth/signup")]
pub(crate) async fn sign_up(
    api: web::Data<Api>,
    request: HttpRequest,
    Json(body): Json<wire::SignUp>,
) -> Result<HttpResponse, ApiError> {
    let sign_up = body.parse()?;
    let origin = api.limits.sign_in_origin(&request, &sign_up.email);
    let user = api.accounts.sign_up(sign_up, Some(origin)).await?;
    Ok(HttpResponse::Created().json(session(&api, user)?))
}

/// Sign in
#[utoipa::path(
    operation_id = "signIn",
    tag = "accounts",
    request_body = wire::SignIn,
    responses((status = 200, description = "Signed in", body = wire::Session), SignInProblems),
)]
#[post("/api/auth/signin")]
pub(crate) async fn sign_in(
    api: web::Data<Api>,
    request: HttpRequest,
    Json(body): Json<wire::SignIn>,
) -> Result<impl Responder, ApiError> {
    let (email, password) = body.parse()?;
    let origin = api.limits.sign_in_origin(&request, &email);
    let user = api.accounts.sign_in(email, password, origin).await?;
    Ok(web::Json(session(&api, user)?))
}

/// Sign out: this token is void from now on
#[utoipa::path(
    operation_id = "signOut",
    tag = "accounts",
    responses((status = 204, description = "Signed out"), MeProblems),
    security(("bearer" = [])),
)]
#[post("/api/auth/signout")]
pub(crate) async fn sign_out(
    api: web::Data<Api>,
    Authorized { input: ThisToken(token), .. }: Authorized<ThisToken>,
) -> Result<HttpResponse, ApiError> {
    api.accounts.sign_out(token).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Sign out everywhere: all your tokens are void from now on
#[utoipa::path(
    operation_id = "signOutEverywhere",
    tag = "accounts",
    responses((status = 204, description = "Signed out everywhere"), MeProblems),
    security(("bearer" = [])),
)]
#[post("/api/auth/signout-all")]
pub(crate) async fn sign_out_everywhere(
    api: web::Data<Api>,
    Authorized { user, .. }: Authorized,
) -> Result<HttpResponse, ApiError> {
    api.accounts.sign_out_everywhere(user).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Who you are
#[utoipa::path(
    operation_id = "getMe",
    tag = "accounts",
    responses((status = 200, description = "You", body = wire::User), MeProblems),
    security(("bearer" = [])),
)]
#[get("/api/auth/me")]
pub(crate) async fn me(
    api: web::Data<Api>,
    Authorized { user, .. }: Authorized,
) -> Result<impl Responder, ApiError> {
    let user = the_user(&api, user).await?;
    Ok(web::Json(wire::User::from(user)))
}

/// Change your name or your time zone
#[utoipa::path(
    operation_id = "updateMe",
    tag = "accounts",
    request_body(content(
        (wire::UserPatch = "application/json"),
        (wire::UserPatch = "application/merge-patch+json"),
    )),
    responses((status = 200, description = "You, changed", body = wire::User), UpdateMeProblems),
    security(("bearer" = [])),
)]
#[patch("/api/auth/me")]
pub(crate) async fn update_me(
    api: web::Data<Api>,
    Authorized { user, input: MergePatch(body) }: Authorized<MergePatch<wire::UserPatch>>,
) -> Result<impl Responder, ApiError> {
    let user = api.accounts.update(user, body.parse()?).await?.ok_or_else(gone)?;
    Ok(web::Json(wire::User::from(user)))
}

/// Change your password
///
/// Signs you out everywhere else: the answer has a new token, and no other is good any more.
#[utoipa::path(
    operation_id = "changePassword",
    tag = "accounts",
    request_body = wire::PasswordChange,
    responses((status = 200, description = "Changed", body = wire::Session), ConfirmProblems),
    security(("bearer" = [])),
)]
#[post("/api/auth/password")]
pub(crate) async fn change_password(
    api: web::Data<Api>,
    request: HttpRequest,
    Authorized { user, input: Json(body) }: Authorized<Json<wire::PasswordChange>>,
) -> Result<impl Responder, ApiError> {
    let (current, new) = body.parse()?;
    let user = the_user(&api, user).await?;
    let origin = api.limits.sign_in_origin(&request, &user.email);
    let user = api.accounts.change_password(user, current, new, origin).await?;
    Ok(web::Json(session(&api, user)?))
}

/// Delete your account with everything in it
///
/// Tasks, conversations and turns go with it, at once and for good.
#[utoipa::path(
    operation_id = "deleteAccount",
    tag = "accounts",
    request_body = wire::AccountDeletion,
    responses((status = 204, description = "All of it is gone"), ConfirmProblems),
    security(("bearer" = [])),
)]
#[post("/api/auth/delete-account")]
pub(crate) async fn delete_account(
    api: web::Data<Api>,
    request: HttpRequest,
    Authorized { user, input: Json(body) }: Authorized<Json<wire::AccountDeletion>>,
) -> Result<HttpResponse, ApiError> {
    let password = body.parse()?;
    let user = the_user(&api, user).await?;
    let origin = api.limits.sign_in_origin(&request, &user.email);
    api.accounts.delete_own(user, password, origin).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Signs a user in.
fn session(api: &Api, user: User) -> Result<wire::Session, ApiError> {
    let token = api.tokens.issue(user.id, user.token_epoch)?;
    Ok(wire::Session::new(token, user))
}

/// The user who asks.
pub(super) async fn the_user(api: &Api, id: UserId) -> Result<User, ApiError> {
    api.accounts.user(id).await?.ok_or_else(gone)
}

/// Deleted since the token was checked.
fn gone() -> ApiError {
    ApiError::new(Code::InvalidToken)
}
