//! Whom to believe about where a request comes from.

use actix_web::http::header::HeaderValue;
use proptest::prelude::*;

use super::*;

/// The address of a request that comes from this peer with these headers, where 10.0.0.0/8 and ::1
/// are trusted.
fn client(peer: &str, headers: &[(&str, &str)]) -> String {
    let trusted = ["10.0.0.0/8", "::1"].map(|proxy| proxy.parse().unwrap());
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(name.parse().unwrap(), HeaderValue::from_str(value).unwrap());
    }
    ClientAddress::from_headers(peer.parse().unwrap(), &map, &trusted).text()
}

const PROXY: &str = "10.0.0.1";

#[test]
fn a_trusted_proxy_is_believed() {
    for (name, value, address) in [
        ("x-forwarded-for", "192.0.2.1", "192.0.2.1"),
        ("x-forwarded-for", "192.0.2.1:4711", "192.0.2.1"),
        ("x-forwarded-for", "[2001:db8::1]:4711", "2001:db8::"),
        ("x-forwarded-for", "::ffff:192.0.2.1", "192.0.2.1"),
        ("forwarded", "for=192.0.2.1;proto=https;by=10.0.0.1", "192.0.2.1"),
        ("forwarded", "proto=https; For=\"[2001:db8::1]:4711\"", "2001:db8::"),
    ] {
        assert_eq!(client(PROXY, &[(name, value)]), address, "{name}: {value}");
    }
    assert_eq!(client("::1", &[("x-forwarded-for", "192.0.2.1")]), "192.0.2.1");
    assert_eq!(client("::ffff:10.0.0.1", &[("x-forwarded-for", "192.0.2.1")]), "192.0.2.1");
}

#[test]
fn anybody_else_is_not_believed() {
    for header in [("x-forwarded-for", "198.51.100.7"), ("forwarded", "for=198.51.100.7")] {
        assert_eq!(client("192.0.2.1", &[header]), "192.0.2.1");
    }
}

#[test]
fn what_a_client_writes_before_the_proxies_do_changes_nothing() {
    for claim in ["198.51.100.7", "10.0.0.9", "nonsense", "\"", ""] {
        let value = format!("{claim}, 192.0.2.1, 10.0.0.2");
        assert_eq!(client(PROXY, &[("x-forwarded-for", &value)]), "192.0.2.1", "{claim}");
        let lines = [("x-forwarded-for", claim), ("x-forwarded-for", "192.0.2.1")];
        assert_eq!(client(PROXY, &lines), "192.0.2.1", "{claim}");
    }
}

#[test]
fn who_writes_the_header_that_the_proxy_does_not_write_is_counted_as_the_proxy() {
    let both = [("x-forwarded-for", "192.0.2.1"), ("forwarded", "for=198.51.100.7")];
    assert_eq!(client(PROXY, &both), PROXY);
    let agreed = [("x-forwarded-for", "192.0.2.1"), ("forwarded", "for=192.0.2.1")];
    assert_eq!(client(PROXY, &agreed), "192.0.2.1");
}

#[test]
fn what_can_not_be_understood_is_the_proxy_s_own() {
    for (name, value) in [
        ("x-forwarded-for", "unknown"),
        ("x-forwarded-for", ""),
        ("x-forwarded-for", "192.0.2.1,"),
        ("forwarded", "for=_hidden"),
        ("forwarded", "proto=https"),
        ("forwarded", "for=192.0.2.1;for=192.0.2.2"),
        ("forwarded", "for=\"192.0.2.1"),
    ] {
        assert_eq!(client(PROXY, &[(name, value)]), PROXY, "{name}: {value}");
    }
}

#[test]
fn a_request_from_among_the_proxies_has_the_address_of_the_farthest() {
    assert_eq!(client(PROXY, &[("x-forwarded-for", "10.0.0.3, 10.0.0.2")]), "10.0.0.3");
    assert_eq!(client(PROXY, &[]), PROXY);
}

#[test]
fn all_addresses_of_an_ipv6_customer_are_one() {
    let client = |peer| client(peer, &[]);
    assert_eq!(client("2001:db8:1:2:3::4"), client("2001:db8:1:2:ffff::1"));
    assert_ne!(client("2001:db8:1:2::1"), client("2001:db8:1:3::1"));
    assert_ne!(client("192.0.2.1"), client("192.0.2.2"));
}

proptest! {
    #[test]
    fn no_header_makes_an_untrusted_peer_somebody_else(value in "[ -~]{0,60}") {
        let headers = [("x-forwarded-for", value.as_str()), ("forwarded", value.as_str())];
        prop_assert_eq!(client("192.0.2.1", &headers), "192.0.2.1");
    }

    #[test]
    fn nothing_before_the_client_s_own_address_matters(claim in "[ -~]{0,60}") {
        let value = format!("{claim},192.0.2.1");
        prop_assert_eq!(client(PROXY, &[("x-forwarded-for", &value)]), "192.0.2.1");
    }
}

#[test]
fn a_network_of_ipv4_in_the_clothes_of_ipv6_is_met_by_its_peers() {
    for text in ["::ffff:10.0.0.0/104", "::ffff:a00:0/104", "10.0.0.0/8", "::ffff:10.1.2.3"] {
        let proxy: TrustedProxy = text.parse().unwrap();
        for peer in ["10.1.2.3", "::ffff:10.1.2.3"] {
            assert!(proxy.is(peer.parse::<IpAddr>().unwrap().to_canonical()), "{text} {peer}");
        }
        assert!(!proxy.is("11.1.2.3".parse().unwrap()), "{text}");
    }
    assert_eq!("::ffff:0:0/96".parse::<TrustedProxy>(), "0.0.0.0/0".parse());
}

#[test]
fn a_proxy_that_could_never_be_met_is_refused() {
    use TrustedProxyError::{HostBits, Malformed, Unreachable};
    for (text, error) in [
        ("10.1.2.3/8", HostBits),
        ("192.0.2.128/24", HostBits),
        ("2001:db8::1/32", HostBits),
        ("::ffff:10.0.0.1/104", HostBits),
        ("::ffff:10.0.0.0/90", HostBits),
        ("0.0.0.0", Unreachable),
        ("::", Unreachable),
        ("::ffff:0.0.0.0", Unreachable),
        ("224.0.0.0/4", Unreachable),
        ("ff02::1", Unreachable),
        ("10.0.0.0/33", Malformed),
        ("proxy", Malformed),
        ("10.0.0.1:80", Malformed),
    ] {
        assert_eq!(text.parse::<TrustedProxy>(), Err(error), "{text}");
    }
}

#[test]
fn a_trusted_proxy_has_the_connections_of_many() {
    let trusted = ["10.0.0.0/8"].map(|proxy| proxy.parse().unwrap());
    let of = |peer: &str| ClientAddress::of_connection(peer.parse().unwrap(), &trusted);
    assert_eq!(of("::ffff:10.0.0.1"), None);
    assert_eq!(of("2001:db8::1"), of("2001:db8::2"), "one customer");
    assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
}
