//! `If-Match`: act only on the version that the caller has seen.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header};
use todo_domain::TaskVersion;

use crate::error::{ApiError, FieldError};

/// The version in `If-Match`, if there is one. `*` is any version.
///
/// A weak tag counts as the strong one: proxies weaken tags when they compress an answer, and a
/// version stands for the task, not for its bytes.
#[derive(Debug)]
pub(crate) struct IfMatch(pub(crate) Option<TaskVersion>);

impl FromRequest for IfMatch {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut headers = request.headers().get_all(header::IF_MATCH);
        let tag = match (headers.next(), headers.next()) {
            (None, _) => return ready(Ok(Self(None))),
            (Some(tag), None) => tag.to_str().ok().and_then(parse),
            (Some(_), Some(_)) => None,
        };
        ready(tag.ok_or_else(|| {
            FieldError::new("If-Match", "must be one version such as \"3\", or *").into()
        }))
    }
}

fn parse(tag: &str) -> Option<IfMatch> {
    let tag = tag.trim();
    if tag == "*" {
        return Some(IfMatch(None));
    }
    let tag = tag.strip_prefix("W/").unwrap_or(tag);
    let digits = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).unwrap_or(tag);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok().map(|version| IfMatch(Some(TaskVersion::new(version))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_may_be_quoted_bare_or_weakened_on_the_way() {
        for tag in ["\"3\"", "3", "W/\"3\"", " \"3\" "] {
            let IfMatch(version) = parse(tag).unwrap();
            assert_eq!(version, Some(TaskVersion::new(3)), "{tag}");
        }
    }

    #[test]
    fn anything_else_is_no_version() {
        for tag in ["", "\"\"", "abc", "-1", "+1", "1.0", "\"1\", \"2\"", "99999999999999999999"] {
            assert!(parse(tag).is_none(), "{tag}");
        }
    }
}
