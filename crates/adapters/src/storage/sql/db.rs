//! The only door to the database: a connection, a transaction, a time budget.

use std::{fs::File, sync::Arc, time::Duration};

use diesel_async::{
    AsyncConnection, TransactionManager,
    pooled_connection::{AsyncDieselConnectionManager, deadpool::Object},
};
use futures_util::{FutureExt, future::BoxFuture};
use todo_domain::{
    UserId, UserLimits,
    ports::{PoolStatus, StoreError, StoreErrorKind},
};
use todo_metrics::ReadTarget;
use tokio::{
    runtime::Handle,
    time::{Instant, timeout_at},
};
use tracing::Instrument;

use super::{Beginning, Conn, SYSTEM_NAME, do_statements, until};
use crate::{
    ConversationCache,
    storage::{
        database::WATCHDOG_BUDGETS,
        error::{Failure, Result, Suspicion},
        observers::{WriteObservers, Written},
        pool::WatchedPool,
        replica::{Freshness, Routing},
        searches::{SearchPermit, Searches},
        space::Space,
        trace,
        unit_telemetry::{UnitObserver, UnitTelemetry},
    },
};

/// Connections to be shared.
pub(crate) type Pool = WatchedPool<AsyncDieselConnectionManager<Conn>>;

/// What a unit of work may take in all that writes everything of a user's, or removes it: that may
/// be more than a hundred thousand rows.
const BULK_BUDGET: Duration = Duration::from_secs(180);

/// The statements of a unit of work, as they run.
pub(super) type Work<'c, R> = BoxFuture<'c, Result<R>>;

/// A unit of work: statements on a connection that is lent to it.
pub(super) trait UnitOfWork<R>:
    for<'c> FnOnce(&'c mut Conn) -> Work<'c, R> + Send + 'static
{
}

impl<R, F> UnitOfWork<R> for F where F: for<'c> FnOnce(&'c mut Conn) -> Work<'c, R> + Send + 'static {}

/// A database, to be asked through the ports that it implements.
pub(crate) struct Db {
    /// Connections that may write.
    pub(crate) writers: Arc<Pool>,
    /// Connections for reading only; `None` where the writers read, too.
    pub(crate) readers: Option<Arc<Pool>>,
    /// How units of work begin there.
    pub(crate) beginning: Beginning,
    /// What one unit of work may take, waiting for a connection included.
    pub(crate) budget: Duration,
    /// How much one user may keep.
    pub(crate) user_limits: UserLimits,
    /// Who searches.
    pub(crate) searches: Searches,
    /// Whether there is room on its disk.
    pub(crate) space: Space,
    /// What units of work leave in metrics and log.
    pub(crate) records: UnitObserver,
    /// Where units of work run.
    pub(crate) runtime: Handle,
    /// A copy that takes reads off the others.
    pub(crate) replica: Option<Replica>,
    /// Who is notified of writes.
    pub(crate) observers: WriteObservers,
    /// Answers lists of conversations from memory, if any does.
    pub(crate) conversation_cache: Option<ConversationCache>,
    /// Keeps other processes out for as long as this lives.
    pub(crate) _lock: Option<File>,
}

/// A copy of the database.
pub(crate) struct Replica {
    /// Connections to it.
    pub(crate) pool: Arc<Pool>,
    /// How units of work begin there.
    pub(crate) beginning: Beginning,
    /// What may be read there.
    pub(crate) routing: Arc<Routing>,
}

/// How much a unit of work reads.
#[derive(Clone, Copy)]
enum Extent {
    /// One statement: alone it sees one state of the database without a transaction.
    Statement,
    /// Several, all from one state of the database.
    Snapshot,
}

/// When a unit of work has to be over.
#[derive(Clone, Copy)]
struct Limits {
    /// Its caller waits no longer.
    deadline: Instant,
    /// It loses its connection.
    watchdog: Instant,
}

impl Limits {
    fn is_over(&self) -> bool {
        Instant::now() >= self.deadline
    }

    fn of(start: Instant, budget: Duration) -> Self {
        Self { deadline: start + budget, watchdog: start + WATCHDOG_BUDGETS * budget }
    }
}

impl Db {
    /// Reads with one statement, which costs one round trip to the database instead of three.
    /// Where the work is several statements after all, each sees what is committed by then.
    pub(super) async fn select<R: Send + 'static>(
        &self,
        operation: &'static str,
        freshness: Freshness,
        work: impl UnitOfWork<R> + Clone,
    ) -> Result<R, StoreError> {
        self.run_read(operation, freshness, Extent::Statement, Instant::now(), work).await
    }

    /// Reads with several statements, all from one state of the database.
    pub(super) async fn read<R: Send + 'static>(
        &self,
        operation: &'static str,
        freshness: Freshness,
        work: impl UnitOfWork<R> + Clone,
    ) -> Result<R, StoreError> {
        self.read_since(Instant::now(), operation, freshness, work).await
    }

    /// The same as a part of what began earlier, whose time it shares.
    pub(super) async fn read_since<R: Send + 'static>(
        &self,
        start: Instant,
        operation: &'static str,
        freshness: Freshness,
        work: impl UnitOfWork<R> + Clone,
    ) -> Result<R, StoreError> {
        self.run_read(operation, freshness, Extent::Snapshot, start, work).await
    }

    /// Reads what it takes a look at everything of a user's to find, once at a time for each user.
    /// Waiting for that counts.
    pub(super) async fn search<R: Send + 'static>(
        &self,
        operation: &'static str,
        user: UserId,
        freshness: Freshness,
        work: impl UnitOfWork<R> + Clone,
    ) -> Result<R, StoreError> {
        let start = Instant::now();
        let permit = self.may_search(operation, user, start).await?;
        self.run_read(operation, freshness, Extent::Snapshot, start, move |conn| {
            SearchPermit::keep(Some(permit), work(conn)).boxed()
        })
        .await
    }

    /// Waits for the user's earlier searches, in order. Whoever waits in vain is alone to blame, so
    /// that no operator is notified.
    pub(super) async fn may_search(
        &self,
        operation: &'static str,
        user: UserId,
        start: Instant,
    ) -> Result<SearchPermit, StoreError> {
        let permit = self.searches.enter(user, start + self.budget).await;
        permit.map_err(|failure| {
            tracing::debug!(operation, error = failure.chain(), "A search was not begun");
            failure.into()
        })
    }

    /// Reads and writes, all or nothing.
    pub(super) async fn write<R: Send + 'static>(
        &self,
        operation: &'static str,
        written: Written,
        work: impl UnitOfWork<R>,
    ) -> Result<R, StoreError> {
        self.write_since(Instant::now(), operation, written, work).await
    }

    /// The same as a part of what began earlier, whose time it shares.
    pub(super) async fn write_since<R: Send + 'static>(
        &self,
        start: Instant,
        operation: &'static str,
        written: Written,
        work: impl UnitOfWork<R>,
    ) -> Result<R, StoreError> {
        self.write_within(operation, written, Limits::of(start, self.budget), work).await
    }

    /// The same where there may be much to write, with more time in all. Each statement has the
    /// usual one.
    pub(super) async fn write_bulk<R: Send + 'static>(
        &self,
        operation: &'static str,
        written: Written,
        work: impl UnitOfWork<R>,
    ) -> Result<R, StoreError> {
        let limits = Limits::of(Instant::now(), BULK_BUDGET.max(self.budget));
        self.write_within(operation, written, limits, work).await
    }

    async fn write_within<R: Send + 'static>(
        &self,
        operation: &'static str,
        written: Written,
        limits: Limits,
        work: impl UnitOfWork<R>,
    ) -> Result<R, StoreError> {
        let (pool, mut record) = (Arc::clone(&self.writers), self.records.of(operation));
        let (observers, beginning) = (self.observers.clone(), self.beginning.clone());
        let unit = async move {
            let result = write(&pool, &beginning, limits, &mut record, work).await;
            record.ended(&result);
            observers.tell(written, result.is_ok()).await;
            result
        };
        let result = self.run(operation, limits.deadline, unit, report).await;
        match &result {
            Ok(_) => self.space.wrote(false),
            Err(failure) if failure.kind() == StoreErrorKind::StorageFull => self.space.wrote(true),
            Err(_) => {}
        }
        Ok(result?)
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
        if let Some(replica) = &self.replica {
            replica.pool.close();
        }
    }

    /// Reads from the replica if that is fresh enough. What it does not tell in half of the time
    /// is asked of the primary in the other.
    async fn run_read<R: Send + 'static>(
        &self,
        operation: &'static str,
        freshness: Freshness,
        extent: Extent,
        start: Instant,
        work: impl UnitOfWork<R> + Clone,
    ) -> Result<R, StoreError> {
        if let Some(Replica { pool, beginning, routing }) = &self.replica {
            if routing.allows(freshness).await {
                let limits = Limits::of(start, self.budget / 2);
                let unit = self.reading(operation, (pool, beginning), extent, limits, work.clone());
                match self.run(operation, limits.deadline, unit, report_replica).await {
                    Ok(found) => {
                        routing.answered(ReadTarget::Replica);
                        return Ok(found);
                    }
                    Err(failure) => routing.failed(&failure),
                }
            }
            routing.answered(ReadTarget::Primary);
        }
        let limits = Limits::of(start, self.budget);
        let pool = self.readers.as_ref().unwrap_or(&self.writers);
        let unit = self.reading(operation, (pool, &self.beginning), extent, limits, work);
        Ok(self.run(operation, limits.deadline, unit, report).await?)
    }

    fn reading<R: Send + 'static, F: UnitOfWork<R> + Clone>(
        &self,
        operation: &'static str,
        (pool, beginning): (&Arc<Pool>, &Beginning),
        extent: Extent,
        limits: Limits,
        work: F,
    ) -> impl Future<Output = Result<R>> + Send + use<R, F> {
        let (pool, mut record) = (Arc::clone(pool), self.records.of(operation));
        let beginning = beginning.clone();
        async move {
            let result = read(&pool, &beginning, extent, limits, &mut record, work).await;
            record.ended(&result);
            result
        }
    }

    /// Runs a unit of work as a task of its own, so that a caller that goes away, for whatever
    /// reason, can't drop a transaction half-way and leave its locks behind. A caller waits until
    /// the deadline; a transaction that is later than that is not committed.
    async fn run<R: Send + 'static>(
        &self,
        operation: &'static str,
        deadline: Instant,
        unit: impl Future<Output = Result<R>> + Send + 'static,
        report: fn(&Failure, Lateness, &'static str),
    ) -> Result<R> {
        let trace = trace::unit_of_work(SYSTEM_NAME, operation);
        let traced = trace.clone();
        let task = async move {
            let result = unit.await;
            if let Err(failure) = &result {
                trace::fail(&traced, failure.kind());
                // The caller of a late one has reported by now that time ran out.
                let late = Instant::now() >= deadline;
                report(failure, if late { Lateness::Late } else { Lateness::InTime }, operation);
            }
            result
        };
        let task = until(deadline, task);
        // The caller's span names the request, the inner one the operation.
        let span = tracing::debug_span!("db", operation);
        let task = task.instrument(span).instrument(trace);
        let task = self.runtime.spawn(task.in_current_span());
        let failure = match timeout_at(deadline, task).await {
            Ok(Ok(result)) => return result,
            Ok(Err(lost)) => {
                let failure = Failure::from(lost);
                self.records.lost(operation, failure.kind().as_str());
                failure
            }
            Err(_) => Failure::OutOfTime,
        };
        report(&failure, Lateness::InTime, operation);
        Err(failure)
    }
}

/// Whether somebody still waited for what failed.
#[derive(Clone, Copy)]
enum Lateness {
    InTime,
    Late,
}

fn report(failure: &Failure, lateness: Lateness, operation: &'static str) {
    let (kind, error) = (failure.kind(), failure.chain());
    match lateness {
        // Somebody whose account has just been deleted, or takes an import in: nothing is wrong with
        // the database.
        _ if matches!(kind, StoreErrorKind::NoUser | StoreErrorKind::Importing) => {
            tracing::debug!(operation, error, "A write was refused");
        }
        Lateness::InTime => tracing::error!(operation, ?kind, error, "Database error"),
        Lateness::Late => tracing::warn!(operation, error, "Late database error"),
    }
}

/// Nothing is lost: the primary is asked next. Whether the replica is left says the log once.
fn report_replica(failure: &Failure, _: Lateness, operation: &'static str) {
    tracing::debug!(operation, error = failure.chain(), "A read from the replica failed");
}

/// Reads on a connection of the pool, without a transaction or within one.
///
/// A connection that has lain in the pool may have been closed by the server meanwhile. Reading changes
/// nothing, so that whatever was read on it is read again on the next one, and on a new one at last. Or
/// it may know statements that no longer fit the tables. What may be so is read again once, on a new
/// connection instead: the others are left alone.
async fn read<R: Send + 'static>(
    pool: &Pool,
    beginning: &Beginning,
    extent: Extent,
    limits: Limits,
    record: &mut UnitTelemetry,
    work: impl UnitOfWork<R> + Clone,
) -> Result<R> {
    let mut conn = pool.get(limits.deadline).await?;
    let mut is_replaced = false;
    loop {
        record.connected();
        let (work, beginning) = (work.clone(), beginning.clone());
        let statements = async move {
            let reading = async {
                match extent {
                    Extent::Statement if !beginning.is_always_transaction() => {
                        work(&mut conn).await
                    }
                    Extent::Statement | Extent::Snapshot => {
                        beginning.read(&mut conn).await?;
                        transact(&mut conn, limits.deadline, work).await
                    }
                }
            };
            let result = timeout_at(limits.watchdog, reading).await;
            (conn, result)
        };
        let (used, result) = do_statements(statements.in_current_span()).await?;
        conn = used;
        let failure = match result {
            Ok(Err(failure)) if !is_replaced && !limits.is_over() => failure,
            Ok(result) => return result,
            Err(_) => return Err(abandon(conn)),
        };
        match suspicion(&conn, &failure) {
            Suspicion::None => return Err(failure),
            Suspicion::Lost => {
                drop(Object::take(conn));
                conn = pool.get(limits.deadline).await?;
            }
            Suspicion::Statements => {
                pool.replace(&mut conn, limits.deadline).await?;
                is_replaced = true;
            }
        }
    }
}

/// Writes in a transaction on a connection of the pool. Only as long as no work was begun may
/// another connection replace one that the server has closed meanwhile.
async fn write<R: Send + 'static>(
    pool: &Pool,
    beginning: &Beginning,
    limits: Limits,
    record: &mut UnitTelemetry,
    work: impl UnitOfWork<R>,
) -> Result<R> {
    let mut work = work;
    loop {
        let conn = pool.get(limits.deadline).await?;
        record.connected();
        let writing = write_on(conn, beginning.clone(), limits, work);
        match do_statements(writing.in_current_span()).await? {
            Ok(result) => return result,
            Err(unused) => work = unused,
        }
    }
}

/// Writes in a transaction on a connection; gives the work back where the connection is closed, and
/// another may do it.
async fn write_on<R, W: UnitOfWork<R>>(
    mut conn: Object<Conn>,
    beginning: Beginning,
    limits: Limits,
    work: W,
) -> Result<Result<R>, W> {
    let failure = match timeout_at(limits.deadline, beginning.write(&mut conn)).await {
        Ok(Ok(())) => None,
        Ok(Err(failure)) => Some(failure),
        Err(_) => Some(Failure::OutOfTime),
    };
    if let Some(failure) = failure {
        let suspicion = suspicion(&conn, &failure);
        drop(Object::take(conn));
        return if suspicion == Suspicion::None { Ok(Err(failure)) } else { Err(work) };
    }
    Ok(match timeout_at(limits.watchdog, transact(&mut conn, limits.deadline, work)).await {
        Ok(Err(failure)) if suspicion(&conn, &failure) != Suspicion::None => {
            drop(Object::take(conn));
            Err(failure)
        }
        Ok(result) => result,
        Err(_) => Err(abandon(conn)),
    })
}

/// Whether a failure may come from what the connection has been through: a new one has been through
/// nothing.
fn suspicion(conn: &Object<Conn>, failure: &Failure) -> Suspicion {
    let is_new = Object::metrics(conn).recycle_count == 0;
    if is_new { Suspicion::None } else { failure.suspicion() }
}

/// Nobody knows what became of the work. Dropped for good, its connection closes its socket and
/// frees its slot in the pool.
fn abandon(conn: Object<Conn>) -> Failure {
    drop(Object::take(conn));
    Failure::OutOfTime
}

/// Does the work of a transaction that has begun, and ends it.
async fn transact<R>(conn: &mut Conn, deadline: Instant, work: impl UnitOfWork<R>) -> Result<R> {
    type Transactions = <Conn as AsyncConnection>::TransactionManager;

    let result = match work(conn).await {
        // Its caller has got an error already.
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
