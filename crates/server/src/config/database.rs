//! Where tasks and conversations are kept.

use std::{path::PathBuf, time::Duration};

use secrecy::SecretString;

use super::Variables;

/// Which kind of database the service runs on. It decides what else is required: SQLite means one
/// person trying things out on one machine, PostgreSQL a service others rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DatabaseEngine {
    /// A file, no server: the service stands alone.
    Sqlite,
    /// The store of record.
    Postgres,
}

/// Where tasks and conversations are kept.
#[derive(Debug)]
pub(crate) struct DatabaseConfig {
    /// `DATABASE_URL`: `postgres://`, `postgresql://`, `postgresql+asyncpg://` or `sqlite://`.
    /// Default: the SQLite file `todo.sqlite` in the data directory. It may hold a password.
    pub(crate) url: SecretString,
    /// What the URL chooses.
    pub(crate) engine: DatabaseEngine,
    /// `DATABASE_TIMEOUT`: how long a request waits for a connection and its statements together.
    /// Seconds from 0.1 to 60, default 5.
    pub(crate) timeout: Duration,
    /// `DATA_DIR`: the directory for everything the service keeps on its own. Default `./data`.
    pub(crate) data_dir: PathBuf,
}

impl DatabaseConfig {
    pub(super) fn read(variables: &mut Variables) -> Self {
        let data_dir = variables.parsed(
            "DATA_DIR",
            "./data".to_owned(),
            "a path without ?, # and %, which mean something in a URL",
            |path| (!path.contains(['?', '#', '%'])).then(|| path.to_owned()),
        );
        let timeout = variables.seconds("DATABASE_TIMEOUT", Duration::from_secs(5), 0.1..=60.0);
        let url = variables.text("DATABASE_URL");
        let url = url.unwrap_or_else(|| format!("sqlite://{data_dir}/todo.sqlite"));
        let engine = engine_of(&url).unwrap_or_else(|problem| {
            variables.fault("DATABASE_URL", problem);
            DatabaseEngine::Postgres
        });
        Self { url: url.into(), engine, timeout, data_dir: data_dir.into() }
    }
}

/// The one place where a database URL is looked at.
fn engine_of(url: &str) -> Result<DatabaseEngine, String> {
    let scheme = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    match scheme.as_deref() {
        Some("sqlite") => Ok(DatabaseEngine::Sqlite),
        Some("postgres" | "postgresql" | "postgresql+asyncpg") => Ok(DatabaseEngine::Postgres),
        _ => Err("must start with postgres://, postgresql://, postgresql+asyncpg:// or sqlite://"
            .to_owned()),
    }
}
