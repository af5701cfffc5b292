//! A PostgreSQL server of a test's own, with a certificate or without.

use tokio_postgres::{Client, NoTls};

use crate::{certificates::Identity, ports::free_port, server_keeper::ServerKeeper};

const KEEPER: &str = include_str!("private_postgres.sh");

/// The password of [`Role::Password`].
pub const PASSWORD: &str = "a-password-of-24-letters";

/// Whom a server lets in, and how. One without TLS lets everybody in as they come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Only without TLS.
    Plain,
    /// Only with TLS.
    Encrypted,
    /// Only with TLS and [`PASSWORD`].
    Password,
    /// Only with a certificate of its own, for the name `certified`.
    Certified,
}

/// A running server. It ends when dropped, or with the process of the test.
#[derive(Debug)]
pub struct PrivatePostgres {
    port: u16,
    _keeper: ServerKeeper,
}

impl PrivatePostgres {
    /// One that does not know what TLS is.
    ///
    /// # Panics
    /// Where the programs of PostgreSQL are not installed. `cargo xtask test` brings them.
    #[must_use]
    pub fn without_tls() -> Self {
        Self::with_tls(&Identity::default())
    }

    /// One that shows this certificate and knows clients by those of the same authority.
    ///
    /// # Panics
    /// As [`Self::without_tls`].
    #[must_use]
    pub fn with_tls(identity: &Identity) -> Self {
        let port = free_port();
        let variables = [
            ("CERTIFICATE", identity.certificate.as_str()),
            ("KEY", &identity.key),
            ("AUTHORITY", &identity.authority),
            ("PASSWORD", PASSWORD),
        ];
        Self { port, _keeper: ServerKeeper::start(KEEPER, &[port], &variables) }
    }

    /// The URL of its only database, for this role under this name of the host.
    #[must_use]
    pub fn url(&self, role: Role, host: &str, parameters: &str) -> String {
        let user = match role {
            Role::Plain => "plain".to_owned(),
            Role::Encrypted => "encrypted".to_owned(),
            Role::Password => format!("ada:{PASSWORD}"),
            Role::Certified => "certified".to_owned(),
        };
        format!("postgres://{user}@{host}:{}/postgres?{parameters}", self.port)
    }

    /// How many encrypted connections and how many others it has under this application name.
    pub async fn connections(&self, application: &str) -> (i64, i64) {
        let client = self.client().await;
        let query = "SELECT count(*) FILTER (WHERE ssl), count(*) FILTER (WHERE NOT ssl)
                     FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
                     WHERE application_name = $1";
        let row = client.query_one(query, &[&application]).await.expect("an answer");
        (row.get(0), row.get(1))
    }

    async fn client(&self) -> Client {
        let url = self.url(Role::Plain, "127.0.0.1", "");
        let (client, connection) =
            tokio_postgres::connect(&url, NoTls).await.expect("the server answers");
        tokio::spawn(connection);
        client
    }
}
