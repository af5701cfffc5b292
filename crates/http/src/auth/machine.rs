//! Who may come in without a password: whoever sits at the machine of a service that stands alone.

use actix_web::{
    HttpRequest,
    http::{
        Version,
        header::{self, HeaderMap, HeaderName},
    },
};
use url::{Host, Url};

use super::session_cookie::require_own_page;

/// What proxies add. A browser sends none of them.
const PROXY_HEADERS: [HeaderName; 6] = [
    header::FORWARDED,
    header::VIA,
    HeaderName::from_static("cf-connecting-ip"),
    HeaderName::from_static("true-client-ip"),
    HeaderName::from_static("x-real-ip"),
    HeaderName::from_static("x-client-ip"),
];
/// The start of the others' names.
const FORWARDED: &str = "x-forwarded-";

/// Whether a browser on this machine asks by a name of this machine, without a proxy in between. For a
/// name of another, that leads here, a page of that name could ask (DNS rebinding). Some proxies add no
/// header and name this machine themselves, but they speak HTTP/1.0, as no browser does.
pub(crate) fn comes_from_this_machine(request: &HttpRequest) -> bool {
    let peer = request.peer_addr().map(|peer| peer.ip().to_canonical());
    let headers = request.headers();
    peer.is_some_and(|peer| peer.is_loopback())
        && request.version() >= Version::HTTP_11
        && !passed_a_proxy(headers)
        && host(headers).is_some_and(|host| is_loopback(&host))
}

/// Whether a page of this machine asks that came from this service itself: as above, and the browser
/// says which page it is.
pub(crate) fn is_page_of_this_machine(request: &HttpRequest) -> bool {
    comes_from_this_machine(request) && has_own_origin(request) && require_own_page(request).is_ok()
}

/// `Origin` and `Host` are the same, whatever else the browser says.
fn has_own_origin(request: &HttpRequest) -> bool {
    let headers = request.headers();
    let origin = one(headers, &header::ORIGIN).and_then(|origin| Url::parse(origin).ok());
    origin.zip(host(headers)).is_some_and(|(origin, host)| origin.origin() == host.origin())
}

fn passed_a_proxy(headers: &HeaderMap) -> bool {
    PROXY_HEADERS.iter().any(|name| headers.contains_key(name))
        || headers.keys().any(|name| name.as_str().starts_with(FORWARDED))
}

/// The value of a header that is there once.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name);
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// What the client calls this service: a host and perhaps a port, and nothing else that a URL may have.
fn host(headers: &HeaderMap) -> Option<Url> {
    let authority = one(headers, &header::HOST)?;
    if authority.contains(['@', '/', '?', '#', '\\']) {
        return None;
    }
    Url::parse(&format!("http://{authority}")).ok()
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.to_canonical().is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    const PEER: &str = "127.0.0.1:50000";
    const HOST: (&str, &str) = ("host", "localhost:8000");
    const ORIGIN: (&str, &str) = ("origin", "http://localhost:8000");
    const SITE: (&str, &str) = ("sec-fetch-site", "same-origin");

    fn request(peer: &str, headers: &[(&'static str, &str)]) -> HttpRequest {
        let request = TestRequest::post().peer_addr(peer.parse().unwrap());
        let add =
            |request: TestRequest, &header: &(&'static str, &str)| request.append_header(header);
        headers.iter().fold(request, add).to_http_request()
    }

    fn is_let_in(peer: &str, headers: &[(&'static str, &str)]) -> bool {
        is_page_of_this_machine(&request(peer, headers))
    }

    #[test]
    fn a_page_in_a_browser_on_this_machine_comes_in() {
        assert!(is_let_in(PEER, &[HOST, ORIGIN, SITE]));
        assert!(is_let_in(PEER, &[HOST, ORIGIN]));
        for (peer, host) in [
            (PEER, "127.0.0.1:8000"),
            ("[::1]:50000", "[::1]:8000"),
            ("[::ffff:127.0.0.1]:50000", "127.0.0.1"),
        ] {
            let origin = format!("http://{host}");
            assert!(is_let_in(peer, &[("host", host), ("origin", &origin)]), "{peer} {host}");
        }
    }

    #[test]
    fn another_machine_does_not() {
        for peer in ["192.168.1.7:50000", "[fe80::1]:50000", "203.0.113.9:50000", "0.0.0.0:1"] {
            assert!(!is_let_in(peer, &[HOST, ORIGIN, SITE]), "{peer}");
            assert!(!comes_from_this_machine(&request(peer, &[HOST])), "{peer}");
        }
    }

    #[test]
    fn a_proxy_on_this_machine_does_not() {
        for header in [
            ("forwarded", "for=203.0.113.9"),
            ("x-forwarded-for", "127.0.0.1"),
            ("x-forwarded-host", "localhost"),
            ("x-forwarded-proto", "http"),
            ("x-forwarded-anything", ""),
            ("x-real-ip", "127.0.0.1"),
            ("cf-connecting-ip", "127.0.0.1"),
            ("via", "1.1 proxy"),
        ] {
            assert!(!is_let_in(PEER, &[HOST, ORIGIN, SITE, header]), "{header:?}");
            assert!(!comes_from_this_machine(&request(PEER, &[HOST, header])), "{header:?}");
        }
        let old = TestRequest::post()
            .version(Version::HTTP_10)
            .peer_addr(PEER.parse().unwrap())
            .insert_header(HOST)
            .insert_header(ORIGIN);
        assert!(!is_page_of_this_machine(&old.to_http_request()));
    }

    #[test]
    fn a_name_that_leads_here_does_not() {
        for host in [
            "todo.example.org", "localhost.example.org", "127.0.0.1.example.org", "10.0.0.1",
            "evil@127.0.0.1", "localhost/evil", "localhost?evil",
        ] {
            let origin = format!("http://{host}");
            let headers = [("host", host), ("origin", &*origin), SITE];
            assert!(!is_let_in(PEER, &headers), "{host}");
            assert!(!comes_from_this_machine(&request(PEER, &headers)), "{host}");
        }
    }

    #[test]
    fn a_page_of_another_origin_does_not() {
        for headers in [
            &[][..],
            &[HOST],
            &[ORIGIN, SITE],
            &[HOST, SITE],
            &[HOST, ("origin", "null"), SITE],
            &[HOST, ("origin", "http://localhost:3000")],
            &[HOST, ("origin", "http://localhost:3000"), SITE],
            &[HOST, ("origin", "https://localhost:8000"), SITE],
            &[HOST, ("origin", "http://127.0.0.1:8000"), SITE],
            &[HOST, ("origin", "http://example.org"), SITE],
            &[HOST, ORIGIN, ("sec-fetch-site", "cross-site")],
            &[HOST, ORIGIN, ("sec-fetch-site", "same-site")],
            &[HOST, HOST, ORIGIN, SITE],
            &[HOST, ORIGIN, ("origin", "http://example.org"), SITE],
        ] {
            assert!(!is_let_in(PEER, headers), "{headers:?}");
        }
    }
}
