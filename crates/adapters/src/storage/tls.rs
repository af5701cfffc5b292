//! How connections to a PostgreSQL server are encrypted: `sslmode` and what belongs to it.

mod certificates;
mod connect;
mod failure;
mod parameters;
mod probe;
mod verifier;

use std::fmt;

use tokio_postgres_rustls::MakeRustlsConnect;

pub(crate) use self::{
    connect::{ConnectError, Connected},
    parameters::TlsParameters,
};
pub use self::{
    failure::TlsFailure,
    probe::{Protection, ProtectionError},
};

/// Whether connections are encrypted, and how far the server has to prove who it is: libpq's
/// `sslmode`.
///
/// Through a Unix socket nothing is encrypted, whatever the mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SslMode {
    /// Never encrypted.
    Disable,
    /// Encrypted only if the server refuses connections that are not.
    Allow,
    /// Encrypted if the server is able to, which is the default. Whoever sits between can keep the
    /// two from it.
    Prefer,
    /// Always encrypted, with whoever answers. With `sslrootcert` it is [`Self::VerifyCa`].
    Require,
    /// Always encrypted, with a server whose certificate leads to a trusted root.
    VerifyCa,
    /// Always encrypted, with a server whose certificate leads to a trusted root and is for the
    /// host name of the URL.
    VerifyFull,
}

impl SslMode {
    const ALL: [Self; 6] =
        [Self::Disable, Self::Allow, Self::Prefer, Self::Require, Self::VerifyCa, Self::VerifyFull];

    /// How libpq spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Allow => "allow",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == text)
    }
}

impl fmt::Display for SslMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is asked of the certificate of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// Only that the server has its key.
    Nothing,
    /// That it leads to a trusted root.
    Issuer,
    /// That, and that it is for the host name.
    IssuerAndName,
}

/// How to open connections to one server.
#[derive(Clone)]
pub(crate) struct Tls {
    mode: SslMode,
    verification: Verification,
    connector: MakeRustlsConnect,
}

impl Tls {
    pub(crate) const fn mode(&self) -> SslMode {
        self.mode
    }
}
