//! Copies of an SQLite database of another version, and those that were not finished.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    env, fs,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use diesel::{Connection, SqliteConnection, connection::SimpleConnection};
use todo_adapters::{
    BackupError, Database, DatabaseSettings, DatabaseUrl, Existing, KeptSecret, OpenError,
    Restored, backup,
};
use todo_contract::{Stores, at, titled};
use todo_domain::{TaskQuery, Timestamp};
use todo_testkit::database::TestDatabase;
use tokio::runtime::Handle;

fn url(place: &TestDatabase) -> DatabaseUrl {
    DatabaseUrl::parse(&place.url()).unwrap()
}

fn connect(file: &Path) -> SqliteConnection {
    SqliteConnection::establish(file.to_str().unwrap()).unwrap()
}

/// Without a secret.
fn restore(
    url: &DatabaseUrl,
    from: &Path,
    existing: Existing,
    now: Timestamp,
) -> Result<Restored, BackupError> {
    let none = from.with_file_name("no_secret");
    let secret = KeptSecret { file: none.clone(), database: none };
    todo_adapters::restore(url, from, existing, &secret, now)
}

/// A database with a user who has a task.
async fn used() -> TestDatabase {
    let place = TestDatabase::sqlite();
    let stores = Stores::of(place.open().await.stores());
    let ada = stores.user("ada").await;
    stores.add(ada, titled("milk")).await;
    place
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_an_older_version_is_migrated_when_it_is_opened() {
    let place = used().await;
    let database = place.open().await;
    let names = database.migration_status().await.unwrap();
    for _ in 0..2 {
        database.migrate_down_one().await.unwrap();
    }
    drop(database);
    let copy = place.file().with_file_name("copy");
    backup(&url(&place), &copy).unwrap();

    let elsewhere = TestDatabase::sqlite();
    let restored = restore(&url(&elsewhere), &copy, Existing::Stays, at(0)).unwrap();
    assert_eq!((restored.counts.users, restored.counts.tasks), (1, 1));
    assert_eq!(restored.former, None);
    let database = elsewhere.open().await;
    assert_eq!(database.migration_status().await.unwrap(), names);
    let ada = todo_domain::UserId::new(1).unwrap();
    assert_eq!(Stores::of(database.stores()).list(ada, TaskQuery::default()).await.tasks.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_newer_version_or_of_something_else_is_refused() {
    let place = used().await;
    let copy = place.file().with_file_name("copy");
    let elsewhere = TestDatabase::sqlite();
    let refusal =
        |copy: &Path| restore(&url(&elsewhere), copy, Existing::SetAside, at(0)).unwrap_err();
    backup(&url(&place), &copy).unwrap();
    let version = "INSERT INTO __diesel_schema_migrations (version) VALUES ('99991231000001')";
    connect(&copy).batch_execute(version).unwrap();
    let newer = refusal(&copy);
    assert!(matches!(&newer, BackupError::Newer(_, version) if version == "99991231000001"));
    connect(&copy).batch_execute("DROP TABLE __diesel_schema_migrations").unwrap();
    assert!(matches!(refusal(&copy), BackupError::Foreign(_)));
    assert!(!elsewhere.file().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipe_is_not_waited_for() {
    let place = used().await;
    let pipe = place.file().with_file_name("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let elsewhere = url(&TestDatabase::sqlite());
    let refused = restore(&elsewhere, &pipe, Existing::SetAside, at(0)).unwrap_err();
    assert!(matches!(refused, BackupError::Foreign(_)), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_of_something_else_is_not_opened_and_stays_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("theirs.sqlite");
    connect(&file).batch_execute("CREATE TABLE customers (name TEXT)").unwrap();
    let theirs = fs::read(&file).unwrap();
    let url = DatabaseUrl::sqlite(file.clone());
    let settings = DatabaseSettings::default;
    for opened in [
        Database::open(&url, settings(), Handle::current()).await,
        Database::open_as_it_is(&url, settings(), Handle::current()).await,
    ] {
        assert!(matches!(opened, Err(OpenError::Foreign { .. })), "{opened:?}");
    }
    assert!(fs::read(&file).unwrap() == theirs);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_the_file_of_something_else_is_refused_and_the_file_stays_as_it_is() {
    const MIGRATIONS: &str = "CREATE TABLE __diesel_schema_migrations (version TEXT PRIMARY KEY, \
                              run_on TEXT); INSERT INTO __diesel_schema_migrations (version) \
                              VALUES ('20200101000001')";
    for theirs in ["CREATE TABLE customers (name TEXT)", "CREATE VIEW one AS SELECT 1", MIGRATIONS]
    {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("theirs.sqlite");
        connect(&file).batch_execute(theirs).unwrap();
        let before = fs::read(&file).unwrap();
        let url = DatabaseUrl::sqlite(file.clone());
        let refused = backup(&url, &directory.path().join("copy")).unwrap_err();
        assert!(matches!(refused, BackupError::Foreign(_)), "{theirs}: {refused}");
        let place = used().await;
        let copy = place.file().with_file_name("copy");
        backup(&self::url(&place), &copy).unwrap();
        let refused = restore(&url, &copy, Existing::SetAside, at(0)).unwrap_err();
        assert!(matches!(refused, BackupError::Foreign(_)), "{theirs}: {refused}");
        assert!(before == fs::read(&file).unwrap(), "{theirs}: the file has changed");
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 1, "{theirs}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_with_other_tables_than_the_service_makes_is_refused_and_changes_nothing() {
    let place = used().await;
    let copy = place.file().with_file_name("copy");
    for (change, named) in [
        (
            "CREATE TRIGGER spy AFTER INSERT ON users BEGIN DELETE FROM tasks; END",
            "trigger \"spy\"",
        ),
        ("CREATE VIEW everything AS SELECT * FROM users", "view \"everything\""),
        ("DROP INDEX turns_one_running", "lacks the index turns_one_running"),
        ("ALTER TABLE tasks ADD COLUMN secret TEXT", "table tasks is defined in another way"),
        (
            "ALTER TABLE users RENAME TO people; CREATE VIEW users AS SELECT * FROM people",
            "table \"people\"",
        ),
    ] {
        backup(&url(&place), &copy).unwrap();
        connect(&copy).batch_execute(change).unwrap();
        let before = fs::read(place.file()).unwrap();
        let refused = restore(&url(&place), &copy, Existing::SetAside, at(0)).unwrap_err();
        assert!(matches!(refused, BackupError::Altered(..)), "{change}: {refused}");
        assert!(refused.to_string().contains(named), "{change}: {refused}");
        assert!(before == fs::read(place.file()).unwrap(), "{change}: the database has changed");
        fs::remove_file(&copy).unwrap();
    }
}

/// Whoever changes a database by hand learns that before the backup is needed, and has one.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_with_an_index_of_somebody_else_is_backed_up_and_that_is_told() {
    let place = used().await;
    let copy = place.file().with_file_name("copy");
    assert_eq!(backup(&url(&place), &copy).unwrap().difference, None);
    fs::remove_file(&copy).unwrap();
    let index = "CREATE INDEX mine ON tasks (user_id, title)";
    connect(&place.file()).batch_execute(index).unwrap();
    let copied = backup(&url(&place), &copy).unwrap();
    assert_eq!(copied.counts.tasks, 1);
    let told = copied.difference.unwrap();
    assert_eq!(told, "it has the index \"mine\", which is not of this service");
    let refused = restore(&url(&place), &copy, Existing::SetAside, at(0)).unwrap_err();
    assert!(matches!(refused, BackupError::Altered(..)), "{refused}");
    connect(&copy).batch_execute("DROP INDEX mine").unwrap();
    restore(&url(&place), &copy, Existing::SetAside, at(0)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_without_their_parents_are_damage() {
    let place = used().await;
    let copy = place.file().with_file_name("copy");
    backup(&url(&place), &copy).unwrap();
    connect(&copy).batch_execute("PRAGMA foreign_keys = OFF; DELETE FROM users").unwrap();
    let refused = restore(&url(&place), &copy, Existing::SetAside, at(0)).unwrap_err();
    assert!(matches!(refused, BackupError::Damaged(..)), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_of_a_running_service_is_no_backup() {
    let place = used().await;
    let service = place.open().await;
    Stores::of(service.stores()).user("grace").await;
    let elsewhere = TestDatabase::sqlite();
    let refused = restore(&url(&elsewhere), &place.file(), Existing::Stays, at(0)).unwrap_err();
    assert!(matches!(refused, BackupError::Log(..)), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_a_transaction_to_be_undone_is_no_backup() {
    let place = used().await;
    let copy = place.file().with_file_name("copy");
    backup(&url(&place), &copy).unwrap();
    fs::write(place.file().with_file_name("copy-journal"), "pages as they were").unwrap();
    let refused = restore(&url(&place), &copy, Existing::SetAside, at(0)).unwrap_err();
    assert!(matches!(refused, BackupError::Log(..)), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_yet_in_the_file_is_kept_with_the_former_database() {
    let (place, other) = (used().await, TestDatabase::sqlite());
    other.open().await;
    let copy = place.file().with_file_name("copy");
    backup(&url(&other), &copy).unwrap();
    let restored = restore(&url(&place), &copy, Existing::SetAside, at(0)).unwrap();
    let former = restored.former.unwrap();
    assert!(former.to_str().unwrap().ends_with("todo.db.replaced-2026-11-22T10-00-00Z"));
    assert_eq!(backup(&url(&place), &copy.with_extension("1")).unwrap().counts.users, 0);
    let former = DatabaseUrl::sqlite(former);
    assert_eq!(backup(&former, &copy.with_extension("2")).unwrap().counts.tasks, 1);
}

/// Names the database that a child process is to back up.
const BACKED_UP: &str = "TODO_TEST_BACKED_UP";

/// The child's part of the test below.
#[test]
fn child_process_that_is_killed_while_it_copies() {
    let Ok(text) = env::var(BACKED_UP) else { return };
    let url = DatabaseUrl::parse(&text).unwrap();
    let copy = Path::new(text.trim_start_matches("sqlite://")).with_file_name("copy");
    backup(&url, &copy).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_is_killed_leaves_no_file_of_its_name() {
    let place = used().await;
    let directory = place.file().parent().unwrap().to_owned();
    // As long as this has the database for itself, the copy makes no progress.
    let mut lock = connect(&place.file());
    lock.batch_execute(
        "PRAGMA busy_timeout = 5000; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE",
    )
    .unwrap();
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "child_process_that_is_killed_while_it_copies"])
        .env(BACKED_UP, place.url())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let is_begun = || {
        fs::read_dir(&directory)
            .unwrap()
            .any(|entry| entry.unwrap().file_name().to_str().unwrap().starts_with(".todo-backup-"))
    };
    let started = Instant::now();
    while !is_begun() {
        assert!(started.elapsed() < Duration::from_secs(30), "it does not begin");
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    drop(lock);
    let copy = directory.join("copy");
    assert!(!copy.exists());
    backup(&url(&place), &copy).unwrap();
}
