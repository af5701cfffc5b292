//! Certificates and keys, read from files in PEM format.

use std::{os::unix::fs::MetadataExt, path::Path};

use rustls::{
    RootCertStore,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject},
    },
};

use crate::storage::url::DatabaseUrlError;

type Result<T, E = DatabaseUrlError> = std::result::Result<T, E>;

/// The roots that this machine trusts, or those that `SSL_CERT_FILE` and `SSL_CERT_DIR` name.
pub(super) fn roots_of_the_system() -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    // What can't be read there is most likely not needed; without the right one the handshake
    // tells that the issuer is unknown.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() { Err(DatabaseUrlError::NoSystemRoots) } else { Ok(roots) }
}

/// The roots in a file.
pub(super) fn roots_in(parameter: &'static str, file: &Path) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in chain_in(parameter, file)? {
        roots.add(certificate).map_err(|error| unusable(parameter, file, error.to_string()))?;
    }
    Ok(roots)
}

/// All certificates in a file, of which there is at least one.
pub(super) fn chain_in(
    parameter: &'static str,
    file: &Path,
) -> Result<Vec<CertificateDer<'static>>> {
    let chain = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<_, _>>);
    let chain: Vec<_> = chain.map_err(|error| unreadable(parameter, file, &error))?;
    match chain.is_empty() {
        true => Err(unusable(parameter, file, "it has no certificate in PEM format".to_owned())),
        false => Ok(chain),
    }
}

/// The bit of a mode by which others may write.
const OTHERS_WRITE: u32 = 0o002;

/// The private key in a file. What is wrong with its contents is reported without them.
pub(super) fn key_in(parameter: &'static str, file: &Path) -> Result<PrivateKeyDer<'static>> {
    if file.metadata().is_ok_and(|file| file.is_file() && file.mode() & OTHERS_WRITE != 0) {
        let problem = "everybody on this machine may write it: chmod 600";
        return Err(unusable(parameter, file, problem.to_owned()));
    }
    PrivateKeyDer::from_pem_file(file).map_err(|error| match error {
        pem::Error::Io(_) => unreadable(parameter, file, &error),
        _ => {
            let problem = "it has no private key in PEM format without a passphrase";
            unusable(parameter, file, problem.to_owned())
        }
    })
}

fn unreadable(parameter: &'static str, file: &Path, error: &pem::Error) -> DatabaseUrlError {
    let problem = match error {
        pem::Error::Io(error) => error.to_string(),
        _ => "it is not in PEM format".to_owned(),
    };
    unusable(parameter, file, problem)
}

fn unusable(parameter: &'static str, file: &Path, problem: String) -> DatabaseUrlError {
    DatabaseUrlError::File { parameter, file: file.to_owned(), problem }
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{Permissions, set_permissions},
        os::unix::fs::PermissionsExt,
    };

    use super::*;

    #[test]
    fn a_private_key_that_everybody_may_write_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let problem = |mode| {
            set_permissions(file.path(), Permissions::from_mode(mode)).unwrap();
            key_in("sslkey", file.path()).unwrap_err().to_string()
        };
        assert!(problem(0o600).contains("no private key"), "{}", problem(0o600));
        assert!(
            problem(0o606).contains("everybody on this machine may write it"),
            "{}",
            problem(0o606)
        );
    }
}
