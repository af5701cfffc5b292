//! How access tokens are signed.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use secrecy::{ExposeSecret, SecretString};
use todo_adapters::DatabaseEngine;
use todo_http::MIN_SECRET_BYTES;
use todo_service::AccessSettings;

use super::{
    DatabaseConfig, Variables,
    table::{JWT_ALGORITHM, JWT_EXPIRATION_DAYS, JWT_PREVIOUS_SECRETS, JWT_SECRET},
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Where the secret comes from that signs new tokens.
#[derive(Debug)]
pub(crate) enum SigningSecret {
    /// The operator chose it.
    Given(SecretString),
    /// The service made it itself, or will at this start, and keeps it in this file.
    KeptIn(PathBuf),
}

impl SigningSecret {
    /// Where the service keeps the one that it made itself.
    pub(crate) fn file_in(data_dir: &Path) -> PathBuf {
        data_dir.join("jwt_secret")
    }
}

/// How access tokens are signed.
#[derive(Debug)]
pub(crate) struct TokenConfig {
    /// Required with PostgreSQL; otherwise it defaults to a random one in the data directory. One with
    /// a comma could not become a previous secret.
    pub(crate) secret: SigningSecret,
    /// Secrets that signed tokens before a rotation and still verify them.
    pub(crate) previous: Vec<SecretString>,
    /// How long a token is valid.
    pub(crate) lifetime: Duration,
}

impl TokenConfig {
    pub(super) fn read(variables: &mut Variables, database: &DatabaseConfig) -> Self {
        variables.only(JWT_ALGORITHM);
        let secret = signing_secret(variables, database);
        let previous = previous_secrets(variables);
        if let SigningSecret::Given(secret) = &secret
            && previous.iter().any(|it| it.expose_secret() == secret.expose_secret())
        {
            variables.fault(JWT_PREVIOUS_SECRETS.name, "has JWT_SECRET as an entry, to no effect");
        }
        Self { secret, previous, lifetime: lifetime(variables) }
    }
}

fn signing_secret(variables: &mut Variables, database: &DatabaseConfig) -> SigningSecret {
    match (variables.secret(JWT_SECRET), database.engine) {
        (Some(secret), _) => {
            if secret.expose_secret().len() < MIN_SECRET_BYTES {
                let problem = format!("must have at least {MIN_SECRET_BYTES} bytes");
                variables.fault(JWT_SECRET.name, problem);
            }
            if secret.expose_secret().contains([',', '\n']) {
                let problem = "has a comma or a line end, so it can't become one of \
                               JWT_PREVIOUS_SECRETS: choose another before a rotation";
                variables.warn(JWT_SECRET.name, problem);
            }
            return SigningSecret::Given(secret);
        }
        (None, DatabaseEngine::Postgres) => variables.fault(
            JWT_SECRET.name,
            "is required with PostgreSQL, for example the output of `openssl rand -hex 32`",
        ),
        (None, DatabaseEngine::Sqlite) => {}
    }
    SigningSecret::KeptIn(SigningSecret::file_in(&database.data_dir))
}

fn previous_secrets(variables: &mut Variables) -> Vec<SecretString> {
    let secrets = variables.secret_list(JWT_PREVIOUS_SECRETS);
    if secrets.iter().any(|secret| secret.expose_secret().len() < MIN_SECRET_BYTES) {
        let problem = format!("each must have at least {MIN_SECRET_BYTES} bytes");
        variables.fault(JWT_PREVIOUS_SECRETS.name, problem);
    }
    secrets
}

fn lifetime(variables: &mut Variables) -> Duration {
    let default = AccessSettings::DEFAULT_TOKEN_LIFETIME.as_secs() / DAY.as_secs();
    Duration::from_secs(variables.whole(JWT_EXPIRATION_DAYS, default) * DAY.as_secs())
}
