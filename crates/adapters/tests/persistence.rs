//! What is written stays written, and a file belongs to one process.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{env, process::Command, time::Duration};

use todo_adapters::{Database, DatabaseSettings, DatabaseUrl, OpenError};
use todo_contract::{Stores, call, titled};
use todo_domain::{
    Task, TaskChange, TaskQuery, Turn, TurnStatus, UserId,
    ports::{Begun, StoreError},
};
use todo_testkit::database::TestDatabase;
use tokio::runtime::Handle;

/// A user with a finished turn that added a task.
async fn some_work(stores: &Stores) -> (Begun, Turn, Vec<Task>) {
    let user = stores.user("ada").await;
    let turn = stores.begin(user, "add milk").await;
    stores.recorded(&turn, 1, vec![call(TaskChange::Create(titled("milk")))]).await;
    stores.finish(&turn, "Done.").await;
    let tasks = stores.list(user, TaskQuery::default()).await.tasks;
    (turn.clone(), stores.turn(&turn).await, tasks)
}

async fn survives_reopening(place: TestDatabase) {
    let (turn, told, tasks) = some_work(&Stores::of(place.open().await.stores())).await;
    let stores = Stores::of(place.open().await.stores());
    assert_eq!(stores.turn(&turn).await, told);
    assert_eq!(stores.list(turn.fence.user_id, TaskQuery::default()).await.tasks, tasks);
    let next = stores.go_on(&turn, "and bread").await;
    assert_eq!(next.history.len(), 2);
    let added = stores.add(turn.fence.user_id, titled("bread")).await;
    assert_eq!(added.id.get(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reopened_sqlite_database_has_everything() {
    survives_reopening(TestDatabase::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reopened_postgres_database_has_everything() {
    survives_reopening(TestDatabase::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_left_running_is_closed_when_sqlite_is_opened_again() {
    let place = TestDatabase::sqlite();
    let left = {
        let stores = Stores::of(place.open().await.stores());
        let user = stores.user("ada").await;
        stores.begin(user, "add milk").await
    };
    let stores = Stores::of(place.open().await.stores());
    let closed = stores.turn(&left).await;
    assert_eq!(closed.status, TurnStatus::Interrupted);
    assert!(closed.finished_at.is_some());
    stores.go_on(&left, "try again").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_of_another_process_runs_on_when_postgres_is_opened_again() {
    let place = TestDatabase::postgres().await;
    let stores = Stores::of(place.open().await.stores());
    let user = stores.user("ada").await;
    let turn = stores.begin(user, "add milk").await;
    assert_eq!(
        Stores::of(place.open().await.stores()).turn(&turn).await.status,
        TurnStatus::Running
    );
}

async fn try_open(place: &TestDatabase) -> Result<Database, OpenError> {
    let url = DatabaseUrl::parse(&place.url()).unwrap();
    Database::open(&url, DatabaseSettings::default(), Handle::current()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_belongs_to_one_process_at_a_time() {
    let place = TestDatabase::sqlite();
    let first = try_open(&place).await.unwrap();
    let stores = Stores::of(first.stores());
    drop(first);
    // The stores still use it.
    let second = try_open(&place).await.expect_err("the file is in use");
    assert!(matches!(second, OpenError::InUse { .. }), "{second}");
    assert!(second.to_string().ends_with("todo.db is in use by another process"), "{second}");
    drop(stores);
    try_open(&place).await.unwrap();
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt;

    let place = TestDatabase::sqlite();
    let _database = place.open().await;
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    let directory = place.file().parent().unwrap().to_owned();
    assert_eq!(mode(&directory), 0o700);
    for entry in directory.read_dir().unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_can_not_be_made_is_told_by_name() {
    let url = DatabaseUrl::sqlite("/dev/null/data/todo.db");
    let opened = Database::open(&url, DatabaseSettings::default(), Handle::current()).await;
    let error = opened.expect_err("/dev/null is no directory");
    assert_eq!(error.to_string(), "can't open /dev/null/data/todo.db");
}

#[tokio::test(flavor = "current_thread")]
async fn a_runtime_of_one_thread_is_refused() {
    let opened = try_open(&TestDatabase::sqlite()).await;
    assert!(matches!(opened, Err(OpenError::SingleThreadedRuntime)));
}

/// Names the file that a child process is to write before it dies.
const DYING: &str = "TODO_TEST_DYING_PROCESS";

/// The child's part of the test below: writes, begins a turn, and is gone without a farewell.
#[tokio::test(flavor = "multi_thread")]
async fn child_process_that_dies_amid_a_turn() {
    let Ok(url) = env::var(DYING) else { return };
    let database = todo_testkit::database::open(&url, Duration::from_secs(30)).await;
    let stores = Stores::of(database.stores());
    let (turn, ..) = some_work(&stores).await;
    let next = stores.go_on(&turn, "add bread").await;
    stores.recorded(&next, 1, vec![call(TaskChange::Create(titled("bread")))]).await;
    std::process::abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_committed_step_survives_the_death_of_the_process() -> Result<(), StoreError> {
    let place = TestDatabase::sqlite();
    let status = Command::new(env::current_exe().unwrap())
        .args(["--exact", "child_process_that_dies_amid_a_turn"])
        .env(DYING, place.url())
        .stderr(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .status();
    assert!(!status.unwrap().success());
    let stores = Stores::of(place.open().await.stores());
    let ada = UserId::new(1).unwrap();
    assert_eq!(stores.list(ada, TaskQuery::default()).await.tasks.len(), 2);
    let page = stores.conversations.list(ada, todo_domain::PageLimit::default(), None).await?;
    assert_eq!(page.conversations.len(), 1);
    Ok(())
}
