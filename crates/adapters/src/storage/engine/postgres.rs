//! What is PostgreSQL's own: column types, connections, how transactions begin, locks, the clock.

use std::{sync::Arc, thread, time::Duration};

use diesel::{
    ConnectionError, ConnectionResult, QueryResult,
    connection::SimpleConnection,
    dsl::sql,
    migration,
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types::{Bool, Text, Timestamptz},
};
use diesel_async::{
    AnsiTransactionManager, AsyncPgConnection, RunQueryDsl,
    async_connection_wrapper::AsyncConnectionWrapper,
    pooled_connection::{
        AsyncDieselConnectionManager, ManagerConfig, PoolError as BackendError, RecyclingMethod,
        deadpool::PoolError,
    },
};
use futures_util::FutureExt;
use tokio::runtime::Handle;
use tokio_postgres::Config;

use super::super::{
    columns::SqlTimestamp, error::Result, migrations::Migrating, tls::Tls, url::PostgresUrl,
};

/// A connection.
pub(crate) type Conn = AsyncPgConnection;
/// What OpenTelemetry calls the engine.
pub(crate) const SYSTEM_NAME: &str = "postgresql";
/// The dialect.
pub(crate) type Backend = diesel::pg::Pg;

/// The column types that are not the same everywhere.
pub(crate) mod column {
    pub(crate) use diesel::sql_types::{
        BigInt, Date as Day, Integer, Nullable, SmallInt, Text, Timestamptz as Instant, Uuid as Id,
    };
}

/// Locks the rows a query selects until the transaction ends, against everyone but readers.
macro_rules! locking {
    ($query:expr) => {
        $query.for_no_key_update()
    };
}

/// Locks the rows a query selects to delete them, without those that others hold.
macro_rules! locking_what_is_free {
    ($query:expr) => {
        $query.for_update().skip_locked()
    };
}

/// Inserts rows, all in one statement.
macro_rules! insert_all {
    ($conn:expr, $table:expr, $rows:expr) => {
        diesel::insert_into($table).values(&$rows).execute($conn).await.map(drop)
    };
}

pub(crate) mod replication;
#[path = "../sql/stores.rs"]
pub(crate) mod stores;

/// Begins a transaction that sees, statement by statement, what others have committed. Rows it
/// has locked are therefore as the last writer left them.
pub(crate) async fn begin_write(conn: &mut Conn) -> QueryResult<()> {
    let sql = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
    AnsiTransactionManager::begin_transaction_sql(conn, sql).await
}

/// Begins a transaction in which all statements see the same state.
pub(crate) async fn begin_read(conn: &mut Conn) -> QueryResult<()> {
    let sql = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    AnsiTransactionManager::begin_transaction_sql(conn, sql).await
}

/// The database's clock at this moment, not at the beginning of the transaction.
pub(crate) async fn database_now(conn: &mut Conn) -> QueryResult<SqlTimestamp> {
    diesel::select(sql::<Timestamptz>("clock_timestamp()")).get_result(conn).await
}

/// Whether any migration has ever been applied.
pub(crate) async fn has_migration_table(conn: &mut Conn) -> QueryResult<bool> {
    let query = sql::<Bool>("to_regclass('__diesel_schema_migrations') IS NOT NULL");
    diesel::select(query).get_result(conn).await
}

/// Makes connections, and hands them out again unless they are closed or amid a transaction.
pub(crate) fn manager(url: &PostgresUrl, budget: Duration) -> AsyncDieselConnectionManager<Conn> {
    let settings = Arc::new((url.tls.clone(), bounded(&url.config, budget)));
    let mut config = ManagerConfig::<Conn>::default();
    config.recycling_method = RecyclingMethod::Fast;
    config.custom_setup = Box::new(move |_| {
        let settings = Arc::clone(&settings);
        async move { connect(&settings.0, &settings.1).await }.boxed()
    });
    AsyncDieselConnectionManager::new_with_config("", config)
}

/// Opens one connection.
async fn connect(tls: &Tls, config: &Config) -> ConnectionResult<Conn> {
    let opened = tls.connect(config).await;
    let opened = opened.map_err(|error| ConnectionError::BadConnection(error.to_string()))?;
    AsyncPgConnection::try_from_client_and_connection(opened.client, opened.connection).await
}

/// Opens one connection for statements that take no longer than this.
pub(crate) async fn connect_within(url: &PostgresUrl, budget: Duration) -> Result<Conn> {
    let conn = connect(&url.tls, &bounded(&url.config, budget)).await;
    Ok(conn.map_err(|error| PoolError::Backend(BackendError::ConnectionError(error)))?)
}

/// How often somebody who waits to migrate looks whether others have done.
const LOCK_INTERVAL: Duration = Duration::from_millis(50);

/// Runs something on a connection of its own, alone among those who migrate. To be called where
/// blocking is allowed.
pub(crate) fn migrate<R>(
    url: &PostgresUrl,
    timeout: Duration,
    work: impl FnOnce(&mut AsyncConnectionWrapper<Conn>) -> migration::Result<R>,
) -> migration::Result<R> {
    let mut config = url.config.clone();
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(timeout);
    }
    let conn = Handle::current().block_on(connect(&url.tls, &config))?;
    let mut conn = AsyncConnectionWrapper::from(conn);
    // The number means nothing but "migrations of this service". Should the process die, its
    // session ends and the lock with it. Whoever waited for it within a statement would be waited
    // for by `CREATE INDEX CONCURRENTLY`.
    let lock = sql::<Bool>("pg_try_advisory_lock(7286035429912170512)");
    while !diesel::RunQueryDsl::get_result::<bool>(diesel::select(lock.clone()), &mut conn)? {
        thread::sleep(LOCK_INTERVAL);
    }
    let result = work(&mut conn)?;
    conn.batch_execute("SELECT pg_advisory_unlock(7286035429912170512)")?;
    Ok(result)
}

impl Migrating<Backend> for AsyncConnectionWrapper<Conn> {
    fn bound_waiting(&mut self, in_transaction: bool) -> migration::Result<()> {
        // A change of a table that waits for someone's transaction makes everyone else wait behind
        // it. What is done concurrently waits for all older transactions, such as those of pg_dump,
        // and lets everyone else pass.
        if in_transaction {
            self.batch_execute("SET lock_timeout = '5s'")?;
        } else {
            self.batch_execute("SET lock_timeout = 0")?;
        }
        Ok(())
    }

    fn remove_unfinished(&mut self, index: &str) -> migration::Result<()> {
        let is_unfinished = sql::<Bool>(
            "EXISTS (SELECT FROM pg_index WHERE NOT indisvalid AND indexrelid = to_regclass(",
        )
        .bind::<Text, _>(index)
        .sql("))");
        if diesel::RunQueryDsl::get_result(diesel::select(is_unfinished), self)? {
            diesel::RunQueryDsl::execute(DropIndexConcurrently(index), self)?;
        }
        Ok(())
    }
}

/// A statement that diesel does not know.
struct DropIndexConcurrently<'a>(&'a str);

impl QueryFragment<Backend> for DropIndexConcurrently<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        out.push_sql("DROP INDEX CONCURRENTLY ");
        out.push_identifier(self.0)
    }
}

impl QueryId for DropIndexConcurrently<'_> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<C> diesel::RunQueryDsl<C> for DropIndexConcurrently<'_> {}

/// The service bounds its own time; this bounds the server's and the network's, should the
/// service be gone or the server be out of reach. What the URL says goes before it.
fn bounded(config: &Config, budget: Duration) -> Config {
    let mut config = config.clone();
    let millis = budget.as_millis().max(1);
    let mut options = format!(
        "-c statement_timeout={millis} -c lock_timeout={millis} \
         -c idle_in_transaction_session_timeout={}",
        2 * millis
    );
    if let Some(own) = config.get_options() {
        options.push(' ');
        options.push_str(own);
    }
    config.options(options);
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(budget);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(2 * budget);
    }
    config
}
