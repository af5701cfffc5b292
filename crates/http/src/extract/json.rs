//! JSON bodies.

use std::time::Duration;

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header,
    web::{self, Bytes},
};
use futures_util::{FutureExt, future::LocalBoxFuture};
use serde::de::DeserializeOwned;
use serde_json::Value;
use todo_app::request_digest;
use todo_domain::{KeyedRequest, RequestDigest};

use super::{
    idempotency::idempotency_key,
    object::{Given, Object},
};
use crate::error::{ApiError, Cause, Code, Fault, FieldError};

/// How large a body may be.
pub(crate) const MAX_BYTES: usize = 64 * 1024;

/// How deep a body may be nested. Messages with the outputs of tools are nested less than 20 deep.
const MAX_DEPTH: usize = 64;

/// How long a body may take to arrive; the server's to set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyTimeout(pub(crate) Duration);

/// A JSON object sent as `application/json`.
#[derive(Debug)]
pub(crate) struct Json<T>(pub(crate) Given<T>);

/// A JSON merge patch (RFC 7396), sent as such or as `application/json`.
#[derive(Debug)]
pub(crate) struct MergePatch<T>(pub(crate) Given<T>);

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
pub(crate) struct KeyedJson<T>(pub(crate) Given<T>, pub(crate) Option<KeyedRequest>);

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

pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<Given<T>, ApiError> {
    // First whether it is JSON at all: a wrong field before a missing brace is not the news.
    let text = std::str::from_utf8(body)
        .map_err(|_| ApiError::new(Code::MalformedJson).with_detail("The body is not UTF-8."))?;
    check_depth(body)?;
    let json: Value = serde_json::from_str(text).map_err(|error| malformed(&error))?;
    if !json.is_object() {
        let fault = Fault::new(Cause::WrongType, "must be a JSON object");
        return Err(FieldError::of_body(fault).into());
    }
    let object: Object = serde_json::from_str(text).map_err(|error| malformed(&error))?;
    object.read()
}

/// Refuses a body that is nested too deep.
pub(super) fn check_depth(json: &[u8]) -> Result<(), ApiError> {
    if depth(json) <= MAX_DEPTH {
        return Ok(());
    }
    let detail = format!("The body is nested deeper than {MAX_DEPTH} levels.");
    Err(ApiError::new(Code::MalformedJson).with_detail(detail))
}

/// How deep arrays and objects are nested in a JSON text.
fn depth(json: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// The position, but not the text: a body may hold a password.
pub(super) fn malformed(error: &serde_json::Error) -> ApiError {
    ApiError::new(Code::MalformedJson).with_detail(format!(
        "The body is not JSON: see line {}, column {}.",
        error.line(),
        error.column()
    ))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use todo_domain::TaskTitle;

    use super::*;
    use crate::{error::Fields, wire::field::Field};

    #[derive(Debug, Deserialize)]
    struct Body {
        #[serde(default)]
        title: Field,
        #[serde(default)]
        due: Field,
        #[serde(default)]
        tags: Field<Vec<Field>>,
    }

    impl Body {
        fn parse(self, fields: &mut Fields) -> Option<()> {
            let title = self.title.required("title", fields, TaskTitle::new);
            let due = self.due.optional("due", fields, Ok::<_, Fault>);
            let tags = self.tags.set("tags", fields, Ok::<_, Fault>)?;
            for (index, tag) in tags.into_iter().flatten().enumerate() {
                tag.given(&format!("tags[{index}]"), fields)?;
            }
            title.and(due).map(|_| ())
        }
    }

    fn refusal(body: &str) -> (Code, Vec<FieldError>) {
        let error = parse::<Body>(body.as_bytes()).and_then(|body| body.parse(Body::parse));
        let error = error.unwrap_err();
        (error.code(), error.into_errors())
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
    fn brackets_in_texts_nest_nothing() {
        for (json, expected) in
            [("1", 0), ("{}", 1), (r#"[{"a":[]},"[[[\"[["]"#, 3), ("]]][", 1), (r#""\\"[[]]"#, 2)]
        {
            assert_eq!(depth(json.as_bytes()), expected, "{json}");
        }
    }

    #[test]
    fn a_body_that_is_nested_too_deep_is_refused() {
        let deep = |levels| format!("{{\"title\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
        assert_eq!(refusal(&deep(63)).0, Code::ValidationFailed);
        assert_eq!(refusal(&deep(64)).0, Code::MalformedJson);
        assert_eq!(refusal(&deep(30_000)).0, Code::MalformedJson);
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
        let wrong = |message: &str| Fault::new(Cause::WrongType, message);
        let required = || Fault::new(Cause::Required, "is required");
        let unknown = || Fault::new(Cause::UnknownField, "is unknown");
        let repeated = || Fault::new(Cause::Repeated, "must be given once");
        for body in ["[]", r#"["a", "b"]"#, "null"] {
            let errors = vec![FieldError::of_body(wrong("must be a JSON object"))];
            assert_eq!(refusal(body), (Code::ValidationFailed, errors), "{body}");
        }
        for (body, errors) in [
            ("{}", vec![("title", required())]),
            (r#"{"title":null}"#, vec![("title", wrong("must be a string"))]),
            (r#"{"title":5}"#, vec![("title", wrong("must be a string"))]),
            (r#"{"title":"a","due":{}}"#, vec![("due", wrong("must be a string"))]),
            (r#"{"title":"a","owner":2}"#, vec![("owner", unknown())]),
            (r#"{"title":"a","title":"b"}"#, vec![("title", repeated())]),
            (r#"{"title":"a","tags":7}"#, vec![("tags", wrong("must be an array"))]),
            (
                r#"{"title":"a","tags":null}"#,
                vec![("tags", Fault::new(Cause::Null, "must not be null"))],
            ),
            (
                r#"{"tags":["a",null],"due":5,"owner":2,"tags":[],"owner":3}"#,
                vec![
                    ("title", required()),
                    ("due", wrong("must be a string")),
                    ("tags[1]", wrong("must be a string")),
                    ("tags", repeated()),
                    ("owner", unknown()),
                ],
            ),
        ] {
            let errors = errors.into_iter().map(|(field, fault)| FieldError::new(field, fault));
            assert_eq!(refusal(body), (Code::ValidationFailed, errors.collect()), "{body}");
        }
    }

    #[test]
    fn a_small_body_has_no_large_answer() {
        let names: Vec<_> = (0..5_000).map(|name| format!("\"{name}\":0")).collect();
        let (code, errors) = refusal(&format!("{{{}}}", names.join(",")));
        assert_eq!((code, errors.len()), (Code::ValidationFailed, Fields::MAX_REPORTED));
    }
}
