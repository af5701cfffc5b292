//! Whom the service believes about where a request comes from.

use reqwest::Method;
use todo_http::LimitSettings;

use crate::app::{get_from, usual, with};

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_trusted_proxy_everybody_has_an_address_of_their_own() {
    let app = with(usual()).start().await;
    let stranger = app.stranger();
    for address in ["192.0.2.1", "192.0.2.2"] {
        for status in [[401; 21].as_slice(), &[429]].concat() {
            let answer = get_from(&stranger, address, "/api/me/tasks").await;
            assert_eq!(answer.status.as_u16(), status);
        }
    }
}

/// As the address of a container is written where IPv4 and IPv6 share a socket.
#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_network_of_ipv4_may_be_written_as_one_of_ipv6() {
    let proxies = ["::ffff:127.0.0.1", "::ffff:10.0.0.0/104"];
    let trusted_proxies = proxies.iter().map(|proxy| proxy.parse().unwrap()).collect();
    let app = with(LimitSettings { trusted_proxies, ..usual() }).start().await;
    let stranger = app.stranger();
    for client in ["192.0.2.1", "192.0.2.2"] {
        let way = format!("{client}, 10.20.30.40");
        for status in [[401; 21].as_slice(), &[429]].concat() {
            let answer = get_from(&stranger, &way, "/api/me/tasks").await;
            assert_eq!(answer.status.as_u16(), status);
        }
    }
    // That one is outside of the network, and so it is the client.
    for number in 0..22 {
        let way = format!("192.0.2.{number}, 11.20.30.40");
        let answer = get_from(&stranger, &way, "/api/me/tasks").await;
        assert_eq!(answer.status.as_u16(), if number < 21 { 401 } else { 429 });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_one_an_invented_address_changes_nothing() {
    let app = with(LimitSettings { trusted_proxies: Vec::new(), ..usual() }).start().await;
    let stranger = app.stranger();
    for number in 0..31 {
        let answer = get_from(&stranger, &format!("192.0.2.{number}"), "/api/me/tasks").await;
        assert_eq!(answer.status.as_u16(), if number < 21 { 401 } else { 429 });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_puts_before_the_proxy_s_entry_changes_nothing() {
    let app = with(usual()).start().await;
    let stranger = app.stranger();
    for number in 0..31 {
        let way = format!("192.0.2.{number}, 198.51.100.7");
        let answer = get_from(&stranger, &way, "/api/me/tasks").await;
        assert_eq!(answer.status.as_u16(), if number < 21 { 401 } else { 429 });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_many_addresses_of_an_ipv6_customer_are_one() {
    let app = with(usual()).start().await;
    let stranger = app.stranger();
    for number in 0..31 {
        let answer = get_from(&stranger, &format!("2001:db8::{number}"), "/api/me/tasks").await;
        assert_eq!(answer.status.as_u16(), if number < 21 { 401 } else { 429 });
    }
    let neighbour = get_from(&stranger, "2001:db8:0:1::1", "/api/me/tasks").await;
    assert_eq!(neighbour.status.as_u16(), 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_came_over_tls_is_told_to_come_so_again() {
    let app = with(usual()).start().await;
    let stranger = app.stranger();
    let told = async |headers: &[(&str, &str)]| {
        let answer = stranger.send(Method::GET, "/health", headers, None).await;
        let header = answer.headers.get("strict-transport-security");
        header.map(|value| value.to_str().unwrap().to_owned())
    };
    let a_year = Some("max-age=31536000".to_owned());

    for headers in [
        [("x-forwarded-proto", "https")].as_slice(),
        &[("x-forwarded-proto", "HTTPS, http")],
        &[("forwarded", "for=192.0.2.1;proto=https;by=10.0.0.1")],
        &[("forwarded", "for=192.0.2.1;proto=\"https\", proto=http")],
    ] {
        assert_eq!(told(headers).await, a_year, "{headers:?}");
    }
    for headers in [
        [].as_slice(),
        &[("x-forwarded-proto", "http")],
        &[("x-forwarded-proto", "http, https")],
        &[("x-forwarded-proto", "http"), ("forwarded", "proto=https")],
        &[("forwarded", "for=192.0.2.1")],
    ] {
        assert_eq!(told(headers).await, None, "{headers:?}");
    }
    // A refusal is told so, too.
    let headers = [("x-forwarded-proto", "https")];
    let refused = stranger.send(Method::GET, "/api/me/tasks", &headers, None).await;
    assert_eq!(refused.status, 401);
    assert_eq!(refused.header("strict-transport-security"), "max-age=31536000");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_claims_tls_without_a_trusted_proxy_is_not_believed() {
    let app = with(LimitSettings { trusted_proxies: Vec::new(), ..usual() }).start().await;

    let headers = [("x-forwarded-proto", "https")];
    let answer = app.stranger().send(Method::GET, "/health", &headers, None).await;

    assert!(!answer.headers.contains_key("strict-transport-security"));
}
