//! What keeps a connection from being encrypted, and what to do about it.

use std::io;

use rustls::{CertificateError, Error};

/// Why there is no encrypted connection to a server, in words for its operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlsFailure {
    /// The server has no certificate, or something before it takes no TLS.
    #[error(
        "the server does not offer TLS; turn it on there (ssl = on), or choose another sslmode \
         if nobody can listen in on the way"
    )]
    NotOffered,
    /// It is somebody else's certificate, or the host goes by several names.
    #[error(
        "the certificate is not for this host name, {expected}, but for {presented}; connect by a \
         name that it has, give the server a certificate with this one (as a subjectAltName), or \
         choose sslmode=verify-ca with the authority's own root in sslrootcert"
    )]
    OtherName {
        /// The host name of the URL.
        expected: String,
        /// Those of the certificate.
        presented: String,
    },
    /// It leads to none of the roots.
    #[error(
        "the issuer of the certificate is unknown; name a file with its root certificate \
         with sslrootcert"
    )]
    UnknownIssuer,
    /// It is past its time.
    #[error("the certificate has expired; renew it, or set the clock of this machine right")]
    Expired,
    /// It is before its time.
    #[error("the certificate is not valid yet; set the clock of this machine right")]
    NotValidYet,
    /// A certificate that may issue others.
    #[error(
        "the certificate is that of an authority (CA:TRUE), which is not for servers; give the \
         server one of its own, issued by it"
    )]
    Authority,
    /// It has no extensions, such as those that name the host.
    #[error(
        "the certificate is of X.509 version 1; make one of version 3, with the host name as a \
         subjectAltName"
    )]
    Outdated,
    /// Anything else.
    #[error("the TLS handshake failed: {0}")]
    Handshake(String),
}

impl From<io::Error> for TlsFailure {
    fn from(error: io::Error) -> Self {
        match error.get_ref().and_then(|cause| cause.downcast_ref()) {
            Some(Error::InvalidCertificate(error)) => Self::from(error),
            _ => Self::Handshake(error.to_string()),
        }
    }
}

impl From<&CertificateError> for TlsFailure {
    fn from(error: &CertificateError) -> Self {
        match error {
            CertificateError::NotValidForNameContext { expected, presented } => {
                let presented = match presented.as_slice() {
                    [] => "no name at all".to_owned(),
                    names => names.iter().map(|name| bare(name)).collect::<Vec<_>>().join(", "),
                };
                Self::OtherName { expected: expected.to_str().into_owned(), presented }
            }
            CertificateError::UnknownIssuer => Self::UnknownIssuer,
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                Self::NotValidYet
            }
            // The library below tells these apart by the names of its own errors only.
            CertificateError::Other(error) => match error.to_string().as_str() {
                "CaUsedAsEndEntity" => Self::Authority,
                "UnsupportedCertVersion" => Self::Outdated,
                other => Self::Handshake(other.to_owned()),
            },
            other => Self::Handshake(other.to_string()),
        }
    }
}

/// The name in `DnsName("localhost")` or `IpAddress(127.0.0.1)`, as the library below shows them.
fn bare(shown: &str) -> &str {
    let name = shown.split_once('(').map_or(shown, |(_, rest)| rest);
    name.trim_end_matches(')').trim_matches('"')
}

#[cfg(test)]
#[path = "failure_tests.rs"]
mod tests;
