//! What a request asks for, as the router sees it: clients may write one path in many ways, with
//! any of its characters percent-encoded.

use actix_web::HttpRequest;

/// The path that is routed: with everything decoded but `%`, `/` and `+`.
pub(crate) fn path(request: &HttpRequest) -> &str {
    request.match_info().as_str()
}

/// The template of the route that the path leads to, such as `/api/{user_id}/chat`. In contrast to
/// [`HttpRequest::match_pattern`] it is right before the request is routed, too.
pub(crate) fn template(request: &HttpRequest) -> Option<String> {
    request.resource_map().match_pattern(path(request))
}
