//! `If-Match` and `If-None-Match` (RFC 9110, section 13): which versions a request is about.
//!
//! The typed headers of actix leave out what they can't read: `If-Match: 3, "4"` would become a
//! condition that nobody wrote. These refuse it.

use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{self, ETag, EntityTag, HeaderName},
};
use todo_domain::{IfVersion, TaskVersion};

use crate::error::{ApiError, Cause, Fault, FieldError};

/// The tag of a version.
pub(crate) fn etag(version: TaskVersion) -> ETag {
    ETag(EntityTag::new_strong(version.to_string()))
}

/// Act only on the versions that the caller has seen. A weak tag, and one that is no version's,
/// matches none.
#[derive(Debug)]
pub(crate) struct IfMatch(pub(crate) IfVersion);

impl FromRequest for IfMatch {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Tags::of(request, &header::IF_MATCH).map(|tags| {
            Self(match tags {
                None | Some(Tags::Any) => IfVersion::Any,
                Some(Tags::Listed(tags)) => {
                    IfVersion::OneOf(tags.iter().filter_map(version_of).collect())
                }
            })
        }))
    }
}

/// Answer only with what the caller has not yet.
#[derive(Debug)]
pub(crate) struct IfNoneMatch(Option<Tags>);

impl IfNoneMatch {
    /// Whether the caller has this version already. Tags are compared weakly: proxies weaken them
    /// when they compress an answer.
    pub(crate) fn has(&self, version: TaskVersion) -> bool {
        let ETag(tag) = etag(version);
        match &self.0 {
            None => false,
            Some(Tags::Any) => true,
            Some(Tags::Listed(tags)) => tags.iter().any(|listed| listed.weak_eq(&tag)),
        }
    }
}

impl FromRequest for IfNoneMatch {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Tags::of(request, &header::IF_NONE_MATCH).map(Self))
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Tags {
    Any,
    Listed(Vec<EntityTag>),
}

impl Tags {
    /// What the header says, if it is there. Several of one name are one list.
    fn of(request: &HttpRequest, name: &HeaderName) -> Result<Option<Self>, ApiError> {
        let lines: Vec<_> = request.headers().get_all(name).map(|line| line.to_str()).collect();
        if lines.is_empty() {
            return Ok(None);
        }
        let lines: Result<Vec<_>, _> = lines.into_iter().collect();
        let tags = lines.ok().and_then(|lines| Self::parse(&lines.join(",")));
        tags.map(Some).ok_or_else(|| {
            let name = if *name == header::IF_MATCH { "If-Match" } else { "If-None-Match" };
            let message = "must be versions in quotes, such as \"3\" or \"3\", \"4\", or *";
            FieldError::new(name, Fault::new(Cause::InvalidFormat { format: "etag" }, message))
                .into()
        })
    }

    fn parse(text: &str) -> Option<Self> {
        const BLANKS: [char; 2] = [' ', '\t'];
        if text.trim_matches(BLANKS) == "*" {
            return Some(Self::Any);
        }
        let (mut tags, mut rest) = (Vec::new(), text);
        loop {
            rest = rest.trim_start_matches([' ', '\t', ',']);
            if rest.is_empty() {
                break;
            }
            let quote = if rest.starts_with("W/") { 2 } else { 0 };
            let quoted = rest[quote..].strip_prefix('"')?;
            // The quotes themselves count.
            let end = quote + quoted.find('"')? + 2;
            tags.push(rest[..end].parse().ok()?);
            rest = rest[end..].trim_start_matches(BLANKS);
            if !rest.is_empty() && !rest.starts_with(',') {
                return None;
            }
        }
        (!tags.is_empty()).then_some(Self::Listed(tags))
    }
}

/// The version whose tag this is, to the letter.
fn version_of(tag: &EntityTag) -> Option<TaskVersion> {
    let version = TaskVersion::new(tag.tag().parse().ok()?);
    let ETag(own) = etag(version);
    own.strong_eq(tag).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(text: &str) -> Vec<EntityTag> {
        match Tags::parse(text) {
            Some(Tags::Listed(tags)) => tags,
            other => panic!("{text}: {other:?}"),
        }
    }

    fn versions(text: &str) -> Vec<i64> {
        listed(text).iter().filter_map(version_of).map(TaskVersion::get).collect()
    }

    #[test]
    fn tags_are_quoted_and_may_be_several() {
        assert_eq!(versions("\"3\""), [3]);
        assert_eq!(versions(" \"3\" ,\"4\",, \"5\"\t"), [3, 4, 5]);
        assert_eq!(Tags::parse(" * "), Some(Tags::Any));
    }

    #[test]
    fn a_tag_that_is_weak_or_no_versions_is_a_tag_and_matches_none() {
        for tag in ["W/\"3\"", "\"03\"", "\"+3\"", "\"\"", "\"a,b\"", "\"99999999999999999999\""] {
            assert_eq!((listed(tag).len(), versions(tag)), (1, vec![]), "{tag}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "", ",", "3", "abc", "\"3", "3\"", "w/\"3\"", "W/3", "W/ \"3\"", "\"3\" \"4\"",
            "\"3\", 4", "*, \"3\"", "\"3\", *", "\"a b\"",
        ] {
            assert_eq!(Tags::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_the_caller_has_is_compared_weakly() {
        let has = |text: &str| IfNoneMatch(Tags::parse(text)).has(TaskVersion::new(3));
        assert!(has("\"3\"") && has("W/\"3\"") && has("\"1\", W/\"3\"") && has("*"));
        assert!(!has("\"1\"") && !IfNoneMatch(None).has(TaskVersion::new(3)));
    }
}
