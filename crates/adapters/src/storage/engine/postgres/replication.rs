//! What a primary and its replicas say about themselves.

use diesel::{
    QueryableByName,
    pg::data_types::PgLsn as Lsn,
    sql_query,
    sql_types::{BigInt, Bool, Nullable, Oid, PgLsn},
};
use diesel_async::{AsyncConnection, RunQueryDsl};
use futures_util::{FutureExt, future::BoxFuture};

use super::{Conn, stores::health::applied};
use crate::storage::error::Result;

/// What tells databases apart. A replica has it from its primary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Database {
    /// Made up when the server's files were; `None` where asking is not allowed.
    system: Option<i64>,
    /// The number of the database on its server.
    number: u32,
    /// The versions that have been applied to it.
    pub(crate) migrations: Vec<String>,
}

impl Database {
    /// Whether that is the same database, as far as it is known.
    pub(crate) fn may_be(&self, other: &Self) -> bool {
        let same_system = self.system.zip(other.system).is_none_or(|(own, other)| own == other);
        same_system && self.number == other.number
    }
}

/// A primary.
#[derive(Debug)]
pub(crate) struct Primary {
    pub(crate) database: Database,
    /// How far its log is written.
    pub(crate) written: u64,
}

/// A server that should be a replica.
#[derive(Debug)]
pub(crate) struct Replica {
    pub(crate) database: Database,
    /// `None` where it is none.
    pub(crate) progress: Option<Progress>,
}

/// How far a replica has come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Progress {
    /// The log it has got.
    pub(crate) received: u64,
    /// The log it shows.
    pub(crate) replayed: u64,
}

#[derive(QueryableByName)]
struct System {
    #[diesel(sql_type = BigInt)]
    system_identifier: i64,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = Oid)]
    oid: u32,
}

#[derive(QueryableByName)]
struct Written {
    #[diesel(sql_type = PgLsn)]
    written: Lsn,
}

#[derive(QueryableByName)]
struct ReplayState {
    #[diesel(sql_type = Bool)]
    in_recovery: bool,
    #[diesel(sql_type = Nullable<PgLsn>)]
    received: Option<Lsn>,
    #[diesel(sql_type = Nullable<PgLsn>)]
    replayed: Option<Lsn>,
}

/// Asks a primary. One that is in recovery itself fails.
pub(crate) fn primary(conn: &mut Conn) -> BoxFuture<'_, Result<Primary>> {
    async move {
        let database = database(conn).await?;
        let written = sql_query("SELECT pg_current_wal_lsn() AS written");
        let Written { written } = written.get_result(conn).await?;
        Ok(Primary { database, written: written.0 })
    }
    .boxed()
}

/// Asks a replica.
pub(crate) fn replica(conn: &mut Conn) -> BoxFuture<'_, Result<Replica>> {
    async move {
        // Before the migrations: what is shown can't be older than that.
        let state = sql_query(
            "SELECT pg_is_in_recovery() AS in_recovery, pg_last_wal_receive_lsn() AS received, \
             pg_last_wal_replay_lsn() AS replayed",
        );
        let state: ReplayState = state.get_result(conn).await?;
        let replayed = state.replayed.filter(|_| state.in_recovery);
        let progress = replayed.map(|replayed| Progress {
            received: state.received.unwrap_or(replayed).0,
            replayed: replayed.0,
        });
        Ok(Replica { database: database(conn).await?, progress })
    }
    .boxed()
}

async fn database(conn: &mut Conn) -> Result<Database> {
    // Some services keep this function to their administrators. A refusal is to end nothing but
    // what asked for it.
    let asked = conn.transaction(async |conn| {
        let system = sql_query("SELECT system_identifier FROM pg_control_system()");
        system.get_result(conn).await
    });
    let system: Option<System> = asked.await.ok();
    let number = sql_query("SELECT oid FROM pg_database WHERE datname = current_database()");
    let Number { oid } = number.get_result(conn).await?;
    let mut migrations: Vec<_> = applied(conn).await?.into_iter().collect();
    migrations.sort_unstable();
    let system = system.map(|system| system.system_identifier);
    Ok(Database { system, number: oid, migrations })
}
