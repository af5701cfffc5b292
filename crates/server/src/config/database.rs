//! Where tasks and conversations are kept.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use todo_adapters::{DatabaseEngine, DatabaseUrl};

use super::Variables;

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
    /// `DATA_DIR`: the directory for everything the service keeps on its own. Default `./data`.
    pub(crate) data_dir: PathBuf,
    /// `SLOW_QUERY_THRESHOLD`: what the log warns of, by operation. Seconds from 0 to 60, default
    /// 1; with 0 every unit of work is slow.
    pub(crate) slow_query_threshold: Duration,
}

impl DatabaseConfig {
    pub(super) fn read(variables: &mut Variables) -> Self {
        let data_dir = PathBuf::from(variables.text("DATA_DIR").unwrap_or("./data".to_owned()));
        let (url, engine) = url(variables, &data_dir);
        Self {
            url,
            engine,
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

fn url(variables: &mut Variables, data_dir: &Path) -> (DatabaseUrl, DatabaseEngine) {
    let own_file = DatabaseUrl::sqlite(data_dir.join("todo.sqlite"));
    match variables.text("DATABASE_URL").map(|url| DatabaseUrl::parse(&url)) {
        None => (own_file, DatabaseEngine::Sqlite),
        Some(Ok(url)) => {
            let engine = url.engine();
            (url, engine)
        }
        Some(Err(error)) => {
            variables.fault("DATABASE_URL", error.to_string());
            // Whoever names a database most likely means a server: ask for what that requires.
            (own_file, DatabaseEngine::Postgres)
        }
    }
}
