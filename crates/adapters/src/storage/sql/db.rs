//! The only door to the database: a connection, a transaction, a time budget.

use std::{fs::File, sync::Arc, time::Duration};

use diesel_async::{
    AsyncConnection, TransactionManager,
    pooled_connection::{AsyncDieselConnectionManager, deadpool::Object},
};
use futures_util::future::BoxFuture;
use todo_domain::ports::{StoreError, StoreErrorKind};
use tokio::{
    runtime::Handle,
    time::{Instant, timeout_at},
};
use tracing::Instrument;

use super::{Conn, SYSTEM_NAME, begin_read, begin_write};
use crate::storage::{
    error::{Failure, Result},
    pool::{PoolStatus, WatchedPool},
    trace,
    unit_record::{UnitRecord, UnitRecords},
};

/// Connections to be shared.
type Pool = WatchedPool<AsyncDieselConnectionManager<Conn>>;

/// A unit of work within a transaction.
pub(super) type Work<'c, R> = BoxFuture<'c, Result<R>>;

/// How many budgets after its beginning a unit of work loses its connection: long after the
/// server should have given up on it by itself.
const WATCHDOG_BUDGETS: u32 = 3;

/// A database, to be asked through the ports that it implements.
pub(crate) struct Db {
    /// Connections that may write.
    pub(crate) writers: Arc<Pool>,
    /// Connections for reading only; `None` where the writers read, too.
    pub(crate) readers: Option<Arc<Pool>>,
    /// What one unit of work may take, waiting for a connection included.
    pub(crate) budget: Duration,
    /// What units of work leave in metrics and log.
    pub(crate) records: UnitRecords,
    /// Where units of work run.
    pub(crate) runtime: Handle,
    /// Keeps other processes out for as long as this lives.
    pub(crate) _lock: Option<File>,
}

#[derive(Clone, Copy)]
enum Access {
    Read,
    Write,
}

impl Db {
    /// Reads, all from one state of the database.
    pub(super) async fn read<R, F>(&self, operation: &'static str, work: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn) -> Work<'c, R> + Send + 'static,
    {
        self.run(Access::Read, operation, work).await
    }

    /// Reads and writes, all or nothing.
    pub(super) async fn write<R, F>(
        &self,
        operation: &'static str,
        work: F,
    ) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn) -> Work<'c, R> + Send + 'static,
    {
        self.run(Access::Write, operation, work).await
    }

    /// How busy the connections are.
    pub(crate) fn status(&self) -> PoolStatus {
        let writers = self.writers.status();
        self.readers.as_ref().map_or(writers, |readers| writers + readers.status())
    }

    /// Hands out no connection any more and closes those that are not in use.
    pub(crate) fn close(&self) {
        self.writers.close();
        if let Some(readers) = &self.readers {
            readers.close();
        }
    }

    /// Runs a unit of work as a task of its own, so that a caller that goes away, for whatever
    /// reason, can't drop a transaction half-way and leave its locks behind. A caller waits for
    /// one budget; a transaction that is later than that is not committed.
    async fn run<R, F>(
        &self,
        access: Access,
        operation: &'static str,
        work: F,
    ) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn) -> Work<'c, R> + Send + 'static,
    {
        let pool = Arc::clone(match access {
            Access::Read => self.readers.as_ref().unwrap_or(&self.writers),
            Access::Write => &self.writers,
        });
        let mut record = self.records.of(operation);
        let start = Instant::now();
        let deadline = start + self.budget;
        let watchdog = start + WATCHDOG_BUDGETS * self.budget;
        let transaction = async move |record: &mut UnitRecord| {
            let mut conn = begin(&pool, access, deadline, record).await?;
            match timeout_at(watchdog, transact(&mut conn, deadline, work)).await {
                Ok(result) => result,
                Err(_) => {
                    // Nobody knows what became of it. Dropped for good, it closes its socket and
                    // frees its place in the pool.
                    drop(Object::take(conn));
                    Err(Failure::OutOfTime)
                }
            }
        };
        let trace = trace::unit_of_work(SYSTEM_NAME, operation);
        let traced = trace.clone();
        let task = async move {
            let result = transaction(&mut record).await;
            record.ended(&result);
            if let Err(failure) = &result {
                trace::fail(&traced, failure.kind());
            }
            match &result {
                Err(failure) if Instant::now() < deadline => report(failure, operation),
                // Its caller has reported by now that time ran out.
                Err(late) => tracing::warn!(operation, error = late.chain(), "Late database error"),
                Ok(_) => {}
            }
            result
        };
        // The caller's span names the request, the inner one the operation.
        let span = tracing::debug_span!("db", operation);
        let task = task.instrument(span).instrument(trace);
        let task = self.runtime.spawn(task.in_current_span());
        match timeout_at(deadline, task).await {
            Ok(Ok(result)) => Ok(result?),
            Ok(Err(lost)) => {
                let failure = Failure::from(lost);
                self.records.lost(operation, failure.kind().as_str());
                Err(reported(failure, operation))
            }
            Err(_) => Err(reported(Failure::OutOfTime, operation)),
        }
    }
}

fn reported(failure: Failure, operation: &'static str) -> StoreError {
    report(&failure, operation);
    failure.into()
}

fn report(failure: &Failure, operation: &'static str) {
    tracing::error!(operation, kind = ?failure.kind(), error = failure.chain(), "Database error");
}

/// Takes a connection from the pool and begins a transaction on it.
///
/// A connection that has lain in the pool may have been closed by the server meanwhile. If that
/// shows now, before any work was begun, the next one is tried, and a new one at last.
async fn begin(
    pool: &Pool,
    access: Access,
    deadline: Instant,
    record: &mut UnitRecord,
) -> Result<Object<Conn>> {
    loop {
        let mut conn = pool.get(deadline).await?;
        record.connected();
        let begun = timeout_at(deadline, async {
            match access {
                Access::Read => begin_read(&mut conn).await,
                Access::Write => begin_write(&mut conn).await,
            }
        });
        let failure = match begun.await {
            Ok(Ok(())) => return Ok(conn),
            Ok(Err(error)) => Failure::from(error),
            Err(_) => Failure::OutOfTime,
        };
        let used_before = Object::metrics(&conn).recycle_count > 0;
        drop(Object::take(conn));
        if !used_before || failure.kind() != StoreErrorKind::Unavailable {
            return Err(failure);
        }
    }
}

/// Does the work of a transaction that has begun, and ends it.
async fn transact<R, F>(conn: &mut Conn, deadline: Instant, work: F) -> Result<R>
where
    F: for<'c> FnOnce(&'c mut Conn) -> Work<'c, R>,
{
    type Transactions = <Conn as AsyncConnection>::TransactionManager;

    let result = match work(conn).await {
        // Its caller has been told that it failed.
        Ok(_) if Instant::now() >= deadline => Err(Failure::OutOfTime),
        result => result,
    };
    match result {
        Ok(result) => {
            Transactions::commit_transaction(conn).await?;
            Ok(result)
        }
        Err(failure) => {
            // Whether or not it works, the failure is what matters: a connection amid a
            // transaction does not go back into the pool.
            let _ = Transactions::rollback_transaction(conn).await;
            Err(failure)
        }
    }
}
