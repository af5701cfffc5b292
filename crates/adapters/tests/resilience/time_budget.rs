//! Callers that go away, work that takes too long, connections that are all in use.

use std::time::Duration;

use diesel::{Connection, SqliteConnection, connection::SimpleConnection};
use todo_contract::{Stores, call, number};
use todo_domain::{
    CallOperation, TaskQuery, UserId,
    ports::{PoolStatus, StoreErrorKind},
};
use todo_testkit::{
    database::{TestDatabase, open},
    proxy::Proxy,
};

use crate::{BUDGET, add, eventually, idle, lock_is_waited_for, lock_user, unavailable};

#[tokio::test(flavor = "multi_thread")]
async fn postgres_a_caller_that_goes_away_leaves_no_lock_behind() {
    let place = TestDatabase::postgres().await;
    let database = place.open().await;
    let user = Stores::of(database.stores()).user("ada").await;
    let outside = place.client().await;
    lock_user(&outside, user).await;
    let caller = tokio::spawn({
        let database = database.clone();
        async move { add(&database, user).await }
    });
    lock_is_waited_for(&outside).await;
    caller.abort();
    assert!(caller.await.is_err());
    outside.batch_execute("ROLLBACK").await.unwrap();
    // The work goes on without its caller, in time, and is whole.
    idle(&database).await;
    assert_eq!(Stores::of(database.stores()).list(user, TaskQuery::default()).await.tasks.len(), 1);
    lock_user(&outside, user).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_a_caller_that_goes_away_leaves_no_lock_behind() {
    let place = TestDatabase::sqlite();
    let database = place.open().await;
    let user = Stores::of(database.stores()).user("ada").await;
    let mut outside = SqliteConnection::establish(place.file().to_str().unwrap()).unwrap();
    outside.batch_execute("BEGIN IMMEDIATE").unwrap();
    let caller = tokio::spawn({
        let database = database.clone();
        async move { add(&database, user).await }
    });
    let busy = async || database.pool().available < database.pool().size;
    eventually("the writer waits", busy).await;
    caller.abort();
    assert!(caller.await.is_err());
    outside.batch_execute("ROLLBACK").unwrap();
    idle(&database).await;
    assert_eq!(Stores::of(database.stores()).list(user, TaskQuery::default()).await.tasks.len(), 1);
    outside.batch_execute("BEGIN IMMEDIATE").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_a_statement_that_waits_too_long_is_given_up_and_undone() {
    let place = TestDatabase::postgres().await;
    let database = place.open_within(BUDGET).await;
    let user = Stores::of(database.stores()).user("ada").await;
    let outside = place.client().await;
    lock_user(&outside, user).await;
    unavailable(add(&database, user)).await;
    idle(&database).await;
    outside.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(Stores::of(database.stores()).list(user, TaskQuery::default()).await.tasks.len(), 0);
    add(&database, user).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_what_succeeds_too_late_is_undone() {
    let place = TestDatabase::postgres().await;
    // This server would wait for ever.
    let url = place.url() + "&options=-c%20statement_timeout%3D0%20-c%20lock_timeout%3D0";
    let database = open(&url, BUDGET).await;
    let user = Stores::of(database.stores()).user("ada").await;
    let outside = place.client().await;
    lock_user(&outside, user).await;
    unavailable(add(&database, user)).await;
    outside.batch_execute("ROLLBACK").await.unwrap();
    idle(&database).await;
    assert_eq!(Stores::of(database.stores()).list(user, TaskQuery::default()).await.tasks.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_a_transaction_that_is_late_is_undone() {
    let place = TestDatabase::sqlite();
    let database = place.open_within(BUDGET).await;
    let user = Stores::of(database.stores()).user("ada").await;
    let mut outside = SqliteConnection::establish(place.file().to_str().unwrap()).unwrap();
    outside.batch_execute("BEGIN IMMEDIATE").unwrap();
    unavailable(add(&database, user)).await;
    outside.batch_execute("ROLLBACK").unwrap();
    idle(&database).await;
    assert_eq!(Stores::of(database.stores()).list(user, TaskQuery::default()).await.tasks.len(), 0);
    add(&database, user).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_is_read_while_it_is_written() {
    let place = TestDatabase::sqlite();
    let database = place.open_within(BUDGET).await;
    let user = Stores::of(database.stores()).user("ada").await;
    let mut outside = SqliteConnection::establish(place.file().to_str().unwrap()).unwrap();
    outside.batch_execute("BEGIN IMMEDIATE; UPDATE users SET name = 'Ben'").unwrap();
    let read = database.stores().accounts.user(user).await.unwrap().unwrap();
    assert_eq!(read.name.as_str(), "Ada Lovelace");
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_wait_for_a_connection_are_counted_and_served() {
    let place = TestDatabase::postgres().await;
    let url = place.url().replace("pool_size=8", "pool_size=1");
    let database = open(&url, Duration::from_secs(30)).await;
    let stores = Stores::of(database.stores());
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    let outside = place.client().await;
    lock_user(&outside, ada).await;
    let (blocked, waiting) = (add(&database, ada), add(&database, ben));
    let release = async {
        let status = PoolStatus { max: 1, size: 1, available: 0, waiting: 1 };
        eventually("one waits", async || database.pool() == status).await;
        outside.batch_execute("ROLLBACK").await.unwrap();
    };
    let (blocked, waiting, ()) = tokio::join!(blocked, waiting, release);
    assert!(blocked.is_ok() && waiting.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_for_a_connection_counts() {
    let place = TestDatabase::postgres().await;
    let proxy = Proxy::before(&place.url().replace("pool_size=8", "pool_size=1")).await;
    let database = open(proxy.url(), BUDGET).await;
    let stores = Stores::of(database.stores());
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    proxy.fall_silent();
    // The first has the only connection, the second waits for it.
    tokio::join!(unavailable(add(&database, ada)), unavailable(add(&database, ben)));
    proxy.recover();
    idle(&database).await;
    add(&database, ben).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_database_is_unavailable() {
    let place = TestDatabase::sqlite();
    let database = place.open().await;
    let user = Stores::of(database.stores()).user("ada").await;
    database.close();
    unavailable(add(&database, user)).await;
    unavailable(database.stores().tasks.get(user, number(1))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_is_given_up_does_not_break_the_connection() {
    let place = TestDatabase::postgres().await;
    let database = place.open().await;
    let nobody = UserId::new(4711).unwrap();
    for _ in 0..20 {
        let error = add(&database, nobody).await.expect_err("nobody is there");
        assert_eq!(error.kind, StoreErrorKind::NoUser);
    }
    assert_eq!(database.pool().size, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_nobody_would_write_is_told_apart() {
    let place = TestDatabase::postgres().await;
    let database = place.open().await;
    let stores = Stores::of(database.stores());
    let user = stores.user("ada").await;
    let turn = stores.begin(user, "what is left?").await;
    stores.recorded(&turn, 1, vec![call(CallOperation::List(TaskQuery::default()))]).await;
    let spoil = "UPDATE users SET time_zone = 'Nowhere/Land'; UPDATE tool_calls SET outcome = '{}'";
    place.client().await.batch_execute(spoil).await.unwrap();
    let error = stores.accounts.user(user).await.expect_err("there is no such zone");
    assert_eq!(error.kind, StoreErrorKind::Corrupt);
    let error = stores.turns.turn(user, turn.fence.turn_id).await.expect_err("no such outcome");
    assert_eq!(error.kind, StoreErrorKind::Corrupt);
}
