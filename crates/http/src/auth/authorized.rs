//! The only way for a handler to learn who is calling.

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, http::header, web};
use futures_util::{FutureExt, future::LocalBoxFuture};
use std::future::{Ready, ready};
use todo_domain::{TokenClaims, UserId, ports::StoreError};

use crate::{
    Api,
    error::{ApiError, Code},
    request::record_user,
};

/// A request of somebody who may make it, and what it asks for.
///
/// The user has a token that is good still, and, where the path has a `{user_id}`, is the one named
/// there. `T` is read only after all that: who may not ask is never told what is wrong with the
/// question.
#[derive(Debug)]
pub(crate) struct Authorized<T = ()> {
    pub(crate) user: UserId,
    pub(crate) input: T,
}

impl<T> FromRequest for Authorized<T>
where
    T: FromRequest<Error: Into<actix_web::Error>> + 'static,
{
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        async move {
            let user = authorize(&request).await?;
            let input = T::from_request(&request, &mut payload).await.map_err(Into::into)?;
            Ok(Self { user, input })
        }
        .boxed_local()
    }
}

/// The token that the request came with, for who signs out of it.
#[derive(Debug)]
pub(crate) struct ThisToken(pub(crate) TokenClaims);

impl FromRequest for ThisToken {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(api(request).and_then(|api| claims(api, request)).map(Self))
    }
}

/// Whether the token of this request is accepted, for whoever asks next.
struct Acceptance(Result<bool, StoreError>);

/// The user whose token the request came with, if it is accepted: limits must not charge anybody
/// for tokens that others hold and that are void. A user who was just found to have none is not
/// looked up, so that such tokens cost the database nothing before they are limited.
pub(crate) async fn accepted_user(api: &Api, request: &HttpRequest) -> Option<UserId> {
    let token = claims(api, request).ok()?;
    if api.accounts.had_no_good_token(token.user) {
        return None;
    }
    let accepted = api.accounts.accepts(&token).await;
    let is_accepted = matches!(accepted, Ok(true));
    request.extensions_mut().insert(Acceptance(accepted));
    is_accepted.then_some(token.user)
}

async fn authorize(request: &HttpRequest) -> Result<UserId, ApiError> {
    let api = api(request)?;
    let token = claims(api, request)?;
    let user = token.user;
    record_user(request, user);
    if request.match_info().get("user_id").is_some_and(|named| !is_named(user, named)) {
        return Err(ApiError::new(Code::Forbidden));
    }
    let known = request.extensions_mut().remove::<Acceptance>();
    let is_accepted = match known {
        Some(Acceptance(known)) => known?,
        None => api.accounts.accepts(&token).await?,
    };
    if is_accepted { Ok(user) } else { Err(ApiError::new(Code::InvalidToken)) }
}

pub(super) fn api(request: &HttpRequest) -> Result<&web::Data<Api>, ApiError> {
    let api = request.app_data::<web::Data<Api>>();
    api.ok_or_else(|| ApiError::internal("a route is served without its application"))
}

fn claims(api: &Api, request: &HttpRequest) -> Result<TokenClaims, ApiError> {
    api.tokens.verify(bearer(request)?).map_err(|_| ApiError::new(Code::InvalidToken))
}

fn is_named(user: UserId, named: &str) -> bool {
    named == "me" || named.parse() == Ok(user)
}

/// The token of the one `Authorization` header there may be. Any other scheme is no token.
fn bearer(request: &HttpRequest) -> Result<&str, ApiError> {
    let mut headers = request.headers().get_all(header::AUTHORIZATION);
    let Some(header) = headers.next() else {
        return Err(ApiError::new(Code::MissingToken));
    };
    if headers.next().is_some() {
        return Err(ApiError::new(Code::InvalidToken));
    }
    match header.to_str().ok().and_then(|value| value.split_once(' ')) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        _ => Err(ApiError::new(Code::MissingToken)),
    }
}
