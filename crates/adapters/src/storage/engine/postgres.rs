//! What is PostgreSQL's own: column types, connections, how transactions begin, locks, the clock.

use std::{sync::Arc, thread, time::Duration};

use diesel::{
    ConnectionError, ConnectionResult, QueryResult,
    connection::{CacheSize, SimpleConnection},
    dsl::sql,
    migration,
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_query,
    sql_types::{Binary, Bool, Nullable, Text, Timestamptz},
};
use diesel_async::{
    AnsiTransactionManager, AsyncConnection, AsyncPgConnection, RunQueryDsl,
    async_connection_wrapper::AsyncConnectionWrapper,
    pooled_connection::{
        AsyncDieselConnectionManager, ManagerConfig, PoolError as BackendError, RecyclingMethod,
        deadpool::PoolError,
    },
};
use futures_util::FutureExt;
use tokio::{runtime::Handle, task::JoinError, time::Instant};

use super::super::{
    columns::SqlTimestamp, error::Result, migrations::Migrating, pooler::Pooler, tls::Connected,
    url::PostgresUrl,
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
        BigInt, Binary, Date as Day, Integer, Nullable, SmallInt, Text, Timestamptz as Instant,
        Uuid as Id,
    };
}

diesel::define_sql_function! {
    /// Where the second begins in the first, from 1 on; 0 where it is no part of it.
    #[sql_name = "pg_catalog.position"]
    fn position_of_bytes(text: Nullable<Binary>, part: Nullable<Binary>) -> Nullable<Integer>;
}

diesel::define_sql_function! {
    /// The bytes of a text.
    fn convert_to(text: Nullable<Text>, encoding: Text) -> Nullable<Binary>;
}

/// Where a text begins in another, from 1 on; 0 where it is no part of it. Bytes are looked for: what
/// looks for characters compares from the end, one by one, and so takes the product of both lengths
/// for a text of one letter.
macro_rules! position_in {
    ($text:expr, $part:expr) => {
        crate::storage::engine::postgres::position_of_bytes(
            crate::storage::engine::postgres::convert_to(
                $text,
                diesel::dsl::sql::<diesel::sql_types::Text>("'UTF8'"),
            ),
            String::into_bytes($part),
        )
    };
}

/// Whether a row was folded by a lower version than this one, or not at all: `2` is
/// `FoldedText::VERSION`, and higher versions, up to 8, are left alone. A test compares the two. The
/// indexes `…_by_folding` are of just these rows.
pub(crate) const TO_FOLD: &str = "coalesce(ascii(search_text), 0) NOT BETWEEN 2 AND 8";

/// Locks the rows a query selects until the transaction ends, against everyone but readers.
macro_rules! for_update {
    ($query:expr) => {
        $query.for_no_key_update()
    };
}

/// Locks the rows a query selects to delete them, without those that others hold.
macro_rules! for_update_skip_locked {
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

/// How units of work begin: what a session does not keep is said in each of their transactions.
#[derive(Debug, Clone)]
pub(crate) struct Beginning {
    /// Statements to go after BEGIN.
    settings: String,
    /// Whether there is nothing outside transactions.
    is_always_transaction: bool,
}

impl Beginning {
    /// For connections to this server, whose statements take no longer than this.
    pub(crate) fn of(url: &PostgresUrl, budget: Duration) -> Self {
        let is_always_transaction = url.pooler == Some(Pooler::Transaction);
        let settings =
            if is_always_transaction { timeouts(budget, "; SET LOCAL ") } else { String::new() };
        Self { settings, is_always_transaction }
    }

    /// Whether one statement alone has to be a transaction, too.
    pub(crate) const fn is_always_transaction(&self) -> bool {
        self.is_always_transaction
    }

    /// Whether what is written would be found again: a server sees to that.
    pub(crate) fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Begins a transaction that sees, statement by statement, what others have committed. Rows it
    /// has locked are therefore as the last writer left them.
    pub(crate) async fn write(&self, conn: &mut Conn) -> Result<()> {
        self.begin(conn, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE").await
    }

    /// Begins a transaction in which all statements see the same state.
    pub(crate) async fn read(&self, conn: &mut Conn) -> Result<()> {
        self.begin(conn, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
    }

    async fn begin(&self, conn: &mut Conn, begin: &str) -> Result<()> {
        let sql = format!("{begin}{}", self.settings);
        Ok(AnsiTransactionManager::begin_transaction_sql(conn, &sql).await?)
    }
}

/// Does work whose statements end at its deadline, as the server sees to.
pub(crate) fn until<F: Future>(_: Instant, work: F) -> F {
    work
}

/// Does the statements of a unit of work, which wait for the server without a thread of their own.
pub(crate) async fn do_statements<F: Future>(work: F) -> Result<F::Output, JoinError> {
    Ok(work.await)
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
    let url = Arc::new(bounded(url, budget));
    let mut config = ManagerConfig::<Conn>::default();
    config.recycling_method = RecyclingMethod::Fast;
    config.custom_setup = Box::new(move |_| {
        let url = Arc::clone(&url);
        async move { connect(&url, Some(budget)).await }.boxed()
    });
    AsyncDieselConnectionManager::new_with_config("", config)
}

/// Opens one connection, to a server whose statements take no longer than this.
async fn connect(url: &PostgresUrl, budget: Option<Duration>) -> ConnectionResult<Conn> {
    let opened = url.tls.connect(&url.config).await;
    let Connected { client, mut connection, .. } =
        opened.map_err(|error| ConnectionError::BadConnection(error.to_string()))?;
    if url.pooler == Some(Pooler::Transaction) {
        // Diesel prepares the statements that it greets a server with, and what is prepared is
        // gone with the transaction.
        tokio::select! {
            begun = client.batch_execute("BEGIN") => begun,
            ended = &mut connection => ended,
        }
        .map_err(|error| ConnectionError::BadConnection(error.to_string()))?;
    }
    let mut conn = AsyncPgConnection::try_from_client_and_connection(client, connection).await?;
    let settled = match (url.pooler, budget) {
        (Some(Pooler::Transaction), _) => {
            use diesel_async::SimpleAsyncConnection as _;
            // What is not kept is closed before the transaction ends.
            conn.set_prepared_statement_cache_size(CacheSize::Disabled);
            conn.batch_execute("ROLLBACK").await
        }
        (Some(Pooler::Session), Some(budget)) => set_timeouts(&mut conn, budget).await,
        (Some(Pooler::Session), None) | (None, _) => Ok(()),
    };
    settled.map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(conn)
}

/// Opens one connection for statements that take no longer than this.
pub(crate) async fn connect_within(url: &PostgresUrl, budget: Duration) -> Result<Conn> {
    let conn = connect(&bounded(url, budget), Some(budget)).await;
    Ok(conn.map_err(|error| PoolError::Backend(BackendError::ConnectionError(error)))?)
}

/// How often somebody who waits to migrate looks whether others have done.
const LOCK_INTERVAL: Duration = Duration::from_millis(50);

/// The lock is the session's, and so are the limits.
const MIGRATED_THROUGH_TRANSACTIONS: &str = "migrations can't go through a pooler with \
    ?pooler=transaction; set DATABASE_URL to the server itself for `chatbot-api migrate`";

/// Runs something on a connection of its own, alone among those who migrate. To be called where
/// blocking is allowed.
#[expect(clippy::disallowed_methods, reason = "it runs on a thread that may wait")]
pub(crate) fn migrate<R>(
    url: &PostgresUrl,
    timeout: Duration,
    work: impl FnOnce(&mut AsyncConnectionWrapper<Conn>) -> migration::Result<R>,
) -> migration::Result<R> {
    if url.pooler == Some(Pooler::Transaction) {
        return Err(MIGRATED_THROUGH_TRANSACTIONS.into());
    }
    let mut url = url.clone();
    if url.config.get_connect_timeout().is_none() {
        url.config.connect_timeout(timeout);
    }
    let conn = Handle::current().block_on(connect(&url, None))?;
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
fn bounded(url: &PostgresUrl, budget: Duration) -> PostgresUrl {
    let mut url = url.clone();
    let config = &mut url.config;
    // A pooler takes no options: sessions or transactions are set.
    if url.pooler.is_none() {
        let own = config.get_options().map(|own| format!(" {own}")).unwrap_or_default();
        config.options(timeouts(budget, " -c ").replace(" = ", "=") + &own);
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(budget);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(2 * budget);
    }
    url
}

/// Bounds every statement of a session, as [`timeouts`] does.
async fn set_timeouts(conn: &mut Conn, budget: Duration) -> QueryResult<()> {
    let millis = budget.as_millis().max(1);
    sql_query(
        "SELECT set_config('statement_timeout', $1, false), set_config('lock_timeout', $1, false), \
         set_config('idle_in_transaction_session_timeout', $2, false)",
    )
    .bind::<Text, _>(millis.to_string())
    .bind::<Text, _>((2 * millis).to_string())
    .execute(conn)
    .await
    .map(drop)
}

/// What a server is to give up, as settings in milliseconds with this before each.
fn timeouts(budget: Duration, before: &str) -> String {
    let millis = budget.as_millis().max(1);
    format!(
        "{before}statement_timeout = {millis}{before}lock_timeout = {millis}\
         {before}idle_in_transaction_session_timeout = {}",
        2 * millis
    )
}
