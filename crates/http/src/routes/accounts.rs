//! Signing up, in and out, and one's own account.

use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, Responder, get, patch, post, web};
use todo_domain::{RefreshClaims, TokenFamilyId, User, UserId, ports::RefreshOutcome};

use crate::{
    Api,
    auth::{
        Authorized, ThisToken,
        machine::{comes_from_this_machine, is_page_of_this_machine},
        session_cookie::{self, refresh_token, require_own_page},
    },
    error::{ApiError, Code},
    extract::{Json, MergePatch},
    openapi::{BODY, SessionCookie, problems},
    wire,
};

problems!(SignUpProblems: BODY;
    SignupDisabled, ForeignPage, EmailTaken, RateLimited, SignUpRateLimited, TooBusy, DatabaseUnavailable, StorageFull);
problems!(SignInProblems: BODY;
    WrongCredentials, AccountDisabled, ForeignPage, RateLimited, TooManyAttempts, TooBusy,
    DatabaseUnavailable, StorageFull);
problems!(OptionsProblems: ; RateLimited, DatabaseUnavailable);
problems!(MachineProblems: ;
    NotThisMachine, AccountDisabled, SignupDisabled, RateLimited, TooBusy, DatabaseUnavailable, StorageFull);
problems!(RefreshProblems: ; ForeignPage, RateLimited, DatabaseUnavailable, StorageFull);
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
    responses(
        (
            status = 201, description = "The account", body = wire::Session,
            headers(("Set-Cookie")),
        ),
        SignUpProblems,
    ),
)]
#[post("/api/auth/signup")]
pub(crate) async fn sign_up(
    api: web::Data<Api>,
    request: HttpRequest,
    Json(body): Json<wire::SignUp>,
) -> Result<HttpResponse, ApiError> {
    let session = asked_for(body.fields.session(), &request)?;
    let sign_up = body.parse(wire::SignUp::parse)?;
    let origin = api.limits.sign_in_origin(&request, &sign_up.email);
    let user = api.accounts.sign_up(sign_up, Some(origin)).await?;
    signed_in(HttpResponse::Created(), &api, &request, user, session).await
}

/// Sign in
#[utoipa::path(
    operation_id = "signIn",
    tag = "accounts",
    request_body = wire::SignIn,
    responses(
        (
            status = 200, description = "Signed in", body = wire::Session,
            headers(("Set-Cookie")),
        ),
        SignInProblems,
    ),
)]
#[post("/api/auth/signin")]
pub(crate) async fn sign_in(
    api: web::Data<Api>,
    request: HttpRequest,
    Json(body): Json<wire::SignIn>,
) -> Result<HttpResponse, ApiError> {
    let session = asked_for(body.fields.session(), &request)?;
    let (email, password) = body.parse(wire::SignIn::parse)?;
    let origin = api.limits.sign_in_origin(&request, &email);
    let user = api.accounts.sign_in(email, password, origin).await?;
    signed_in(HttpResponse::Ok(), &api, &request, user, session).await
}

/// Which ways there are to sign in
///
/// For pages that ask before they show a form.
#[utoipa::path(
    operation_id = "getSignInOptions",
    tag = "accounts",
    responses(
        (status = 200, description = "The ways", body = wire::SignInOptions),
        OptionsProblems,
    ),
)]
#[get("/api/auth/options")]
pub(crate) async fn sign_in_options(
    api: web::Data<Api>,
    request: HttpRequest,
) -> Result<impl Responder, ApiError> {
    let machine = match &api.machine_account {
        Some(account) if comes_from_this_machine(&request) => {
            api.accounts.offers_machine_account(account.email.clone()).await?
        }
        _ => false,
    };
    Ok(web::Json(wire::SignInOptions { sign_up: api.accounts.takes_sign_ups(), machine }))
}

/// Use the account of this machine, without a password
///
/// For the web page of a service that stands alone: on SQLite, listening on a loopback address, with
/// no proxy in front, asked by a browser on the same machine under a name of the machine (`localhost` or
/// a loopback address). The account is made if there is none yet. The answer begins a session, as a
/// sign-in with `"session": "cookie"` does.
#[utoipa::path(
    operation_id = "useMachineAccount",
    tag = "accounts",
    responses(
        (
            status = 200, description = "Signed in", body = wire::Session,
            headers(("Set-Cookie")),
        ),
        MachineProblems,
    ),
)]
#[post("/api/auth/machine")]
pub(crate) async fn use_machine_account(
    api: web::Data<Api>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let refused = || ApiError::new(Code::NotThisMachine);
    let account = api.machine_account.clone().ok_or_else(refused)?;
    if !is_page_of_this_machine(&request) {
        return Err(refused());
    }
    let user = api.accounts.machine_account(account).await?.ok_or_else(refused)?;
    if user.disabled_at.is_some() {
        return Err(ApiError::new(Code::AccountDisabled));
    }
    signed_in(HttpResponse::Ok(), &api, &request, user, wire::SessionKind::Cookie).await
}

/// Go on with the session of this browser
///
/// Trades the session cookie for an access token of 15 minutes and the next cookie. A cookie that was
/// traded more than 30 seconds ago ends the session, because somebody else may have it. Only pages of
/// this service itself may ask, as `Sec-Fetch-Site` or `Origin` shows.
#[utoipa::path(
    operation_id = "refreshSession",
    tag = "accounts",
    params(SessionCookie),
    responses(
        (
            status = 200, description = "Signed in still", body = wire::Session,
            headers(("Set-Cookie")),
        ),
        (
            status = 204, description = "There is no session, or not any more",
            headers(("Set-Cookie")),
        ),
        RefreshProblems,
    ),
)]
#[post("/api/auth/refresh")]
pub(crate) async fn refresh(
    api: web::Data<Api>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    require_own_page(&request)?;
    let outcome = match refresh_token(&request, &api) {
        Some(token) => api.accounts.refresh(token).await?,
        None => RefreshOutcome::SignedOut,
    };
    match outcome {
        RefreshOutcome::Refreshed { user, token } => {
            let cookie = session_cookie::keeping(token, &request, &api)?;
            Ok(HttpResponse::Ok().cookie(cookie).json(short_session(&api, user)?))
        }
        RefreshOutcome::Reused | RefreshOutcome::SignedOut => Ok(signed_out(&api, &request)),
    }
}

/// Sign out: this token is void from now on, and so is the session of this browser
#[utoipa::path(
    operation_id = "signOut",
    tag = "accounts",
    responses(
        (status = 204, description = "Signed out", headers(("Set-Cookie"))),
        MeProblems,
    ),
    security(("bearer" = [])),
)]
#[post("/api/auth/signout")]
pub(crate) async fn sign_out(
    api: web::Data<Api>,
    request: HttpRequest,
    Authorized { user, input: ThisToken(token) }: Authorized<ThisToken>,
) -> Result<HttpResponse, ApiError> {
    if let Some(session) = session_of(&api, &request, user) {
        api.accounts.end_session(session).await?;
    }
    api.accounts.sign_out(token).await?;
    Ok(signed_out(&api, &request))
}

/// Sign out everywhere: all your tokens and sessions are void from now on
#[utoipa::path(
    operation_id = "signOutEverywhere",
    tag = "accounts",
    responses(
        (status = 204, description = "Signed out everywhere", headers(("Set-Cookie"))),
        MeProblems,
    ),
    security(("bearer" = [])),
)]
#[post("/api/auth/signout-all")]
pub(crate) async fn sign_out_everywhere(
    api: web::Data<Api>,
    request: HttpRequest,
    Authorized { user, .. }: Authorized,
) -> Result<HttpResponse, ApiError> {
    api.accounts.sign_out_everywhere(user).await?;
    Ok(signed_out(&api, &request))
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
    let change = body.parse(wire::UserPatch::parse)?;
    let user = api.accounts.update(user, change).await?.ok_or_else(gone)?;
    Ok(web::Json(wire::User::from(user)))
}

/// Change your password
///
/// Signs you out everywhere else: the answer has a new token, and no other is good any more. A browser
/// with a session keeps one.
#[utoipa::path(
    operation_id = "changePassword",
    tag = "accounts",
    request_body = wire::PasswordChange,
    responses(
        (
            status = 200, description = "Changed", body = wire::Session,
            headers(("Set-Cookie")),
        ),
        ConfirmProblems,
    ),
    security(("bearer" = [])),
)]
#[post("/api/auth/password")]
pub(crate) async fn change_password(
    api: web::Data<Api>,
    request: HttpRequest,
    Authorized { user, input: Json(body) }: Authorized<Json<wire::PasswordChange>>,
) -> Result<HttpResponse, ApiError> {
    let session = match session_of(&api, &request, user) {
        Some(_) => wire::SessionKind::Cookie,
        None => wire::SessionKind::Token,
    };
    let (current, new) = body.parse(wire::PasswordChange::parse)?;
    let user = the_user(&api, user).await?;
    let origin = api.limits.sign_in_origin(&request, &user.email);
    let user = api.accounts.change_password(user, current, new, origin).await?;
    signed_in(HttpResponse::Ok(), &api, &request, user, session).await
}

/// Delete your account with everything in it
///
/// Tasks, conversations and turns go with it, at once and for good.
#[utoipa::path(
    operation_id = "deleteAccount",
    tag = "accounts",
    request_body = wire::AccountDeletion,
    responses(
        (status = 204, description = "All of it is gone", headers(("Set-Cookie"))),
        ConfirmProblems,
    ),
    security(("bearer" = [])),
)]
#[post("/api/auth/delete-account")]
pub(crate) async fn delete_account(
    api: web::Data<Api>,
    request: HttpRequest,
    Authorized { user, input: Json(body) }: Authorized<Json<wire::AccountDeletion>>,
) -> Result<HttpResponse, ApiError> {
    let password = body.parse(wire::AccountDeletion::parse)?;
    let user = the_user(&api, user).await?;
    let origin = api.limits.sign_in_origin(&request, &user.email);
    api.accounts.delete_own(user, password, origin).await?;
    Ok(signed_out(&api, &request))
}

/// The kind of session that a sign-in asks for, if it may have that.
fn asked_for(
    kind: wire::SessionKind,
    request: &HttpRequest,
) -> Result<wire::SessionKind, ApiError> {
    if kind == wire::SessionKind::Cookie {
        require_own_page(request)?;
    }
    Ok(kind)
}

/// Signs a user in.
async fn signed_in(
    mut answer: HttpResponseBuilder,
    api: &Api,
    request: &HttpRequest,
    user: User,
    session: wire::SessionKind,
) -> Result<HttpResponse, ApiError> {
    match session {
        wire::SessionKind::Token => {
            let token = api.tokens.issue(user.id, user.token_epoch)?;
            Ok(answer.json(wire::Session::new(token, user)))
        }
        wire::SessionKind::Cookie => {
            let family = TokenFamilyId::new(api.ids.next());
            let token = api.accounts.begin_session(user.id, family).await?;
            let cookie = session_cookie::keeping(token, request, api)?;
            Ok(answer.cookie(cookie).json(short_session(api, user)?))
        }
    }
}

fn short_session(api: &Api, user: User) -> Result<wire::Session, ApiError> {
    let lifetime = session_cookie::ACCESS_LIFETIME;
    let token = api.tokens.issue_for(lifetime, user.id, user.token_epoch)?;
    Ok(wire::Session::new(token, user))
}

/// The session of the browser that asks, if it is this user's.
fn session_of(api: &Api, request: &HttpRequest, user: UserId) -> Option<RefreshClaims> {
    refresh_token(request, api).filter(|token| token.user == user)
}

/// Nothing more to say, and a browser forgets its session.
fn signed_out(api: &Api, request: &HttpRequest) -> HttpResponse {
    let mut answer = HttpResponse::NoContent();
    if request.cookie(session_cookie::NAME).is_some() {
        answer.cookie(session_cookie::removing(request, api));
    }
    answer.finish()
}

/// The user who asks.
pub(super) async fn the_user(api: &Api, id: UserId) -> Result<User, ApiError> {
    api.accounts.user(id).await?.ok_or_else(gone)
}

/// Deleted since the token was checked.
fn gone() -> ApiError {
    ApiError::new(Code::InvalidToken)
}
