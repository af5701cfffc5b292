//! A database, whichever engine it has.

use std::{error::Error, fmt, io, path::PathBuf, sync::Arc, time::Duration};

use deadpool::managed::Pool;
use diesel_async::pooled_connection::deadpool::BuildError;
use todo_domain::{
    UserLimits,
    ports::{PoolStatus, StoreError, Stores},
};
use todo_metrics::{Metrics, StorageMetrics};
use tokio::runtime::{Handle, RuntimeFlavor};

use super::{
    engine::{postgres, sqlite},
    file::{FileIdentity, LockedFile, claim},
    migrations::{self, Embedded, MigrationState},
    observers::{WriteObserver, WriteObservers},
    pool::WatchedPool,
    provenance::{Provenance, provenance},
    replica::{ReplicaSettings, Routing},
    searches::Searches,
    space::Space,
    unit_telemetry::UnitObserver,
    url::{DatabaseUrl, PostgresUrl, Target},
};
use crate::ConversationCache;

/// How to use a database.
#[derive(Debug, Clone)]
pub struct DatabaseSettings {
    /// How long one unit of work may take, waiting for a connection included
    /// (`DATABASE_TIMEOUT`).
    pub timeout: Duration,
    /// How long it may take on its connection before the log warns of it (`SLOW_QUERY_THRESHOLD`).
    pub slow_query_threshold: Duration,
    /// How much one user may keep (`MAX_TASKS_PER_USER`, `MAX_CONVERSATIONS_PER_USER`).
    pub user_limits: UserLimits,
    /// Answers lists of conversations from memory.
    pub conversation_cache: Option<ConversationCache>,
    /// Counts and times units of work, and knows how busy the connections are.
    pub metrics: StorageMetrics,
}

/// How many budgets after its beginning a unit of work loses its connection: long after the
/// server should have given up on it by itself.
pub(super) const WATCHDOG_BUDGETS: u32 = 3;

impl Default for DatabaseSettings {
    /// 5 seconds (S57), slow after 1 second (S70), 10,000 tasks and 1,000 conversations of a user,
    /// no cache and no metrics.
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(5),
            slow_query_threshold: Duration::from_secs(1),
            user_limits: UserLimits::default(),
            conversation_cache: None,
            metrics: Metrics::none().storage,
        }
    }
}

impl DatabaseSettings {
    /// Those who are notified of writes.
    fn observers(&self, routing: Option<&Arc<Routing>>) -> WriteObservers {
        let routing = routing.map(|it| Arc::clone(it) as Arc<dyn WriteObserver>);
        let cache = self.conversation_cache.clone().map(|it| Arc::new(it) as _);
        WriteObservers::new(routing.into_iter().chain(cache), WATCHDOG_BUDGETS * self.timeout)
    }

    fn records(&self) -> UnitObserver {
        let slow_threshold = self.slow_query_threshold;
        UnitObserver { metrics: self.metrics.clone(), slow_threshold }
    }
}

/// Why a database can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory or the file can't be made or opened.
    #[error("can't open {}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Another process has it.
    #[error("{} is in use by another process", path.display())]
    InUse {
        /// Which file.
        path: PathBuf,
    },
    /// It has tables, and not ours.
    #[error("{} is no database of this service", path.display())]
    Foreign {
        /// Which file.
        path: PathBuf,
    },
    /// The engine takes only paths that are valid UTF-8.
    #[error("the path {} is not valid UTF-8", path.display())]
    PathEncoding {
        /// Which file.
        path: PathBuf,
    },
    /// Its tables can't be brought up to date.
    #[error(transparent)]
    Migration(#[from] MigrationError),
    /// The pool of connections can't be made.
    #[error("can't make a pool of connections")]
    Pool(#[from] BuildError),
    /// Replication is PostgreSQL's.
    #[error("only a PostgreSQL database has a replica, which is one, too")]
    Replica,
    /// Transactions wait for blocking work now and then, which a single thread can't.
    #[error("storage needs a multi-threaded runtime")]
    SingleThreadedRuntime,
}

/// Why migrations were not applied, or not taken back.
#[derive(Debug, thiserror::Error)]
#[error("migrating the database failed")]
pub struct MigrationError(#[source] pub(super) Box<dyn Error + Send + Sync>);

/// An open database: PostgreSQL or SQLite.
///
/// It hands out the [`Stores`], which live as long as they are needed. Each
/// of their methods is one transaction, which runs to its end on the runtime given at opening
/// whatever becomes of its caller.
#[derive(Clone)]
pub struct Database {
    engine: Engine,
    runtime: Handle,
}

#[derive(Clone)]
enum Engine {
    Postgres { db: Arc<postgres::stores::Db>, url: PostgresUrl, timeout: Duration },
    Sqlite { db: Arc<sqlite::stores::Db>, file: String },
}

impl Database {
    /// Opens a database.
    ///
    /// A PostgreSQL server need not be up yet, and its tables are left alone: see
    /// [`Self::migrate_up`]. An SQLite file is made if need be, locked against other processes,
    /// migrated, and what a former process left behind is closed: its turns, and the leases of its
    /// imports, which are then to be undone.
    ///
    /// # Errors
    /// [`OpenError`], of which PostgreSQL has only the last two.
    pub async fn open(
        url: &DatabaseUrl,
        settings: DatabaseSettings,
        runtime: Handle,
    ) -> Result<Self, OpenError> {
        Self::open_and(url, settings, runtime, prepare).await
    }

    /// Opens a PostgreSQL database that has a replica to read from. Neither server need be up yet.
    ///
    /// # Errors
    /// As [`Self::open`], and where one of the two is not PostgreSQL.
    pub async fn open_with_replica(
        url: &DatabaseUrl,
        replica: &ReplicaSettings,
        settings: DatabaseSettings,
        runtime: Handle,
    ) -> Result<Self, OpenError> {
        let (Target::Postgres(primary), Target::Postgres(secondary)) = (&url.0, &replica.url.0)
        else {
            return Err(OpenError::Replica);
        };
        check(&runtime)?;
        let pool = server_pool(secondary, "replica", &settings)?;
        let routing = Routing::start(replica, primary, secondary, &runtime);
        // A replica has half of the time for an answer, and its statements have all of it.
        let beginning = postgres::Beginning::of(secondary, settings.timeout);
        let routing = Arc::new(routing);
        let replica = postgres::stores::db::Replica { pool, beginning, routing };
        let engine = open_server(primary, Some(replica), &settings, &runtime)?;
        Ok(Self { engine, runtime })
    }

    /// Opens a database to change its schema by hand, or to see where it stands: an SQLite file is
    /// locked but otherwise left as it is.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_as_it_is(
        url: &DatabaseUrl,
        settings: DatabaseSettings,
        runtime: Handle,
    ) -> Result<Self, OpenError> {
        Self::open_and(url, settings, runtime, |_| Ok(())).await
    }

    async fn open_and(
        url: &DatabaseUrl,
        settings: DatabaseSettings,
        runtime: Handle,
        prepare: fn(&str) -> diesel::migration::Result<()>,
    ) -> Result<Self, OpenError> {
        check(&runtime)?;
        let engine = match &url.0 {
            Target::Postgres(url) => open_server(url, None, &settings, &runtime)?,
            Target::Sqlite(file) => open_file(file.clone(), &settings, &runtime, prepare).await?,
        };
        Ok(Self { engine, runtime })
    }

    /// Its stores, which share its connections. A list of conversations comes from the cache, if
    /// there is one.
    #[must_use]
    pub fn stores(&self) -> Stores {
        match &self.engine {
            Engine::Postgres { db, .. } => Stores::of(db),
            Engine::Sqlite { db, .. } => Stores::of(db),
        }
    }

    /// How busy its connections are.
    #[must_use]
    pub fn pool(&self) -> PoolStatus {
        match &self.engine {
            Engine::Postgres { db, .. } => db.status(),
            Engine::Sqlite { db, .. } => db.status(),
        }
    }

    /// Applies the migrations it lacks, oldest first, and returns their names. Processes that do
    /// this at the same time wait for each other.
    ///
    /// # Errors
    /// [`MigrationError`]; what was applied before the one that failed stays.
    pub async fn migrate_up(&self) -> Result<Vec<String>, MigrationError> {
        match &self.engine {
            Engine::Postgres { url, timeout, .. } => {
                let (url, timeout) = (url.clone(), *timeout);
                self.blocking(move || postgres::migrate(&url, timeout, migrations::up)).await
            }
            Engine::Sqlite { file, .. } => {
                let file = file.clone();
                self.blocking(move || migrations::up(&mut sqlite::connect(&file)?)).await
            }
        }
    }

    /// Takes the latest migration back and returns its name; `None` when there is none.
    ///
    /// # Errors
    /// [`MigrationError`], also when the latest one is of a newer version than this.
    pub async fn migrate_down_one(&self) -> Result<Option<String>, MigrationError> {
        match &self.engine {
            Engine::Postgres { url, timeout, .. } => {
                let (url, timeout) = (url.clone(), *timeout);
                self.blocking(move || postgres::migrate(&url, timeout, migrations::down_one)).await
            }
            Engine::Sqlite { file, .. } => {
                let file = file.clone();
                self.blocking(move || migrations::down_one(&mut sqlite::connect(&file)?)).await
            }
        }
    }

    /// The migrations this version knows, oldest first. Reading them needs no right to change
    /// tables.
    ///
    /// # Errors
    /// As [`todo_domain::ports::StoreHealth::check`].
    pub async fn migration_status(&self) -> Result<Vec<MigrationState>, StoreError> {
        let pending = self.stores().health.check().await?.pending_migrations;
        let known = match &self.engine {
            Engine::Postgres { .. } => postgres::Backend::embedded(),
            Engine::Sqlite { .. } => sqlite::Backend::embedded(),
        };
        let states = known.into_iter().map(|migration| MigrationState {
            applied: !pending.contains(&migration.name),
            name: migration.name,
        });
        Ok(states.collect())
    }

    /// What an SQLite file is damaged by, if it is. Reads all of it. A PostgreSQL looks after
    /// itself.
    pub async fn damage(&self) -> Option<String> {
        let Engine::Sqlite { file, .. } = &self.engine else { return None };
        let file = file.clone();
        let found = self.runtime.spawn_blocking(move || sqlite::damage(&file)).await;
        found.unwrap_or_else(|lost| Some(lost.to_string()))
    }

    /// Closes the connections: those in use after their unit of work. Whoever asks for one from
    /// now on gets the error that the database is unavailable.
    pub fn close(&self) {
        match &self.engine {
            Engine::Postgres { db, .. } => db.close(),
            Engine::Sqlite { db, .. } => db.close(),
        }
    }

    async fn blocking<R: Send + 'static>(
        &self,
        work: impl FnOnce() -> diesel::migration::Result<R> + Send + 'static,
    ) -> Result<R, MigrationError> {
        let done = self.runtime.spawn_blocking(work).await;
        done.map_err(|lost| MigrationError(lost.into()))?.map_err(MigrationError)
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.engine {
            Engine::Postgres { url, .. } => write!(f, "Database({url})"),
            Engine::Sqlite { file, .. } => write!(f, "Database(sqlite://{file})"),
        }
    }
}

fn check(runtime: &Handle) -> Result<(), OpenError> {
    match runtime.runtime_flavor() {
        RuntimeFlavor::CurrentThread => Err(OpenError::SingleThreadedRuntime),
        _ => Ok(()),
    }
}

fn open_server(
    url: &PostgresUrl,
    replica: Option<postgres::stores::db::Replica>,
    settings: &DatabaseSettings,
    runtime: &Handle,
) -> Result<Engine, OpenError> {
    let timeout = settings.timeout;
    let db = postgres::stores::Db {
        writers: server_pool(url, "primary", settings)?,
        beginning: postgres::Beginning::of(url, timeout),
        readers: None,
        budget: timeout,
        user_limits: settings.user_limits,
        records: settings.records(),
        observers: settings.observers(replica.as_ref().map(|replica| &replica.routing)),
        conversation_cache: settings.conversation_cache.clone(),
        replica,
        runtime: runtime.clone(),
        searches: Searches::default(),
        space: Space::default(),
        _lock: None,
    };
    Ok(Engine::Postgres { db: Arc::new(db), url: url.clone(), timeout })
}

fn server_pool(
    url: &PostgresUrl,
    name: &'static str,
    settings: &DatabaseSettings,
) -> Result<Arc<postgres::stores::db::Pool>, BuildError> {
    let pool = Pool::builder(postgres::manager(url, settings.timeout)).max_size(url.pool_max);
    Ok(Arc::new(WatchedPool::new(pool.build()?, name, settings.metrics.clone())))
}

/// Brings a file up to date, and ends the turns and imports of a process that died.
fn prepare(file: &str) -> diesel::migration::Result<()> {
    let mut conn = sqlite::connect(file)?;
    migrations::up(&mut conn)?;
    sqlite::interrupt_leftovers(&mut conn)?;
    sqlite::end_leases_of_imports(&mut conn)?;
    Ok(())
}

async fn open_file(
    path: PathBuf,
    settings: &DatabaseSettings,
    runtime: &Handle,
    prepare: fn(&str) -> diesel::migration::Result<()>,
) -> Result<Engine, OpenError> {
    let prepare = move || {
        if provenance(&path) == Provenance::Foreign {
            return Err(OpenError::Foreign { path });
        }
        let file = claim(&path)?;
        prepare(&file.path).map_err(MigrationError)?;
        Ok::<LockedFile, OpenError>(file)
    };
    let prepared = runtime.spawn_blocking(prepare).await;
    let file = prepared.map_err(|lost| OpenError::Migration(MigrationError(lost.into())))??;
    let identity = FileIdentity::of(&file.path);
    let pool = |name, size| -> Result<_, OpenError> {
        let manager = sqlite::manager(&file.path, identity.clone());
        let pool = Pool::builder(manager).max_size(size).build()?;
        Ok(Arc::new(WatchedPool::new(pool, name, settings.metrics.clone())))
    };
    let db = sqlite::stores::Db {
        writers: pool("writer", 1)?,
        beginning: sqlite::Beginning(identity.clone()),
        readers: Some(pool("readers", sqlite::READERS)?),
        replica: None,
        budget: settings.timeout,
        user_limits: settings.user_limits,
        records: settings.records(),
        observers: settings.observers(None),
        conversation_cache: settings.conversation_cache.clone(),
        runtime: runtime.clone(),
        searches: Searches::default(),
        space: Space::default(),
        _lock: Some(file.lock),
    };
    Ok(Engine::Sqlite { db: Arc::new(db), file: file.path })
}
