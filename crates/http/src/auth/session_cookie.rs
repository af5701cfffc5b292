//! The session of a browser, for pages that this service itself serves: a refresh token in a cookie
//! that no script can read (RFC 6265, section 4.1.2.6).

use std::time::Duration;

use actix_web::{
    HttpRequest,
    cookie::{Cookie, SameSite, time},
    http::header,
};
use todo_domain::{RefreshClaims, TokenFamily};
use url::{Host, Url};

use super::SigningError;
use crate::{
    Api,
    error::{ApiError, Code},
    transport_security::came_over_tls,
};

/// The cookie's name.
pub(crate) const NAME: &str = "todo_refresh";
/// It is sent to these paths alone.
const PATH: &str = "/api/auth";
/// How long an access token is valid that comes with a session: a page gets the next one in time.
pub(crate) const ACCESS_LIFETIME: Duration = Duration::from_secs(15 * 60);

/// The refresh token that a request came with, if it is genuine.
pub(crate) fn refresh_token(request: &HttpRequest, api: &Api) -> Option<RefreshClaims> {
    let cookie = request.cookie(NAME)?;
    api.tokens.verify_refresh(cookie.value()).ok()
}

/// The cookie that keeps this token.
pub(crate) fn keeping(
    token: RefreshClaims,
    request: &HttpRequest,
    api: &Api,
) -> Result<Cookie<'static>, SigningError> {
    let value = api.tokens.issue_refresh(token, TokenFamily::LIFETIME)?;
    let age = time::Duration::seconds(TokenFamily::LIFETIME.as_secs().cast_signed());
    Ok(cookie(value, age, request, api))
}

/// The cookie that removes it.
pub(crate) fn removing(request: &HttpRequest, api: &Api) -> Cookie<'static> {
    cookie(String::new(), time::Duration::ZERO, request, api)
}

fn cookie(value: String, age: time::Duration, request: &HttpRequest, api: &Api) -> Cookie<'static> {
    Cookie::build(NAME, value)
        .path(PATH)
        .max_age(age)
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(came_over_tls(request, api) || !is_loopback(request))
        .finish()
}

/// Whether the client calls this service by a name of its own machine, where there is no TLS to ask
/// for.
fn is_loopback(request: &HttpRequest) -> bool {
    match own_host(request).as_ref().and_then(Url::host) {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Where the client believes this service to be.
fn own_host(request: &HttpRequest) -> Option<Url> {
    let host = request.headers().get(header::HOST)?.to_str().ok()?;
    Url::parse(&format!("http://{host}")).ok()
}

/// Refuses a request that no page of this service itself has made. `Sec-Fetch-Site` says so in
/// browsers that send it (W3C Fetch Metadata), `Origin` in the others.
pub(crate) fn require_own_page(request: &HttpRequest) -> Result<(), ApiError> {
    let headers = request.headers();
    let is_own = match (headers.get("sec-fetch-site"), headers.get(header::ORIGIN)) {
        (Some(site), _) => site.as_bytes() == b"same-origin",
        (None, Some(origin)) => {
            let origin = origin.to_str().ok().and_then(|origin| Url::parse(origin).ok());
            origin.zip(own_host(request)).is_some_and(|(origin, own)| is_same(&origin, &own))
        }
        (None, None) => false,
    };
    if is_own { Ok(()) } else { Err(ApiError::new(Code::ForeignPage)) }
}

/// Whether a page of `origin` belongs to `own`, as which the scheme is not known: TLS may end at a
/// proxy.
fn is_same(origin: &Url, own: &Url) -> bool {
    let port = match (own.port(), origin.scheme()) {
        (None, "https") => Some(443),
        _ => own.port_or_known_default(),
    };
    origin.host() == own.host() && origin.port_or_known_default() == port
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn own_page(headers: &[(&'static str, &str)]) -> bool {
        let request = headers
            .iter()
            .fold(TestRequest::post(), |request, &header| request.insert_header(header));
        require_own_page(&request.to_http_request()).is_ok()
    }

    #[test]
    fn a_page_of_this_host_may_ask() {
        for (host, origin) in [
            ("localhost:8000", "http://localhost:8000"),
            ("todo.example.org", "https://todo.example.org"),
            ("todo.example.org", "http://todo.example.org"),
            ("TODO.example.org:443", "https://todo.example.org"),
            ("[::1]:8000", "http://[::1]:8000"),
        ] {
            assert!(own_page(&[("host", host), ("origin", origin)]), "{host} {origin}");
        }
        assert!(own_page(&[("host", "a"), ("sec-fetch-site", "same-origin")]));
    }

    #[test]
    fn nobody_else_may() {
        for headers in [
            &[("host", "todo.example.org")][..],
            &[("host", "todo.example.org"), ("origin", "null")],
            &[("host", "todo.example.org"), ("origin", "https://example.org")],
            &[("host", "todo.example.org"), ("origin", "https://todo.example.org.evil.org")],
            &[("host", "localhost:8000"), ("origin", "http://localhost:3000")],
            &[("host", "a"), ("origin", "http://a"), ("sec-fetch-site", "same-site")],
            &[("host", "a"), ("origin", "http://a"), ("sec-fetch-site", "cross-site")],
            &[("origin", "https://todo.example.org")],
        ] {
            assert!(!own_page(headers), "{headers:?}");
        }
    }

    #[test]
    fn only_names_of_the_own_machine_are_loopback() {
        for (host, expected) in [
            ("localhost:8000", true),
            ("todo.localhost", true),
            ("127.0.0.1:8000", true),
            ("127.1.2.3", true),
            ("[::1]:8000", true),
            ("localhost.example.org", false),
            ("10.0.0.1", false),
            ("", false),
        ] {
            let request = TestRequest::post().insert_header(("host", host)).to_http_request();
            assert_eq!(is_loopback(&request), expected, "{host}");
        }
    }
}
