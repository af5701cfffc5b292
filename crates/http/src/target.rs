//! What a request asks for, in names of ours: clients may write one path in many ways, with any of
//! its characters percent-encoded, and make up methods.

use actix_web::{HttpRequest, http::Method};

/// The methods that logs, metrics and traces tell apart.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// The path that is routed: with everything decoded but `%`, `/` and `+`.
pub(crate) fn path(request: &HttpRequest) -> &str {
    request.match_info().as_str()
}

/// The template of the route that the path leads to, such as `/api/{user_id}/chat`. In contrast to
/// [`HttpRequest::match_pattern`] it is right before the request is routed, too.
pub(crate) fn template(request: &HttpRequest) -> Option<String> {
    request.resource_map().match_pattern(path(request))
}

/// The method, if it is one that is distinguished: any other may be somebody's invention, and is not
/// passed on.
pub(crate) fn method(method: &Method) -> Option<&'static str> {
    METHODS.into_iter().find(|known| *known == method.as_str())
}
