//! Where tasks and conversations are kept, and the memory that processes share.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use secrecy::ExposeSecret;
use todo_adapters::{
    DatabaseEngine, DatabaseSettings, DatabaseUrl, RedisSettings, RedisUrlError, ReplicaSettings,
};
use todo_domain::{UserLimit, UserLimits};
use todo_service::StorageSettings;

use super::{
    Variables,
    kind::Whole,
    table::{
        DATA_DIR, DATABASE_REPLICA_MAX_LAG, DATABASE_REPLICA_URL, DATABASE_TIMEOUT, DATABASE_URL,
        MAX_CONVERSATIONS_PER_USER, MAX_TASKS_PER_USER, REDIS_TIMEOUT, REDIS_URL, RETENTION_DAYS,
        SLOW_QUERY_THRESHOLD,
    },
};

/// Where tasks and conversations are kept. The engine decides what else is required: SQLite means
/// one person trying things out on one machine, PostgreSQL a service others rely on.
#[derive(Debug)]
pub(crate) struct DatabaseConfig {
    /// Default: the SQLite file `todo.sqlite` in the data directory.
    pub(crate) url: DatabaseUrl,
    /// What the URL chooses.
    pub(crate) engine: DatabaseEngine,
    /// How it is used, and how much a user may keep.
    pub(crate) settings: DatabaseSettings,
    /// For how long turns are kept after their end, what was said in them apart; `None`: for ever.
    pub(crate) retention: Option<Duration>,
    /// A copy to read from.
    pub(crate) replica: Option<ReplicaSettings>,
    /// The directory for everything the service keeps on its own.
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

/// The directory for everything the service keeps on its own.
pub(super) fn data_dir(variables: &mut Variables) -> PathBuf {
    PathBuf::from(variables.text_or(DATA_DIR, "./data"))
}

fn settings(variables: &mut Variables) -> DatabaseSettings {
    let defaults = DatabaseSettings::default();
    DatabaseSettings {
        timeout: variables.seconds(DATABASE_TIMEOUT, defaults.timeout),
        slow_query_threshold: variables
            .seconds(SLOW_QUERY_THRESHOLD, defaults.slow_query_threshold),
        user_limits: UserLimits {
            tasks: user_limit(variables, MAX_TASKS_PER_USER, defaults.user_limits.tasks),
            conversations: user_limit(
                variables,
                MAX_CONVERSATIONS_PER_USER,
                defaults.user_limits.conversations,
            ),
        },
        ..defaults
    }
}

fn user_limit(variables: &mut Variables, variable: Whole, default: UserLimit) -> UserLimit {
    UserLimit::new(variables.whole(variable, default.get())).unwrap_or(default)
}

fn retention(variables: &mut Variables) -> Option<Duration> {
    const DAY: u64 = 24 * 60 * 60;
    variables.whole_or(RETENTION_DAYS, None, |days| Some(Some(Duration::from_secs(days * DAY))))
}

fn replica(variables: &mut Variables, engine: DatabaseEngine) -> Option<ReplicaSettings> {
    const NAME: &str = DATABASE_REPLICA_URL.name;
    let max_lag = variables.seconds(DATABASE_REPLICA_MAX_LAG, ReplicaSettings::DEFAULT_MAX_LAG);
    variables.takes_effect_with(DATABASE_REPLICA_MAX_LAG.name, DATABASE_REPLICA_URL);
    match DatabaseUrl::parse(variables.secret(DATABASE_REPLICA_URL)?.expose_secret()) {
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

/// The memory that the processes of the service share. Without it what would be in there is kept in
/// the process, or not at all.
pub(super) fn redis(variables: &mut Variables) -> Option<RedisSettings> {
    let timeout = variables.seconds(REDIS_TIMEOUT, RedisSettings::DEFAULT_TIMEOUT);
    variables.takes_effect_with(REDIS_TIMEOUT.name, REDIS_URL);
    match variables.secret(REDIS_URL)?.expose_secret().parse() {
        Ok(url) => Some(RedisSettings { url, timeout }),
        Err(error) => {
            let error: RedisUrlError = error;
            variables.fault(REDIS_URL.name, error.to_string());
            None
        }
    }
}

fn url(variables: &mut Variables, data_dir: &Path) -> (DatabaseUrl, DatabaseEngine) {
    let own_file = DatabaseUrl::sqlite(DatabaseConfig::file_in(data_dir));
    let Some(text) = variables.secret(DATABASE_URL) else {
        return (own_file, DatabaseEngine::Sqlite);
    };
    match DatabaseUrl::parse(text.expose_secret()) {
        Ok(url) => {
            let engine = url.engine();
            (url, engine)
        }
        Err(error) => {
            variables.fault(DATABASE_URL.name, error.to_string());
            // What a server requires is asked for where one was named, and not made up otherwise.
            let engine = DatabaseEngine::named_by(text.expose_secret());
            (own_file, engine.unwrap_or(DatabaseEngine::Sqlite))
        }
    }
}
