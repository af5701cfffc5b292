//! Query strings.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use super::object::{Given, Object};
use crate::error::ApiError;

/// The parameters of a query string. Unknown and repeated ones are refused: what they ask for would
/// be guessed otherwise.
#[derive(Debug)]
pub(crate) struct Query<T>(pub(crate) Given<T>);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let parameters = form_urlencoded::parse(request.query_string().as_bytes());
        let parameters = Object::of_parameters(parameters.into_owned());
        ready(parameters.map_err(ApiError::internal).and_then(Object::read).map(Self))
    }
}
