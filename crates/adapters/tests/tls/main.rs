//! Encrypted connections to PostgreSQL servers that have certificates, or none.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod connections;
mod modes;
mod verification;

use std::{fs, sync::LazyLock, time::Duration};

use tempfile::TempDir;
use todo_adapters::{DatabaseUrl, Protection, ProtectionError};
use todo_testkit::{certificates::Authority, private_postgres::PrivatePostgres};

/// Who issued the certificate of [`SERVER`].
static AUTHORITY: LazyLock<Authority> = LazyLock::new(|| Authority::new("An authority"));
/// Somebody else.
static STRANGER: LazyLock<Authority> = LazyLock::new(|| Authority::new("A stranger"));
/// Has a certificate for `localhost`, and none for 127.0.0.1.
static SERVER: LazyLock<PrivatePostgres> =
    LazyLock::new(|| PrivatePostgres::with_tls(&AUTHORITY.server(&["localhost"])));
/// Does not know what TLS is.
static WITHOUT: LazyLock<PrivatePostgres> = LazyLock::new(PrivatePostgres::without_tls);

/// How a connection of this URL is protected.
async fn protection(url: &str) -> Result<Protection, ProtectionError> {
    let url = DatabaseUrl::parse(url).unwrap();
    url.protection(Duration::from_secs(30)).await
}

/// Files, which are there as long as this is.
struct Files(TempDir);

impl Files {
    fn new(files: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        for (name, contents) in files {
            fs::write(directory.path().join(name), contents).unwrap();
        }
        Self(directory)
    }

    /// These roots, and the parameter that names them.
    fn roots(roots: &[&Authority]) -> (Self, String) {
        let roots: String = roots.iter().map(|authority| authority.root()).collect();
        let files = Self::new(&[("roots.pem", &roots)]);
        let parameter = files.parameter("sslrootcert", "roots.pem");
        (files, parameter)
    }

    /// A parameter of a URL that names a file.
    fn parameter(&self, parameter: &str, name: &str) -> String {
        format!("{parameter}={}", self.0.path().join(name).display())
    }
}
