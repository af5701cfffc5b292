//! The `Link` to the next page (RFC 8288).

use actix_web::{
    HttpRequest,
    http::header::{self, HeaderName},
};
use url::form_urlencoded;

/// The header that leads to the page after this one: the same request with another cursor.
pub(crate) fn next_page(request: &HttpRequest, cursor: &str) -> (HeaderName, String) {
    let others = form_urlencoded::parse(request.query_string().as_bytes())
        .filter(|(name, _)| name != "cursor");
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(others)
        .append_pair("cursor", cursor)
        .finish();
    (header::LINK, format!("<{}?{query}>; rel=\"next\"", request.uri().path()))
}
