//! What callers see when a database is slow, full, gone or back again.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use diesel::{Connection, SqliteConnection, connection::SimpleConnection};
use todo_adapters::{Database, PoolStatus};
use todo_domain::{
    TaskAction, TaskOperation, TaskOutcome, TaskQuery, UserId,
    ports::{StoreError, StoreErrorKind},
};
use todo_testkit::{
    contract::{Stores, at, number, titled},
    database::{TestDatabase, open},
};
use tokio::{
    io::{AsyncReadExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tokio_postgres::Client;

/// Short enough to wait for, long enough for a busy machine to connect in.
const BUDGET: Duration = Duration::from_secs(1);

/// Adds a task to a user's list.
async fn add(database: &Database, user: UserId) -> Result<TaskOutcome, StoreError> {
    let create = TaskOperation::Create(titled("milk"));
    database.tasks().execute(user, create, at(0)).await
}

/// Checks that something is told to be unavailable, and in time.
async fn unavailable<R: std::fmt::Debug>(work: impl Future<Output = Result<R, StoreError>>) {
    let start = Instant::now();
    let error = work.await.expect_err("the database is out of reach");
    assert_eq!(error.kind, StoreErrorKind::Unavailable, "{error:?}");
    assert!(start.elapsed() < BUDGET + Duration::from_secs(2), "{:?}", start.elapsed());
}

/// Waits until something holds.
async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds().await {
        assert!(Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn idle(database: &Database) {
    let idle = async || database.pool().available == database.pool().size;
    eventually("the pool is idle", idle).await;
}

/// Locks a user's row from outside until the client is told otherwise.
async fn lock_user(client: &Client, user: UserId) {
    client.batch_execute("BEGIN").await.unwrap();
    client.query("SELECT 1 FROM users WHERE id = $1 FOR UPDATE", &[&user.get()]).await.unwrap();
}

async fn lock_is_waited_for(client: &Client) {
    let waiting = "SELECT 1 FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let waits = async || !client.query(waiting, &[]).await.unwrap().is_empty();
    eventually("a lock is waited for", waits).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_a_caller_that_goes_away_leaves_no_lock_behind() {
    let place = TestDatabase::postgres().await;
    let database = place.open().await;
    let user = Stores::of(&database).user("ada").await;
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
    assert_eq!(Stores::of(&database).list(user, TaskQuery::default()).await.total, 1);
    lock_user(&outside, user).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_a_caller_that_goes_away_leaves_no_lock_behind() {
    let place = TestDatabase::sqlite();
    let database = place.open().await;
    let user = Stores::of(&database).user("ada").await;
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
    assert_eq!(Stores::of(&database).list(user, TaskQuery::default()).await.total, 1);
    outside.batch_execute("BEGIN IMMEDIATE").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_a_statement_that_waits_too_long_is_given_up_and_undone() {
    let place = TestDatabase::postgres().await;
    let database = place.open_within(BUDGET).await;
    let user = Stores::of(&database).user("ada").await;
    let outside = place.client().await;
    lock_user(&outside, user).await;
    unavailable(add(&database, user)).await;
    idle(&database).await;
    outside.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(Stores::of(&database).list(user, TaskQuery::default()).await.total, 0);
    add(&database, user).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_what_succeeds_too_late_is_undone() {
    let place = TestDatabase::postgres().await;
    // This server would wait for ever.
    let url = place.url() + "&options=-c%20statement_timeout%3D0%20-c%20lock_timeout%3D0";
    let database = open(&url, BUDGET).await;
    let user = Stores::of(&database).user("ada").await;
    let outside = place.client().await;
    lock_user(&outside, user).await;
    unavailable(add(&database, user)).await;
    outside.batch_execute("ROLLBACK").await.unwrap();
    idle(&database).await;
    assert_eq!(Stores::of(&database).list(user, TaskQuery::default()).await.total, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_a_transaction_that_is_late_is_undone() {
    let place = TestDatabase::sqlite();
    let database = place.open_within(BUDGET).await;
    let user = Stores::of(&database).user("ada").await;
    let mut outside = SqliteConnection::establish(place.file().to_str().unwrap()).unwrap();
    outside.batch_execute("BEGIN IMMEDIATE").unwrap();
    unavailable(add(&database, user)).await;
    outside.batch_execute("ROLLBACK").unwrap();
    idle(&database).await;
    assert_eq!(Stores::of(&database).list(user, TaskQuery::default()).await.total, 0);
    add(&database, user).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_is_read_while_it_is_written() {
    let place = TestDatabase::sqlite();
    let database = place.open_within(BUDGET).await;
    let user = Stores::of(&database).user("ada").await;
    let mut outside = SqliteConnection::establish(place.file().to_str().unwrap()).unwrap();
    outside.batch_execute("BEGIN IMMEDIATE; UPDATE users SET name = 'Ben'").unwrap();
    let read = database.accounts().user(user).await.unwrap().unwrap();
    assert_eq!(read.name.as_str(), "Ada Lovelace");
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_wait_for_a_connection_are_counted_and_served() {
    let place = TestDatabase::postgres().await;
    let url = place.url().replace("pool_size=8", "pool_size=1");
    let database = open(&url, Duration::from_secs(30)).await;
    let stores = Stores::of(&database);
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
    let url = place.url().replace("pool_size=8", "pool_size=1");
    let database = open(&url, BUDGET).await;
    let stores = Stores::of(&database);
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    let outside = place.client().await;
    lock_user(&outside, ada).await;
    tokio::join!(unavailable(add(&database, ada)), unavailable(add(&database, ben)));
    idle(&database).await;
    add(&database, ben).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_requests_after_a_restart_of_the_server_succeed() {
    let place = TestDatabase::postgres().await;
    let database = place.open().await;
    let user = Stores::of(&database).user("ada").await;
    let outside = place.client().await;
    for _ in 0..3 {
        // All connections of the pool have been used.
        let adds = (0..8).map(|_| add(&database, user));
        futures_util::future::try_join_all(adds).await.unwrap();
        let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()";
        outside.query(kill, &[]).await.unwrap();
        let adds = (0..8).map(|_| add(&database, user));
        futures_util::future::try_join_all(adds).await.unwrap();
    }
    assert_eq!(Stores::of(&database).list(user, TaskQuery::default()).await.total, 48);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_lost_amid_a_transaction_is_told_and_replaced() {
    let place = TestDatabase::postgres().await;
    let database = place.open().await;
    let user = Stores::of(&database).user("ada").await;
    let outside = place.client().await;
    lock_user(&outside, user).await;
    let caller = tokio::spawn({
        let database = database.clone();
        async move { add(&database, user).await }
    });
    lock_is_waited_for(&outside).await;
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    outside.query(kill, &[]).await.unwrap();
    let error = caller.await.unwrap().expect_err("the connection was cut");
    assert_eq!(error.kind, StoreErrorKind::Unavailable, "{error:?}");
    outside.batch_execute("ROLLBACK").await.unwrap();
    add(&database, user).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_is_told_in_time() {
    let address = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let database = open(&format!("postgres://ada@{address}/todo"), BUDGET).await;
    unavailable(database.health().check()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_never_answers_is_told_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let database = open(&format!("postgres://ada@{address}/todo"), BUDGET).await;
    unavailable(database.health().check()).await;
    idle(&database).await;
}

/// Stands between service and server and can swallow everything that is said.
async fn proxy(place: &TestDatabase) -> (String, Arc<watch::Sender<bool>>) {
    let url = place.url();
    let (scheme, rest) = url.split_once("://").unwrap();
    let (user, server) = rest.split_once('@').unwrap();
    let (server, database) = server.split_once('/').unwrap();
    let server = if server.contains(':') { server.to_owned() } else { format!("{server}:5432") };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let open = Arc::new(watch::Sender::new(true));
    tokio::spawn({
        let open = Arc::clone(&open);
        async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let (server, mut open) = (server.clone(), open.subscribe());
                tokio::spawn(async move {
                    let mut far = TcpStream::connect(server).await.unwrap();
                    tokio::select! {
                        _ = copy_bidirectional(&mut near, &mut far) => return,
                        () = async { drop(open.wait_for(|open| !open).await) } => {}
                    }
                    // Read on, so that the silence is the server's and not the wire's.
                    let mut swallowed = [0; 1024];
                    while near.read(&mut swallowed).await.is_ok_and(|count| count > 0) {}
                });
            }
        }
    });
    (format!("{scheme}://{user}@{address}/{database}"), open)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_falls_silent_between_transactions_is_told_in_time() {
    let place = TestDatabase::postgres().await;
    let user = Stores::of(&place.open().await).user("ada").await;
    let (url, reachable) = proxy(&place).await;
    let database = open(&url, BUDGET).await;
    add(&database, user).await.unwrap();
    reachable.send_replace(false);
    unavailable(add(&database, user)).await;
    reachable.send_replace(true);
    add(&database, user).await.unwrap();
    assert_eq!(Stores::of(&database).list(user, TaskQuery::default()).await.total, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_falls_silent_amid_a_transaction_holds_no_connection_for_ever() {
    let place = TestDatabase::postgres().await;
    let user = Stores::of(&place.open().await).user("ada").await;
    let (url, reachable) = proxy(&place).await;
    let database = open(&url, BUDGET).await;
    add(&database, user).await.unwrap();
    let outside = place.client().await;
    lock_user(&outside, user).await;
    let fall_silent = async {
        lock_is_waited_for(&outside).await;
        reachable.send_replace(false);
    };
    tokio::join!(unavailable(add(&database, user)), fall_silent);
    let empty = async || database.pool().size == 0;
    eventually("the silent connection is thrown away", empty).await;
    reachable.send_replace(true);
    outside.batch_execute("ROLLBACK").await.unwrap();
    add(&database, user).await.unwrap();
    assert_eq!(Stores::of(&database).list(user, TaskQuery::default()).await.total, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_database_is_unavailable() {
    let place = TestDatabase::sqlite();
    let database = place.open().await;
    let user = Stores::of(&database).user("ada").await;
    database.close();
    unavailable(add(&database, user)).await;
    unavailable(database.tasks().execute(
        user,
        TaskOperation::act(number(1), TaskAction::Get),
        at(0),
    ))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_rule_does_not_break_the_connection() {
    let place = TestDatabase::postgres().await;
    let database = place.open().await;
    let nobody = UserId::new(4711).unwrap();
    for _ in 0..20 {
        let error = add(&database, nobody).await.expect_err("nobody is there");
        assert_eq!(error.kind, StoreErrorKind::Constraint);
    }
    assert_eq!(database.pool().size, 1);
}
