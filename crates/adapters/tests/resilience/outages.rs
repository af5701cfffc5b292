//! Servers that restart, are not there, or fall silent.

use std::{collections::HashSet, time::Duration};

use todo_contract::{Stores, at, titled};
use todo_domain::{TaskAction, TaskChange, TaskQuery, ports::StoreErrorKind};
use todo_testkit::{
    database::{TestDatabase, open},
    ports::free_port,
    proxy::Proxy,
};
use tokio::net::TcpListener;
use tokio_postgres::Client;

use crate::{BUDGET, add, eventually, idle, lock_is_waited_for, lock_user, unavailable};

#[tokio::test(flavor = "multi_thread")]
async fn the_first_requests_after_a_restart_of_the_server_succeed() {
    let place = TestDatabase::postgres().await;
    let database = place.open().await;
    let user = Stores::of(database.stores()).user("ada").await;
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
    assert_eq!(
        Stores::of(database.stores()).list(user, TaskQuery::default()).await.tasks.len(),
        48
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_who_reads_notices_a_restart_of_the_server() {
    let place = TestDatabase::postgres().await;
    let database = place.open().await;
    let stores = Stores::of(database.stores());
    let user = stores.user("ada").await;
    let turn = stores.begin(user, "hello").await.fence;
    let outside = place.client().await;
    for _ in 0..3 {
        let reads = (0..8).map(async |_| {
            // One statement, and several within a transaction.
            database.stores().accounts.user(user).await.unwrap().unwrap();
            database.stores().turns.turn(user, turn.turn_id).await.unwrap().unwrap();
        });
        futures_util::future::join_all(reads).await;
        let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()";
        outside.query(kill, &[]).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_lost_amid_a_transaction_is_told_and_replaced() {
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
    let url = format!("postgres://ada@127.0.0.1:{}/todo", free_port());
    let database = open(&url, BUDGET).await;
    unavailable(database.stores().health.check()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_never_answers_is_told_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let database = open(&format!("postgres://ada@{address}/todo"), BUDGET).await;
    unavailable(database.stores().health.check()).await;
    idle(&database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_falls_silent_between_transactions_is_told_in_time() {
    let place = TestDatabase::postgres().await;
    let user = Stores::of(place.open().await.stores()).user("ada").await;
    let proxy = Proxy::before(&place.url()).await;
    let database = open(proxy.url(), BUDGET).await;
    add(&database, user).await.unwrap();
    proxy.fall_silent();
    unavailable(add(&database, user)).await;
    proxy.recover();
    add(&database, user).await.unwrap();
    assert_eq!(Stores::of(database.stores()).list(user, TaskQuery::default()).await.tasks.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_falls_silent_amid_a_transaction_holds_no_connection_for_ever() {
    let place = TestDatabase::postgres().await;
    let user = Stores::of(place.open().await.stores()).user("ada").await;
    let proxy = Proxy::before(&place.url()).await;
    let database = open(proxy.url(), BUDGET).await;
    add(&database, user).await.unwrap();
    let outside = place.client().await;
    lock_user(&outside, user).await;
    let fall_silent = async {
        lock_is_waited_for(&outside).await;
        proxy.fall_silent();
    };
    tokio::join!(unavailable(add(&database, user)), fall_silent);
    let empty = async || database.pool().size == 0;
    eventually("the silent connection is thrown away", empty).await;
    proxy.recover();
    outside.batch_execute("ROLLBACK").await.unwrap();
    add(&database, user).await.unwrap();
    assert_eq!(Stores::of(database.stores()).list(user, TaskQuery::default()).await.tasks.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_who_reads_notices_that_a_column_changes_its_type() {
    let place = TestDatabase::postgres().await;
    let database = place.open().await;
    let stores = Stores::of(database.stores());
    let user = stores.user("ada").await;
    add(&database, user).await.unwrap();
    let busy = (0..8).map(|_| stores.list(user, TaskQuery::default()));
    futures_util::future::join_all(busy).await;
    let outside = place.client().await;
    for length in [500, 501] {
        let change = format!("ALTER TABLE tasks ALTER title TYPE varchar({length})");
        outside.batch_execute(&change).await.unwrap();
        let reads = (0..16).map(|_| stores.list(user, TaskQuery::default()));
        for page in futures_util::future::join_all(reads).await {
            assert_eq!(page.tasks.len(), 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_writes_after_a_column_has_changed_its_type_meets_that_once_on_a_connection() {
    let place = TestDatabase::postgres().await;
    let database =
        open(&place.url().replace("pool_size=8", "pool_size=1"), Duration::from_secs(30)).await;
    let stores = Stores::of(database.stores());
    let user = stores.user("ada").await;
    let task = stores.add(user, titled("milk")).await;
    let tasks = database.stores().tasks;
    let change =
        || tasks.change(user, TaskChange::act(task.id, TaskAction::Complete).into(), at(1));
    change().await.unwrap().unwrap();
    let outside = place.client().await;
    outside.batch_execute("ALTER TABLE tasks ALTER title TYPE varchar(500)").await.unwrap();
    let mut failures = 0;
    for _ in 0..5 {
        failures += u32::from(change().await.is_err());
    }
    assert!(failures <= 1, "{failures} of 5");
}

/// The database's processes that serve others than this connection.
async fn backends(client: &Client) -> HashSet<i32> {
    let others = "SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    client.query(others, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// An error that no connection is to blame for is met twice, and costs the others theirs no more.
#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_always_fails_costs_one_connection_at_most() {
    let place = TestDatabase::postgres().await;
    let database = place.open().await;
    let stores = Stores::of(database.stores());
    let user = stores.user("ada").await;
    add(&database, user).await.unwrap();
    let busy = (0..16).map(|_| stores.list(user, TaskQuery::default()));
    futures_util::future::join_all(busy).await;
    let outside = place.client().await;
    let always_fails = "ALTER TABLE tasks RENAME TO kept;
        CREATE VIEW tasks AS SELECT * FROM kept WHERE 1 / (id - id) = 1";
    outside.batch_execute(always_fails).await.unwrap();
    let before = backends(&outside).await;
    assert!(before.len() > 2, "{before:?}");
    let tasks = database.stores().tasks;
    let error = tasks.list(user, TaskQuery::default(), at(0)).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Internal);
    let after = backends(&outside).await;
    let lost = before.difference(&after).count();
    assert!(lost <= 1, "{lost} of {} connections", before.len());
}

/// Makes the database do something to the prepared statements of whoever writes a task called so:
/// it runs on the connection of the service.
fn on_new_task(statements: &str) -> String {
    format!(
        "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             IF NEW.title = 'spoil' THEN {statements} END IF;
             RETURN NULL;
         END $$;
         CREATE TRIGGER spoil AFTER INSERT ON tasks FOR EACH ROW EXECUTE FUNCTION spoil()"
    )
}

async fn prepared_statements_are_spoilt(statements: &str) {
    let place = TestDatabase::postgres().await;
    let url = place.url().replace("pool_size=8", "pool_size=1");
    let database = open(&url, Duration::from_secs(30)).await;
    let stores = Stores::of(database.stores());
    let user = stores.user("ada").await;
    let task = stores.add(user, titled("milk")).await;
    let tasks = database.stores().tasks;
    let get = || tasks.get(user, task.id);
    let change =
        || tasks.change(user, TaskChange::act(task.id, TaskAction::Complete).into(), at(1));
    get().await.unwrap();
    change().await.unwrap().unwrap();
    let outside = place.client().await;
    outside.batch_execute(&on_new_task(statements)).await.unwrap();

    // Its last statements may already fail.
    let spoil = TaskChange::Create(titled("spoil"));
    drop(tasks.change(user, spoil.clone().into(), at(1)).await);
    for _ in 0..3 {
        get().await.expect("who reads does not notice");
    }
    drop(tasks.change(user, spoil.into(), at(1)).await);
    let mut failures = 0;
    for _ in 0..5 {
        failures += u32::from(change().await.is_err());
    }
    assert!(failures <= 1, "{failures} of 5");
}

/// SQLSTATE 26000.
#[tokio::test(flavor = "multi_thread")]
async fn statements_that_the_server_has_forgotten_are_met_once_on_a_connection() {
    prepared_statements_are_spoilt("EXECUTE 'DEALLOCATE ALL';").await;
}

/// SQLSTATE 42P05. Behind a pooler that lends transactions to a service that is not told of it, names
/// of statements may be another's.
#[tokio::test(flavor = "multi_thread")]
async fn names_of_statements_that_are_taken_are_met_once_on_a_connection() {
    let take = "DECLARE last integer;
        BEGIN
            SELECT max(substr(name, 2)::integer) INTO last FROM pg_prepared_statements;
            EXECUTE 'DEALLOCATE ALL';
            FOR n IN last + 1 .. last + 3000 LOOP
                EXECUTE 'PREPARE s' || n || ' AS SELECT 1';
            END LOOP;
        END;";
    prepared_statements_are_spoilt(take).await;
}
