//! Where tasks and conversations are kept.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use secrecy::ExposeSecret;
use todo_adapters::{DatabaseEngine, DatabaseUrl, ReplicaSettings};
use todo_domain::UserLimits;

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
    /// `DATABASE_TIMEOUT`: how long a request waits for a connection and its statements together.
    /// Seconds from 0.1 to 60, default 5.
    pub(crate) timeout: Duration,
    /// `MAX_TASKS_PER_USER` and `MAX_CONVERSATIONS_PER_USER`.
    pub(crate) user_limits: UserLimits,
    /// `RETENTION_DAYS`: for how long turns are kept after their end, what was said in them apart.
    /// Whole days from 1 to 3650. Default: for ever.
    pub(crate) retention: Option<Duration>,
    /// A copy to read from. Default: none.
    pub(crate) replica: Option<ReplicaConfig>,
    /// `DATA_DIR`: the directory for everything the service keeps on its own. Default `./data`.
    pub(crate) data_dir: PathBuf,
    /// `SLOW_QUERY_THRESHOLD`: what the log warns of, by operation. Seconds from 0 to 60, default
    /// 1; with 0 every unit of work is slow.
    pub(crate) slow_query_threshold: Duration,
}

/// A replica of a PostgreSQL database.
#[derive(Debug)]
pub(crate) struct ReplicaConfig {
    /// `DATABASE_REPLICA_URL`: `postgres://`, with the same parameters as `DATABASE_URL`.
    pub(crate) url: DatabaseUrl,
    /// `DATABASE_REPLICA_MAX_LAG`: how far it may lag behind and still be read from. Seconds from
    /// 0.5 to 300, default 5.
    pub(crate) max_lag: Duration,
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
            user_limits: user_limits::read(variables),
            retention: retention(variables),
            timeout: variables.seconds("DATABASE_TIMEOUT", Duration::from_secs(5), 0.1..=60.0),
            data_dir,
            slow_query_threshold: variables.seconds(
                "SLOW_QUERY_THRESHOLD",
                Duration::from_secs(1),
                0.0..=60.0,
            ),
        }
    }
}

/// `DATA_DIR`.
pub(super) fn data_dir(variables: &mut Variables) -> PathBuf {
    PathBuf::from(variables.text("DATA_DIR").unwrap_or("./data".to_owned()))
}

fn retention(variables: &mut Variables) -> Option<Duration> {
    const DAY: u64 = 24 * 60 * 60;
    variables.whole_as("RETENTION_DAYS", None, "a whole number of days", 1..=3650, |days| {
        Some(Some(Duration::from_secs(days * DAY)))
    })
}

fn replica(variables: &mut Variables, engine: DatabaseEngine) -> Option<ReplicaConfig> {
    const NAME: &str = "DATABASE_REPLICA_URL";
    let max_lag = variables.seconds(
        "DATABASE_REPLICA_MAX_LAG",
        ReplicaSettings::DEFAULT_MAX_LAG,
        0.5..=300.0,
    );
    match DatabaseUrl::parse(variables.secret(NAME)?.expose_secret()) {
        Err(error) => variables.fault(NAME, error.to_string()),
        Ok(url) if url.engine() != DatabaseEngine::Postgres => {
            variables.fault(NAME, "must begin with postgres:// or postgresql://");
        }
        Ok(_) if engine != DatabaseEngine::Postgres => {
            variables.fault(NAME, "needs a DATABASE_URL that begins with postgres://");
        }
        Ok(url) => return Some(ReplicaConfig { url, max_lag }),
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
