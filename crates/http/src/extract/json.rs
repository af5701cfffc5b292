//! JSON bodies.

use std::time::Duration;

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header,
    web::{self, Bytes},
};
use futures_util::{FutureExt, future::LocalBoxFuture};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Value, error::Category};
use todo_app::request_digest;
use todo_domain::{KeyedRequest, RequestDigest};

use super::{idempotency::idempotency_key, serde_errors::field_error};
use crate::error::{ApiError, Code, FieldError};

/// How large a body may be.
pub(crate) const MAX_BYTES: usize = 64 * 1024;

/// How long a body may take to arrive; the server's to set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyTimeout(pub(crate) Duration);

/// A JSON object sent as `application/json`.
#[derive(Debug)]
pub(crate) struct Json<T>(pub(crate) T);

/// A JSON merge patch (RFC 7396), sent as such or as `application/json`.
#[derive(Debug)]
pub(crate) struct MergePatch<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest for Json<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = body(request, payload, &["application/json"], MAX_BYTES);
        async move { Ok(Self(parse(&body.await?)?)) }.boxed_local()
    }
}

impl<T: DeserializeOwned> FromRequest for MergePatch<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let media_types = ["application/json", "application/merge-patch+json"];
        let body = body(request, payload, &media_types, MAX_BYTES);
        async move { Ok(Self(parse(&body.await?)?)) }.boxed_local()
    }
}

/// A JSON object sent as `application/json`, and the request that it is by its key, if it has one.
/// The same fields in another order are the same request.
#[derive(Debug)]
pub(crate) struct KeyedJson<T>(pub(crate) T, pub(crate) Option<KeyedRequest>);

impl<T: DeserializeOwned> FromRequest for KeyedJson<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = body(request, payload, &["application/json"], MAX_BYTES);
        let (key, path) = (idempotency_key(request), request.match_pattern().unwrap_or_default());
        async move {
            let (key, body) = (key?, body.await?);
            let parsed = parse(&body)?;
            let keyed = key.map(|key| KeyedRequest { key, digest: digest(&path, &body) });
            Ok(Self(parsed, keyed))
        }
        .boxed_local()
    }
}

/// The digest of a body that could be read.
fn digest(path: &str, body: &[u8]) -> RequestDigest {
    let mut fields: Value = serde_json::from_slice(body).unwrap_or_default();
    fields.sort_all_objects();
    request_digest([path.as_bytes(), fields.to_string().as_bytes()])
}

pub(super) fn body(
    request: &HttpRequest,
    payload: &mut Payload,
    media_types: &[&str],
    max_bytes: usize,
) -> impl Future<Output = Result<Bytes, ApiError>> + use<> {
    let refusal = check_head(request, media_types, max_bytes).err();
    let timeout = request.app_data::<BodyTimeout>().copied();
    let payload = web::Payload::from_request(request, payload);
    async move {
        if let Some(refusal) = refusal {
            return Err(refusal);
        }
        let unreadable = |_| ApiError::new(Code::BadRequest);
        let BodyTimeout(timeout) = timeout
            .ok_or_else(|| ApiError::internal("a body is read without a bound on its time"))?;
        let read = payload.await.map_err(unreadable)?.to_bytes_limited(max_bytes);
        tokio::time::timeout(timeout, read)
            .await
            .map_err(|_| ApiError::new(Code::RequestTimeout))?
            .map_err(|_| ApiError::new(Code::BodyTooLarge))?
            .map_err(unreadable)
    }
}

/// What can be refused before the first byte of the body is read.
pub(super) fn check_head(
    request: &HttpRequest,
    media_types: &[&str],
    max_bytes: usize,
) -> Result<(), ApiError> {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let essence = header(header::CONTENT_TYPE).and_then(|value| value.split(';').next());
    let right_type = essence
        .is_some_and(|essence| media_types.iter().any(|t| essence.trim().eq_ignore_ascii_case(t)));
    let encoded = request.headers().contains_key(header::CONTENT_ENCODING);
    if !right_type {
        return Err(ApiError::new(Code::UnsupportedMediaType));
    }
    if encoded {
        let detail = "The body must be sent as it is, without Content-Encoding.";
        return Err(ApiError::new(Code::UnsupportedMediaType).with_detail(detail));
    }
    let length = header(header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    if length.is_some_and(|length| length > max_bytes as u64) {
        return Err(ApiError::new(Code::BodyTooLarge));
    }
    Ok(())
}

pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    // First whether it is JSON at all: a wrong field before a missing brace is not the news.
    let text = std::str::from_utf8(body)
        .map_err(|_| ApiError::new(Code::MalformedJson).with_detail("The body is not UTF-8."))?;
    serde_json::from_str::<IgnoredAny>(text).map_err(|error| malformed(&error))?;
    if !text.trim_start().starts_with('{') {
        return Err(FieldError::new("body", "must be a JSON object").into());
    }
    let mut json = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut json).map_err(|error| match error.inner().classify() {
        Category::Data => field_error(&error.path().to_string(), &error.inner().to_string()).into(),
        Category::Io | Category::Syntax | Category::Eof => malformed(error.inner()),
    })
}

/// The place, but not the text: a body may hold a password.
fn malformed(error: &serde_json::Error) -> ApiError {
    ApiError::new(Code::MalformedJson).with_detail(format!(
        "The body is not JSON: see line {}, column {}.",
        error.line(),
        error.column()
    ))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        #[expect(dead_code, reason = "only whether it can be read matters here")]
        title: String,
        #[expect(dead_code, reason = "only whether it can be read matters here")]
        due: Option<String>,
    }

    fn refusal(body: &str) -> (Code, Vec<FieldError>) {
        let error = parse::<Body>(body.as_bytes()).unwrap_err();
        (error.code(), error.problem("", None).errors)
    }

    #[test]
    fn what_is_no_json_is_malformed_wherever_it_breaks() {
        let deep = format!("{{\"title\":{}", "[".repeat(60_000));
        for body in
            ["", "{", "nul", r#"{"title": 5"#, r#"{"title":"a"} x"#, r#"{"title":"\ud800"}"#, &deep]
        {
            assert_eq!(refusal(body), (Code::MalformedJson, vec![]), "{body:.40}");
        }
        assert_eq!(parse::<Body>(b"{\"title\":\"\xff\"}").unwrap_err().code(), Code::MalformedJson);
    }

    #[test]
    fn the_order_of_fields_makes_no_other_request() {
        let tasks = |body: &str| digest("/tasks", body.as_bytes());
        let one = tasks(r#"{"a": {"b": 1, "c": [2, 3]}, "d": "e"}"#);
        assert_eq!(one, tasks(r#"{"d":"e","a":{"c":[2,3],"b":1}}"#));
        assert_ne!(one, tasks(r#"{"d":"e","a":{"c":[3,2],"b":1}}"#));
        assert_ne!(one, digest("/tasks:batch", br#"{"d":"e","a":{"c":[2,3],"b":1}}"#));
    }

    #[test]
    fn json_that_does_not_fit_names_the_field() {
        for (body, field, message) in [
            ("[]", "body", "must be a JSON object"),
            (r#"["a", "b"]"#, "body", "must be a JSON object"),
            ("null", "body", "must be a JSON object"),
            ("{}", "title", "is required"),
            (r#"{"title":null}"#, "title", "must be a string"),
            (r#"{"title":5}"#, "title", "must be a string"),
            (r#"{"title":"a","due":{}}"#, "due", "must be a string"),
            (r#"{"title":"a","owner":2}"#, "owner", "is unknown"),
            (r#"{"title":"a","title":"b"}"#, "title", "must be given once"),
        ] {
            let expected = (Code::ValidationFailed, vec![FieldError::new(field, message)]);
            assert_eq!(refusal(body), expected, "{body}");
        }
    }
}
