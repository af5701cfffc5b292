//! Disks that are full, files that are gone.

use diesel::{Connection, RunQueryDsl, SqliteConnection, sql_query};
use todo_contract::{Stores, at, titled};
use todo_domain::{NewTask, TaskChange, TaskDescription, TaskQuery, ports::StoreErrorKind};
use todo_testkit::database::TestDatabase;

use crate::add;

#[tokio::test(flavor = "multi_thread")]
async fn postgres_a_full_disk_is_told_apart_and_so_is_that_it_has_room_again() {
    let place = TestDatabase::postgres().await;
    let database = place.open().await;
    let user = Stores::of(database.stores()).user("ada").await;
    let outside = place.client().await;
    // What the server says where it can't make a file longer.
    outside
        .batch_execute(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             RAISE EXCEPTION 'could not extend file \"base/5/16391\": No space left on device'
             USING ERRCODE = '53100'; END $$;
             CREATE TRIGGER full_disk BEFORE INSERT ON tasks EXECUTE FUNCTION full_disk()",
        )
        .await
        .unwrap();
    let error = add(&database, user).await.expect_err("there is no room");
    assert_eq!(error.kind, StoreErrorKind::StorageFull);
    let error = database.stores().health.check().await.expect_err("it was just found full");
    assert_eq!(error.kind, StoreErrorKind::StorageFull);
    assert_eq!(Stores::of(database.stores()).list(user, TaskQuery::default()).await.tasks.len(), 0);
    outside.batch_execute("DROP TRIGGER full_disk ON tasks").await.unwrap();
    add(&database, user).await.unwrap();
    database.stores().health.check().await.unwrap();
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn sqlite_a_full_disk_is_told_apart() {
    let place = TestDatabase::sqlite();
    let database = place.open().await;
    let stores = Stores::of(database.stores());
    let user = stores.user("ada").await;
    // A page in the file's header is its size: SQLite takes one that is out of bounds for full.
    let mut outside = SqliteConnection::establish(place.file().to_str().unwrap()).unwrap();
    sql_query(
        "CREATE TRIGGER full_disk BEFORE INSERT ON tasks
         BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END",
    )
    .execute(&mut outside)
    .unwrap();
    let create = || {
        let description = TaskDescription::new("x".repeat(2_000)).ok();
        TaskChange::Create(NewTask { description, ..titled("milk") })
    };
    let error =
        database.stores().tasks.change(user, create().into(), at(0)).await.expect_err("no room");
    assert_eq!(error.kind, StoreErrorKind::StorageFull);
    let error = database.stores().health.check().await.expect_err("it was just found full");
    assert_eq!(error.kind, StoreErrorKind::StorageFull);
    sql_query("DROP TRIGGER full_disk").execute(&mut outside).unwrap();
    database.stores().tasks.change(user, create().into(), at(0)).await.unwrap().unwrap();
    database.stores().health.check().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_removed_or_replaced_takes_no_write_along_and_is_told() {
    for replaced in [false, true] {
        let place = TestDatabase::sqlite();
        let database = place.open().await;
        let user = Stores::of(database.stores()).user("ada").await;
        let (file, aside) = (place.file(), place.file().with_extension("aside"));
        std::fs::rename(&file, &aside).unwrap();
        if replaced {
            std::fs::copy(&aside, &file).unwrap();
        }
        let error = add(&database, user).await.expect_err("it would be lost");
        assert_eq!(error.kind, StoreErrorKind::Unavailable);
        assert!(database.stores().health.check().await.is_err());
        std::fs::rename(&aside, &file).unwrap();
        add(&database, user).await.unwrap();
        database.stores().health.check().await.unwrap();
    }
}
