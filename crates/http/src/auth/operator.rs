//! Who may see all users.

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::{FutureExt, future::LocalBoxFuture};
use todo_domain::UserId;

use super::{Authorized, authorized::api};
use crate::error::{ApiError, Code};

/// A request of an operator, and what it asks for.
///
/// Whether somebody is an operator is asked of the database each time, and is in no token: who no
/// longer is one, or is kept out, is refused at once. `T` is read only after that.
#[derive(Debug)]
pub(crate) struct Operator<T = ()> {
    pub(crate) user: UserId,
    pub(crate) input: T,
}

impl<T> FromRequest for Operator<T>
where
    T: FromRequest<Error: Into<actix_web::Error>> + 'static,
{
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        async move {
            let Authorized { user, .. } =
                Authorized::<()>::from_request(&request, &mut Payload::None).await?;
            insist_on_operator(&request, user).await?;
            let input = T::from_request(&request, &mut payload).await.map_err(Into::into)?;
            Ok(Self { user, input })
        }
        .boxed_local()
    }
}

async fn insist_on_operator(request: &HttpRequest, id: UserId) -> Result<(), ApiError> {
    match api(request)?.accounts.user(id).await? {
        // Another process may have kept them out, of which this one learns later.
        Some(user) if user.disabled_at.is_some() => Err(ApiError::new(Code::InvalidToken)),
        Some(user) if user.is_operator() => Ok(()),
        Some(_) => Err(ApiError::new(Code::NotAnOperator)),
        None => Err(ApiError::new(Code::InvalidToken)),
    }
}
