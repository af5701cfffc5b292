//! Which cryptography TLS connections use.

use std::time::Duration;

/// Makes *ring* the process's cryptography for TLS, unless something else was chosen before. No
/// `reqwest` client can be built without; adapters that open TLS connections call it themselves.
pub fn install_crypto_provider() {
    // An error says that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// An HTTP client for the service at this address, to which something is sent now and then. It
/// gives a request up after `patience` and follows no redirects.
///
/// # Errors
/// When the address wants TLS and the machine has no root certificates.
pub fn http_client(address: &str, patience: Duration) -> reqwest::Result<reqwest::Client> {
    install_crypto_provider();
    let mut client = reqwest::Client::builder()
        .user_agent(concat!("chatbot-api/", env!("CARGO_PKG_VERSION")))
        .timeout(patience)
        .redirect(reqwest::redirect::Policy::none());
    if address.starts_with("http://") {
        client = client.tls_certs_only([]);
    }
    client.build()
}
