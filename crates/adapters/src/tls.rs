//! Which cryptography TLS connections use.

/// Makes *ring* the process's cryptography for TLS, unless something else was chosen before. No
/// `reqwest` client can be built without; adapters that open TLS connections call it themselves.
pub fn install_crypto_provider() {
    // An error says that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
