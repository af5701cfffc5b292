//! What callers see when a database is slow, full, gone or back again.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod deletions;
mod heavy_reads;
mod outages;
mod storage;
mod time_budget;

use std::time::{Duration, Instant};

use todo_adapters::Database;
use todo_contract::{at, titled};
use todo_domain::{
    TaskChange, UserId,
    ports::{StoreError, StoreErrorKind},
};
use tokio_postgres::Client;

/// Short enough to wait for, long enough for a busy machine to connect in.
pub(crate) const BUDGET: Duration = Duration::from_secs(1);

/// Adds a task to a user's list.
pub(crate) async fn add(database: &Database, user: UserId) -> Result<(), StoreError> {
    let create = TaskChange::Create(titled("milk"));
    let added = database.stores().tasks.change(user, create.into(), at(0)).await?;
    added.expect("there is room in the list");
    Ok(())
}

/// Checks that something is told to be unavailable, and in time.
pub(crate) async fn unavailable<R: std::fmt::Debug>(
    work: impl Future<Output = Result<R, StoreError>>,
) {
    let start = Instant::now();
    let error = work.await.expect_err("the database is out of reach");
    assert_eq!(error.kind, StoreErrorKind::Unavailable, "{error:?}");
    assert!(start.elapsed() < BUDGET + Duration::from_secs(2), "{:?}", start.elapsed());
}

/// Waits until something holds.
pub(crate) async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds().await {
        assert!(Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub(crate) async fn idle(database: &Database) {
    let idle = async || database.pool().available == database.pool().size;
    eventually("the pool is idle", idle).await;
}

/// Locks a user's row from outside until the client is told otherwise.
pub(crate) async fn lock_user(client: &Client, user: UserId) {
    client.batch_execute("BEGIN").await.unwrap();
    client.query("SELECT 1 FROM users WHERE id = $1 FOR UPDATE", &[&user.get()]).await.unwrap();
}

pub(crate) async fn lock_is_waited_for(client: &Client) {
    let waiting = "SELECT 1 FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let waits = async || !client.query(waiting, &[]).await.unwrap().is_empty();
    eventually("a lock is waited for", waits).await;
}
