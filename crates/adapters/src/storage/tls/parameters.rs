//! The parameters of a URL that say how connections are encrypted.

use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use rustls::ClientConfig;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{SslMode, Tls, Verification, certificates, verifier::Verifier};
use crate::{storage::url::DatabaseUrlError, tls::install_crypto_provider};

const ROOTS: &str = "sslrootcert";
const CERTIFICATE: &str = "sslcert";
const KEY: &str = "sslkey";

/// `sslmode`, `sslrootcert`, `sslcert` and `sslkey`, as far as they are there.
#[derive(Default)]
pub(crate) struct TlsParameters {
    mode: Option<SslMode>,
    roots: Option<Roots>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
}

/// Whom to trust.
enum Roots {
    System,
    File(PathBuf),
}

impl TlsParameters {
    /// Takes a parameter, unless it is none of these.
    pub(crate) fn take(&mut self, name: &str, value: &str) -> Result<bool, DatabaseUrlError> {
        match name {
            "sslmode" => {
                let mode = SslMode::parse(value);
                self.mode = Some(mode.ok_or(DatabaseUrlError::InvalidParameter("sslmode"))?);
            }
            ROOTS if value == "system" => self.roots = Some(Roots::System),
            ROOTS => self.roots = Some(Roots::File(path(ROOTS, value)?)),
            CERTIFICATE => self.certificate = Some(path(CERTIFICATE, value)?),
            KEY => self.key = Some(path(KEY, value)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Reads the files that they name.
    pub(crate) fn into_tls(self) -> Result<Tls, DatabaseUrlError> {
        let mode = match (self.mode, &self.roots) {
            (Some(mode), _) => mode,
            // As libpq does: the roots of everybody are only good with the name.
            (None, Some(Roots::System)) => SslMode::VerifyFull,
            (None, _) => SslMode::Prefer,
        };
        let verification = match (mode, &self.roots) {
            (SslMode::VerifyFull, _) => Verification::IssuerAndName,
            // Anybody can have a certificate of an authority that everybody trusts.
            (SslMode::VerifyCa, None) => return Err(DatabaseUrlError::NoRoots),
            (weak, Some(Roots::System)) => return Err(DatabaseUrlError::WeakMode(weak)),
            (_, Some(Roots::File(_))) => Verification::Issuer,
            (_, None) => Verification::Nothing,
        };
        let roots = match (self.roots, verification) {
            (Some(Roots::File(file)), _) => Some(certificates::roots_in(ROOTS, &file)?),
            (_, Verification::Nothing) => None,
            _ => Some(certificates::roots_of_the_system()?),
        };
        install_crypto_provider();
        let builder = ClientConfig::builder()
            .dangerous()
            .with_custom_certificate_verifier(Verifier::new(verification, roots));
        let config = match (self.certificate, self.key) {
            (None, None) => builder.with_no_client_auth(),
            (Some(_), None) => return Err(DatabaseUrlError::Unpaired(CERTIFICATE, KEY)),
            (None, Some(_)) => return Err(DatabaseUrlError::Unpaired(KEY, CERTIFICATE)),
            (Some(certificate), Some(file)) => {
                let chain = certificates::chain_in(CERTIFICATE, &certificate)?;
                let key = certificates::key_in(KEY, &file)?;
                builder.with_client_auth_cert(chain, key).map_err(|error| {
                    DatabaseUrlError::File { parameter: KEY, file, problem: error.to_string() }
                })?
            }
        };
        Ok(Tls { mode, verification, connector: MakeRustlsConnect::new(config) })
    }
}

fn path(name: &'static str, value: &str) -> Result<PathBuf, DatabaseUrlError> {
    let path = percent_decode_str(value).decode_utf8();
    let path = path.ok().filter(|path| !path.is_empty() && !path.contains('\0'));
    path.map(|path| path.into_owned().into()).ok_or(DatabaseUrlError::InvalidParameter(name))
}
