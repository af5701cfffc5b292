//! `Idempotency-Key`: by which a client can send a request again without its being carried out again.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header::HeaderName};
use todo_domain::IdempotencyKey;

use crate::error::{ApiError, Code};

/// The request header.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The header of an answer that was stored for an earlier request with the same key.
pub(crate) const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// The key of the request, if it has one. Two of them are none.
#[derive(Debug)]
pub(crate) struct Keyed(pub(crate) Option<IdempotencyKey>);

impl FromRequest for Keyed {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(idempotency_key(request).map(Self))
    }
}

/// The key of a request, if it has one.
pub(super) fn idempotency_key(request: &HttpRequest) -> Result<Option<IdempotencyKey>, ApiError> {
    let mut values = request.headers().get_all(IDEMPOTENCY_KEY);
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(invalid("must be sent once"));
    }
    // Bytes beyond ASCII become characters beyond it, which are refused.
    let text = String::from_utf8_lossy(value.as_bytes());
    IdempotencyKey::new(text).map(Some).map_err(|error| invalid(&error.to_string()))
}

fn invalid(problem: &str) -> ApiError {
    ApiError::new(Code::InvalidIdempotencyKey)
        .with_detail(format!("The header `Idempotency-Key` {problem}. Nothing was done."))
}
