//! What is SQLite's own: column types, connections, how transactions begin, locks, the clock.

use diesel::{
    Connection, ConnectionError, ConnectionResult, ExpressionMethods, QueryDsl, QueryResult,
    QueryableByName, SqliteConnection,
    connection::{AnsiTransactionManager, SimpleConnection},
    dsl::sql,
    sql_query,
    sql_types::{BigInt, Bool, Nullable, Text},
};
use diesel_async::{
    RunQueryDsl,
    pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod},
    sync_connection_wrapper::SyncConnectionWrapper,
};
use futures_util::FutureExt;
use todo_domain::TurnStatus;

use super::super::{
    columns::SqlTimestamp,
    error::{Failure, Result},
    file::FileIdentity,
};
use interrupt::{OnThisThread, watch_connections};
pub(crate) use interrupt::{do_statements, until};

/// A connection.
pub(crate) type Conn = SyncConnectionWrapper<SqliteConnection, OnThisThread>;
/// What OpenTelemetry calls the engine.
pub(crate) const SYSTEM_NAME: &str = "sqlite";
/// The dialect.
pub(crate) type Backend = diesel::sqlite::Sqlite;

/// The column types that are not the same everywhere.
pub(crate) mod column {
    pub(crate) use diesel::sql_types::{
        BigInt, BigInt as Instant, Binary, Binary as Id, Integer, Nullable, SmallInt, Text,
        Text as Day,
    };
}

diesel::define_sql_function! {
    /// Where the second begins in the first, from 1 on; 0 where it is no part of it.
    fn instr(text: Nullable<Text>, part: Nullable<Text>) -> Nullable<Integer>;
}

/// Where a text begins in another, from 1 on; 0 where it is no part of it.
macro_rules! position_in {
    ($text:expr, $part:expr) => {
        crate::storage::engine::sqlite::instr($text, $part)
    };
}

/// Whether a row was folded by a lower version than this one, or not at all: `2` is
/// `FoldedText::VERSION`, and higher versions, up to 8, are left alone. A test compares the two. The
/// indexes `…_by_folding` are of just these rows.
pub(crate) const TO_FOLD: &str = "coalesce(unicode(search_text), 0) NOT BETWEEN 2 AND 8";

/// A writing transaction holds the whole database from its beginning.
macro_rules! for_update {
    ($query:expr) => {
        $query
    };
}

/// Nobody else holds a row in such a transaction.
macro_rules! for_update_skip_locked {
    ($query:expr) => {
        $query
    };
}

/// Inserts rows one by one: nothing travels, so nothing is gained by a longer statement.
macro_rules! insert_all {
    ($conn:expr, $table:expr, $rows:expr) => {
        async {
            for row in &$rows {
                diesel::insert_into($table).values(row).execute($conn).await?;
            }
            diesel::QueryResult::Ok(())
        }
        .await
    };
}

mod interrupt;
#[path = "../sql/stores.rs"]
pub(crate) mod stores;

use stores::schema::{turns, users};

/// How many connections read at once. There is one more that writes: SQLite has one writer at a
/// time, and those who wait for a pooled connection are served in order.
pub(crate) const READERS: usize = 4;

/// How units of work begin: on the file that was opened, and no other.
#[derive(Debug, Clone)]
pub(crate) struct Beginning(pub(crate) FileIdentity);

impl Beginning {
    /// Whether one statement alone has to be a transaction, too.
    pub(crate) const fn is_always_transaction(&self) -> bool {
        false
    }

    /// Whether what is written would be found again.
    pub(crate) fn check(&self) -> Result<()> {
        if self.0.is_in_place() { Ok(()) } else { Err(Failure::FileGone) }
    }

    /// Begins a transaction that holds the one write lock from the start.
    pub(crate) async fn write(&self, conn: &mut Conn) -> Result<()> {
        self.check()?;
        Ok(begin(conn, "BEGIN IMMEDIATE").await?)
    }

    /// Begins a transaction in which all statements see the same state.
    pub(crate) async fn read(&self, conn: &mut Conn) -> Result<()> {
        Ok(begin(conn, "BEGIN DEFERRED").await?)
    }
}

async fn begin(conn: &mut Conn, sql: &'static str) -> QueryResult<()> {
    conn.spawn_blocking(move |conn| AnsiTransactionManager::begin_transaction_sql(conn, sql)).await
}

/// SQLite's clock, which is the machine's, in microseconds since 1970.
const CLOCK: &str = "CAST(unixepoch('subsec') * 1000000 AS INTEGER)";

/// The database's clock at this moment.
pub(crate) async fn database_now(conn: &mut Conn) -> QueryResult<SqlTimestamp> {
    diesel::select(sql::<BigInt>(CLOCK)).get_result(conn).await
}

/// Whether any migration has ever been applied.
const HAS_MIGRATION_TABLE: &str =
    "EXISTS (SELECT 1 FROM sqlite_schema WHERE name = '__diesel_schema_migrations')";

/// Whether any migration has ever been applied.
pub(crate) async fn has_migration_table(conn: &mut Conn) -> QueryResult<bool> {
    diesel::select(sql::<Bool>(HAS_MIGRATION_TABLE)).get_result(conn).await
}

/// Makes connections to a database file that is there: SQLite would make another.
pub(crate) fn manager(file: &str, identity: FileIdentity) -> AsyncDieselConnectionManager<Conn> {
    let mut config = ManagerConfig::<Conn>::default();
    config.recycling_method = RecyclingMethod::Fast;
    config.custom_setup = Box::new(move |file| {
        let (file, identity) = (file.to_owned(), identity.clone());
        async move {
            let open = tokio::task::spawn_blocking(move || {
                if !identity.is_in_place() {
                    return Err(ConnectionError::BadConnection(Failure::FileGone.to_string()));
                }
                connect(&file)
            });
            let open = open.await;
            let open = open.map_err(|error| ConnectionError::BadConnection(error.to_string()))?;
            open.map(SyncConnectionWrapper::new)
        }
        .boxed()
    });
    AsyncDieselConnectionManager::new_with_config(file, config)
}

/// Opens one connection.
///
/// With a write-ahead log readers and the writer don't wait for each other. `synchronous = NORMAL`
/// then survives the death of the process at any moment; a power cut may take the last commits
/// along but never damages the file. The busy timeout is for other programs on the same file, such
/// as a backup.
pub(crate) fn connect(file: &str) -> ConnectionResult<SqliteConnection> {
    watch_connections();
    let mut conn = SqliteConnection::establish(file)?;
    conn.batch_execute(
        "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; \
         PRAGMA foreign_keys = ON;",
    )
    .map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(conn)
}

/// The first thing that is wrong with a file, if anything is.
pub(crate) fn damage(file: &str) -> Option<String> {
    #[derive(QueryableByName)]
    struct Finding {
        #[diesel(sql_type = Text)]
        quick_check: String,
    }
    let mut conn = match connect(file) {
        Ok(conn) => conn,
        Err(error) => return Some(error.to_string()),
    };
    let found = diesel::RunQueryDsl::get_result(sql_query("PRAGMA quick_check(1)"), &mut conn);
    match found {
        Ok(Finding { quick_check }) => (quick_check != "ok").then_some(quick_check),
        Err(error) => Some(error.to_string()),
    }
}

/// Closes the turns that a former process left running.
pub(crate) fn interrupt_leftovers(conn: &mut SqliteConnection) -> QueryResult<usize> {
    let left = turns::table.filter(turns::status.eq(TurnStatus::Running.as_str()));
    let interrupted = (
        turns::status.eq(TurnStatus::Interrupted.as_str()),
        turns::finished_at.eq(sql::<Nullable<BigInt>>(CLOCK)),
    );
    diesel::RunQueryDsl::execute(diesel::update(left).set(interrupted), conn)
}

/// Ends the leases of the imports that a former process left unfinished.
pub(crate) fn end_leases_of_imports(conn: &mut SqliteConnection) -> QueryResult<usize> {
    let left = users::table.filter(users::import_lease_until.is_not_null());
    let over = users::import_lease_until.eq(sql::<Nullable<BigInt>>("0"));
    diesel::RunQueryDsl::execute(diesel::update(left).set(over), conn)
}
