//! The HTTP client of calls to other services.

use std::{net::IpAddr, time::Duration};

use reqwest::redirect::Policy;
use url::{Host, Url};

use crate::tls::install_crypto_provider;

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// An HTTP client for the service at this address. It gives a request up after `timeout`, follows
/// no redirects, and asks no proxy for what is on this machine.
///
/// # Errors
/// When the address wants TLS and the machine has no root certificates.
pub fn http_client(address: &Url, timeout: Duration) -> reqwest::Result<reqwest::Client> {
    install_crypto_provider();
    let mut client = reqwest::Client::builder()
        .user_agent(concat!("chatbot-api/", env!("CARGO_PKG_VERSION")))
        .timeout(timeout)
        .connect_timeout(CONNECT_TIMEOUT.min(timeout))
        .redirect(Policy::none());
    if address.scheme() == "http" {
        client = client.tls_certs_only([]);
    }
    if is_loopback(address) {
        client = client.no_proxy();
    }
    client.build()
}

/// Whether the address is one of this machine, which nobody else can listen in on.
#[must_use]
pub fn is_loopback(address: &Url) -> bool {
    match address.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        None => false,
    }
}
