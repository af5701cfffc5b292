//! Where tasks and conversations are kept.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use secrecy::ExposeSecret;
use todo_adapters::{
    DatabaseEngine, DatabaseSettings, DatabaseUrl, RedisSettings, ReplicaSettings,
};
use todo_service::StorageSettings;

use super::{Variables, user_limits};

/// Where tasks and conversations are kept. The engine decides what else is required: SQLite means
/// one person trying things out on one machine, PostgreSQL a service others rely on.
#[derive(Debug)]
pub(crate) struct DatabaseConfig {
    /// `DATABASE_URL`: `postgres://`, `postgresql://`, `postgresql+asyncpg://` or `sqlite://`.
    /// Default: the SQLite file `todo.sqlite` in the data directory.
    pub(crate) url: DatabaseUrl,
    /// What the URL chooses.
    pub(crate) engine: DatabaseEngine,
    /// How it is used: `DATABASE_TIMEOUT`, seconds from 0.1 to 60; `SLOW_QUERY_THRESHOLD`, seconds
    /// from 0 to 60, with 0 every unit of work is slow; `MAX_TASKS_PER_USER` and
    /// `MAX_CONVERSATIONS_PER_USER`.
    pub(crate) settings: DatabaseSettings,
    /// `RETENTION_DAYS`: for how long turns are kept after their end, what was said in them apart.
    /// Whole days from 1 to 3650. Default: for ever.
    pub(crate) retention: Option<Duration>,
    /// A copy to read from, `DATABASE_REPLICA_URL` with the same parameters as `DATABASE_URL`, and
    /// `DATABASE_REPLICA_MAX_LAG`, seconds from 0.5 to 300, which is refused
    /// without the other. Default: none.
    pub(crate) replica: Option<ReplicaSettings>,
    /// `DATA_DIR`: the directory for everything the service keeps on its own. Default `./data`.
    pub(crate) data_dir: PathBuf,
}

impl DatabaseConfig {
    /// The SQLite file that is used unless the URL names another database.
    pub(crate) fn file_in(data_dir: &Path) -> PathBuf {
        data_dir.join("todo.sqlite")
    }

    pub(super) fn read(variables: &mut Variables) -> Self {
        let data_dir = data_dir(variables);
        let (url, engine) = url(variables, &data_dir);
        Self {
            url,
            engine,
            replica: replica(variables, engine),
            retention: retention(variables),
            settings: settings(variables),
            data_dir,
        }
    }

    /// Where the service keeps its data, also with this memory that processes share.
    pub(crate) fn storage(&self, redis: Option<RedisSettings>) -> StorageSettings {
        let (url, database) = (self.url.clone(), self.settings.clone());
        StorageSettings { url, database, replica: self.replica.clone(), redis }
    }
}

/// `DATA_DIR`.
pub(super) fn data_dir(variables: &mut Variables) -> PathBuf {
    PathBuf::from(variables.text("DATA_DIR").unwrap_or("./data".to_owned()))
}

fn settings(variables: &mut Variables) -> DatabaseSettings {
    let defaults = DatabaseSettings::default();
    DatabaseSettings {
        timeout: variables.seconds("DATABASE_TIMEOUT", defaults.timeout, 0.1..=60.0),
        slow_query_threshold: variables.seconds(
            "SLOW_QUERY_THRESHOLD",
            defaults.slow_query_threshold,
            0.0..=60.0,
        ),
        user_limits: user_limits::read(variables),
        ..defaults
    }
}

fn retention(variables: &mut Variables) -> Option<Duration> {
    const DAY: u64 = 24 * 60 * 60;
    variables.whole_as("RETENTION_DAYS", None, "a whole number of days", 1..=3650, |days| {
        Some(Some(Duration::from_secs(days * DAY)))
    })
}

fn replica(variables: &mut Variables, engine: DatabaseEngine) -> Option<ReplicaSettings> {
    const NAME: &str = "DATABASE_REPLICA_URL";
    const MAX_LAG: &str = "DATABASE_REPLICA_MAX_LAG";
    let max_lag = variables.seconds(MAX_LAG, ReplicaSettings::DEFAULT_MAX_LAG, 0.5..=300.0);
    variables.takes_effect_with(MAX_LAG, NAME);
    match DatabaseUrl::parse(variables.secret(NAME)?.expose_secret()) {
        Err(error) => variables.fault(NAME, error.to_string()),
        Ok(url) if url.engine() != DatabaseEngine::Postgres => {
            variables.fault(NAME, "must begin with postgres:// or postgresql://");
        }
        Ok(_) if engine != DatabaseEngine::Postgres => {
            variables.fault(NAME, "needs a DATABASE_URL that begins with postgres://");
        }
        Ok(url) => return Some(ReplicaSettings { max_lag, ..ReplicaSettings::new(url) }),
    }
    None
}

fn url(variables: &mut Variables, data_dir: &Path) -> (DatabaseUrl, DatabaseEngine) {
    let own_file = DatabaseUrl::sqlite(DatabaseConfig::file_in(data_dir));
    let Some(text) = variables.secret("DATABASE_URL") else {
        return (own_file, DatabaseEngine::Sqlite);
    };
    match DatabaseUrl::parse(text.expose_secret()) {
        Ok(url) => {
            let engine = url.engine();
            (url, engine)
        }
        Err(error) => {
            variables.fault("DATABASE_URL", error.to_string());
            // What a server requires is asked for where one was named, and not made up otherwise.
            let engine = DatabaseEngine::named_by(text.expose_secret());
            (own_file, engine.unwrap_or(DatabaseEngine::Sqlite))
        }
    }
}
