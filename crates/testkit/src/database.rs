//! Databases for tests: each test has its own, which is gone when the test is over.

mod keeper;

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    time::Duration,
};

use diesel::{Connection, RunQueryDsl, SqliteConnection};
use tempfile::TempDir;
use todo_adapters::{Database, DatabaseSettings, DatabaseUrl};
use todo_domain::UserLimits;
use tokio::runtime::Handle;

/// A database with all its tables and no rows.
#[derive(Debug)]
pub struct TestDatabase(Kind);

enum Kind {
    Sqlite(TempDir),
    Postgres(keeper::Lease),
}

impl TestDatabase {
    /// An SQLite database in a directory of its own.
    #[must_use]
    pub fn sqlite() -> Self {
        Self(Kind::Sqlite(tempfile::tempdir().expect("a temporary directory")))
    }

    /// A PostgreSQL database on the server that `TEST_DATABASE_URL` names, or else on
    /// 127.0.0.1:5432.
    ///
    /// # Panics
    /// Where there is no server. `cargo xtask test` brings one.
    pub async fn postgres() -> Self {
        Self(Kind::Postgres(keeper::lease(keeper::Contents::Migrated).await))
    }

    /// A PostgreSQL database without tables.
    ///
    /// # Panics
    /// As [`Self::postgres`].
    pub async fn empty_postgres() -> Self {
        Self(Kind::Postgres(keeper::lease(keeper::Contents::Nothing).await))
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> String {
        match &self.0 {
            Kind::Sqlite(_) => format!("sqlite://{}", self.file().display()),
            Kind::Postgres(lease) => lease.url(),
        }
    }

    /// A URL with these query parameters, which replace those of the same names.
    #[must_use]
    pub fn with_parameters(url: &str, parameters: &str) -> String {
        let name = |parameter: &str| parameter.split('=').next().unwrap_or_default().to_owned();
        let given: Vec<String> = parameters.split('&').map(name).collect();
        let (server, query) = url.split_once('?').unwrap_or((url, ""));
        let kept = query.split('&').filter(|it| !it.is_empty() && !given.contains(&name(it)));
        format!("{server}?{}", kept.chain([parameters]).collect::<Vec<_>>().join("&"))
    }

    /// Its URL for a service: on PostgreSQL it is that of a role with the rights of
    /// `deploy/postgres/grants.sql`, which may read and write rows and nothing else.
    #[must_use]
    pub fn service_url(&self) -> String {
        match &self.0 {
            Kind::Sqlite(_) => self.url(),
            Kind::Postgres(lease) => lease.service_url(),
        }
    }

    /// The file of an SQLite database.
    ///
    /// # Panics
    /// For a PostgreSQL database.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        match &self.0 {
            Kind::Sqlite(directory) => directory.path().join("data").join("todo.db"),
            Kind::Postgres(_) => unreachable!("PostgreSQL databases are no files"),
        }
    }

    /// A connection to a PostgreSQL database that knows nothing of ports.
    ///
    /// # Panics
    /// For an SQLite database.
    pub async fn client(&self) -> tokio_postgres::Client {
        match &self.0 {
            Kind::Sqlite(_) => unreachable!("SQLite has no server"),
            Kind::Postgres(lease) => lease.client().await,
        }
    }

    /// The number that a query finds, which knows nothing of ports either.
    ///
    /// # Panics
    /// Where the query fails.
    pub async fn count(&self, query: &str) -> i64 {
        match &self.0 {
            Kind::Sqlite(_) => {
                #[derive(diesel::QueryableByName)]
                struct Count {
                    #[diesel(sql_type = diesel::sql_types::BigInt)]
                    count: i64,
                }
                let file = self.file();
                let mut file = SqliteConnection::establish(file.to_str().expect("UTF-8"))
                    .expect("the file opens");
                let query = diesel::sql_query(format!("SELECT ({query}) AS count"));
                query.get_result::<Count>(&mut file).expect("the query works").count
            }
            Kind::Postgres(_) => {
                let row = self.client().await.query_one(query, &[]).await;
                row.expect("the query works").get(0)
            }
        }
    }

    /// Opens it with a time budget that no test on a busy machine exhausts.
    pub async fn open(&self) -> Database {
        self.open_within(Duration::from_secs(30)).await
    }

    /// Opens it for users who may keep so much.
    pub async fn open_holding(&self, user_limits: UserLimits) -> Database {
        self.open_with(DatabaseSettings { user_limits, ..DatabaseSettings::default() }).await
    }

    /// Opens it with these settings, but a time budget that no test on a busy machine exhausts.
    pub async fn open_with(&self, settings: DatabaseSettings) -> Database {
        let timeout = Duration::from_secs(30);
        open_with(&self.url(), DatabaseSettings { timeout, ..settings }).await
    }

    /// Opens it with this time budget.
    pub async fn open_within(&self, timeout: Duration) -> Database {
        open(&self.url(), timeout).await
    }
}

/// Opens the database of a URL on the runtime of the test.
pub async fn open(url: &str, timeout: Duration) -> Database {
    open_with(url, DatabaseSettings { timeout, ..DatabaseSettings::default() }).await
}

async fn open_with(url: &str, settings: DatabaseSettings) -> Database {
    let url = DatabaseUrl::parse(url).expect("a database URL");
    Database::open(&url, settings, Handle::current()).await.expect("the database opens")
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(directory) => write!(f, "Sqlite({})", directory.path().display()),
            Self::Postgres(lease) => lease.fmt(f),
        }
    }
}

/// Where the migrations of an engine are, `postgres` or `sqlite`.
fn migrations_of(engine: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations").join(engine)
}

/// The names of an engine's migrations, oldest first, as the directories have them.
///
/// # Panics
/// Where there is no such engine.
#[must_use]
pub fn migration_names(engine: &str) -> Vec<String> {
    let entries = fs::read_dir(migrations_of(engine)).expect("a directory of migrations");
    let names = entries.map(|entry| entry.expect("an entry of it").file_name());
    let mut names: Vec<_> =
        names.map(|name| name.into_string().expect("a name in UTF-8")).collect();
    names.sort();
    names
}
