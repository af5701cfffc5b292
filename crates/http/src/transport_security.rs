//! Whether a client came over TLS, which ends at a proxy, and the headers it gets then.

use actix_web::{
    HttpRequest,
    http::header::{self, HeaderMap},
};

use crate::Api;

/// For a year, browsers ask this host over TLS alone (RFC 6797). Other hosts of the domain are not
/// ours to speak for.
pub(crate) const ONE_YEAR: &str = "max-age=31536000";

/// Whether a trusted proxy says that its client came over TLS. To hear so over plain HTTP would
/// be ignored, and nobody else is believed.
pub(crate) fn came_over_tls(request: &HttpRequest, api: &Api) -> bool {
    let peer = request.peer_addr().map(|peer| peer.ip());
    peer.is_some_and(|peer| api.limits.trusts(peer)) && names_https(request.headers())
}

/// `X-Forwarded-Proto`, of several the first, which is the client's; without it `proto` of
/// `Forwarded` (RFC 7239).
fn names_https(headers: &HeaderMap) -> bool {
    if let Some(schemes) = headers.get(header::X_FORWARDED_PROTO) {
        let first = schemes.to_str().ok().and_then(|schemes| schemes.split(',').next());
        return first.is_some_and(|scheme| scheme.trim().eq_ignore_ascii_case("https"));
    }
    let first = headers.get(header::FORWARDED).and_then(|elements| elements.to_str().ok());
    let first = first.and_then(|elements| elements.split(',').next()).unwrap_or_default();
    first.split(';').filter_map(|pair| pair.trim().split_once('=')).any(|(name, value)| {
        name.eq_ignore_ascii_case("proto") && value.trim_matches('"').eq_ignore_ascii_case("https")
    })
}
