//! Migrations go up, down and up again, and make the tables that the queries are written for.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection, sql_types};
use todo_adapters::Database;
use todo_contract::{Stores, number, titled};
use todo_domain::{
    Change, Due, TaskAction, TaskFilter, TaskPatch, TaskQuery, TaskTitle, Timestamp,
};
use todo_testkit::database::{TestDatabase, migration_names, open};
use tokio_postgres::Client;

#[tokio::test(flavor = "multi_thread")]
async fn below_the_first_migration_there_is_nothing_to_take_back() {
    let place = TestDatabase::empty_postgres().await;
    assert_eq!(place.open().await.migrate_down_one().await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_is_migrated_on_command_only() {
    let place = TestDatabase::empty_postgres().await;
    let database = place.open().await;
    let pending = database.stores().health.check().await.unwrap().pending_migrations;
    assert_eq!(pending, migration_names("postgres"));
    assert_eq!(database.migrate_up().await.unwrap(), pending);
    assert_eq!(database.stores().health.check().await.unwrap().pending_migrations, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_is_migrated_when_it_is_opened() {
    let place = TestDatabase::sqlite();
    let database = place.open().await;
    assert_eq!(database.stores().health.check().await.unwrap().pending_migrations, [""; 0]);
    assert!(database.migration_status().await.unwrap().iter().all(|state| state.applied));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_that_migrate_at_once_wait_for_each_other() {
    let place = TestDatabase::empty_postgres().await;
    let (one, two) = (place.open().await, place.open().await);
    let (first, second) = tokio::join!(one.migrate_up(), two.migrate_up());
    let applied = [first.unwrap(), second.unwrap()].concat();
    assert_eq!(applied, migration_names("postgres"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_was_not_finished_is_made_again_once_an_old_transaction_is_over() {
    let place = TestDatabase::postgres().await;
    let database = place.open().await;
    let name = "2026-11-23-000005_turns_by_end";
    while database.migrate_down_one().await.unwrap().unwrap() != name {}
    let (old, hasty) = (place.client().await, place.client().await);
    old.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM turns").await.unwrap();
    hasty.batch_execute("SET lock_timeout = '50ms'").await.unwrap();
    let unfinished = "CREATE INDEX CONCURRENTLY turns_by_end ON turns (finished_at)";
    hasty.batch_execute(unfinished).await.unwrap_err();
    let is_valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'turns_by_end'::regclass";
    let is_valid = async || hasty.query_one(is_valid, &[]).await.unwrap().get::<_, bool>(0);
    assert!(!is_valid().await);

    // Longer than a migration in a transaction would wait.
    let has_waited = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND \
                      datname = current_database() AND now() - query_start > '5.2 seconds')";
    let dump = async {
        let started = Instant::now();
        while !hasty.query_one(has_waited, &[]).await.unwrap().get::<_, bool>(0) {
            assert!(started.elapsed() < Duration::from_secs(60), "it does not wait");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        old.batch_execute("COMMIT").await.unwrap();
    };
    let (applied, ()) = tokio::join!(database.migrate_up(), dump);
    assert_eq!(applied.unwrap()[0], name);
    assert!(is_valid().await);
}

/// Takes back what the version before does not know, has it write, and applies it again. `write`
/// carries out a statement; `instant` is how one is written.
async fn a_row_of_the_version_before_is_found(
    database: &Database,
    write: impl AsyncFn(&str) -> usize,
    instant: impl Fn(Timestamp) -> String,
) {
    let stores = Stores::of(database.stores());
    let ada = stores.user("ada").await;
    stores.add(ada, titled("call grandma")).await;
    while database.migrate_down_one().await.unwrap().unwrap()
        != "2026-11-28-000001_tasks_by_due_time"
    {}
    // In Bogota it is still the day before.
    let at: Timestamp = "2026-12-25T04:30:00Z".parse().unwrap();
    let due = format!("UPDATE tasks SET due_day = '2026-12-24', due_at = {}", instant(at));
    assert_eq!(write(&due).await, 1);
    database.migrate_up().await.unwrap();
    let on = async |day: &str| {
        let day = day.parse().ok();
        let filter = TaskFilter { due_after: day, due_before: day, ..TaskFilter::default() };
        let (sort, zone) = ("due".parse().unwrap(), "Asia/Tokyo".parse().unwrap());
        let query = TaskQuery { filter, sort, zone, ..TaskQuery::default() };
        stores.list(ada, query).await.tasks.len()
    };
    assert_eq!((on("2026-12-24").await, on("2026-12-25").await), (0, 1));

    // What this version writes is dated for the version before, which takes no instant without.
    let due = Change::Set(Due::At(at));
    let patch = TaskPatch { due: due.into(), ..TaskPatch::default() };
    let title = TaskTitle::new("call grandma again").ok();
    stores.act(ada, number(1), TaskAction::Update(TaskPatch { title, ..patch })).await;
    let found =
        "UPDATE tasks SET version = version WHERE due_at IS NOT NULL AND due_first = '2026-12-25'";
    assert_eq!(write(found).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_finds_tasks_of_the_version_before_under_the_readers_day() {
    let place = TestDatabase::postgres().await;
    let client = place.client().await;
    let write = async |sql: &str| client.execute(sql, &[]).await.unwrap() as usize;
    let instant = |at: Timestamp| format!("TIMESTAMPTZ '{at}'");
    a_row_of_the_version_before_is_found(&place.open().await, write, instant).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_finds_tasks_of_the_version_before_under_the_readers_day() {
    let place = TestDatabase::sqlite();
    let database = place.open().await;
    let file = place.file().to_str().unwrap().to_owned();
    let write = async |sql: &str| {
        let mut conn = SqliteConnection::establish(&file).unwrap();
        diesel::sql_query(sql).execute(&mut conn).unwrap()
    };
    let instant = |at: Timestamp| at.as_microsecond().to_string();
    a_row_of_the_version_before_is_found(&database, write, instant).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_needs_no_right_to_change_tables() {
    let place = TestDatabase::postgres().await;
    let role = format!("todo_test_role_{}_{}", std::process::id(), todo_testkit::unique());
    let admin = place.client().await;
    let create = format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'only-for-a-test';
         REVOKE CREATE ON SCHEMA public FROM PUBLIC;
         GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role};"
    );
    admin.batch_execute(&create).await.unwrap();
    let (scheme, rest) =
        place.url().split_once("://").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let server = rest.split_once('@').map_or(rest.as_str(), |(_, server)| server);
    let url = format!("{scheme}://{role}:only-for-a-test@{server}");
    let limited = open(&url, Duration::from_secs(10)).await;
    let checked = limited.stores().health.check().await;
    let created = limited.migrate_down_one().await;
    limited.close();
    let drop = format!("DROP OWNED BY {role}; DROP ROLE {role};");
    admin.batch_execute(&drop).await.unwrap();
    assert_eq!(checked.unwrap().pending_migrations, [""; 0]);
    assert!(created.is_err());
}

/// Column by column: name, type as `schema.rs` calls it, nullable.
type Columns = Vec<(String, String, bool)>;

/// What `schema.rs` declares, by table, with the primary key.
fn declared() -> BTreeMap<String, (Vec<String>, Columns)> {
    let mut tables = BTreeMap::new();
    let source = include_str!("../src/storage/sql/schema.rs");
    for table in source.split("diesel::table! {").skip(1) {
        let (head, body) = table.split_once(") {").unwrap();
        let (name, key) = head.rsplit_once(';').unwrap().1.trim().split_once(" (").unwrap();
        let key = key.split(", ").map(str::to_owned).collect();
        let columns = body.lines().filter_map(|line| {
            let (name, of) = line.trim().strip_suffix(',')?.split_once(" -> ")?;
            let nullable = of.strip_prefix("Nullable<").and_then(|of| of.strip_suffix('>'));
            Some((name.to_owned(), nullable.unwrap_or(of).to_owned(), nullable.is_some()))
        });
        tables.insert(name.to_owned(), (key, columns.collect()));
    }
    assert!(tables.len() >= 9);
    tables
}

async fn postgres_columns(client: &Client, table: &str) -> Columns {
    let query = "SELECT column_name, data_type, is_nullable = 'YES' FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name = $1 ORDER BY ordinal_position";
    let rows = client.query(query, &[&table]).await.unwrap();
    let column = |row: &tokio_postgres::Row| {
        let of = match row.get(1) {
            "bigint" => "BigInt",
            "integer" => "Integer",
            "smallint" => "SmallInt",
            "text" => "Text",
            "uuid" => "Id",
            "bytea" => "Binary",
            "timestamp with time zone" => "Instant",
            "date" => "Day",
            other => other,
        };
        (row.get(0), of.to_owned(), row.get(2))
    };
    rows.iter().map(column).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_declared_tables_are_those_of_postgres() {
    let place = TestDatabase::postgres().await;
    let client = place.client().await;
    let query = "SELECT table_name::text FROM information_schema.tables
        WHERE table_schema = 'public' AND table_name <> '__diesel_schema_migrations' ORDER BY 1";
    let rows = client.query(query, &[]).await.unwrap();
    let tables: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let declared = declared();
    assert_eq!(tables, declared.keys().cloned().collect::<Vec<_>>());
    let key = "SELECT a.attname::text FROM pg_index i
        JOIN unnest(i.indkey) WITH ORDINALITY AS k (column_number, place) ON true
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.column_number
        WHERE i.indisprimary AND i.indrelid = $1::text::regclass ORDER BY k.place";
    for (table, (declared_key, columns)) in &declared {
        assert_eq!(&postgres_columns(&client, table).await, columns, "{table}");
        let rows = client.query(key, &[table]).await.unwrap();
        let key: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        assert_eq!(&key, declared_key, "{table}");
    }
}

#[derive(QueryableByName)]
struct SqliteColumn {
    #[diesel(sql_type = sql_types::Text)]
    table_name: String,
    #[diesel(sql_type = sql_types::Text)]
    name: String,
    #[diesel(sql_type = sql_types::Text)]
    of: String,
    #[diesel(sql_type = sql_types::Integer)]
    not_null: i32,
    #[diesel(sql_type = sql_types::Integer)]
    key_place: i32,
}

#[tokio::test(flavor = "multi_thread")]
async fn the_declared_tables_are_those_of_sqlite() {
    let place = TestDatabase::sqlite();
    place.open().await;
    let mut conn = SqliteConnection::establish(place.file().to_str().unwrap()).unwrap();
    let query = "SELECT t.name AS table_name, c.name, c.type AS of, c.\"notnull\" AS not_null, c.pk AS key_place
        FROM sqlite_schema t, pragma_table_xinfo(t.name) c
        WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
        AND t.name <> '__diesel_schema_migrations' ORDER BY t.name, c.cid";
    let rows: Vec<SqliteColumn> = diesel::sql_query(query).load(&mut conn).unwrap();
    let mut found: BTreeMap<String, (BTreeMap<i32, String>, Columns)> = BTreeMap::new();
    for row in rows {
        let (key, columns) = found.entry(row.table_name).or_default();
        if row.key_place > 0 {
            key.insert(row.key_place, row.name.clone());
        }
        columns.push((row.name, row.of, row.not_null == 0 && row.key_place == 0));
    }
    let stored = |of: &str| match of {
        "BigInt" | "Integer" | "SmallInt" | "Instant" => "INTEGER".to_owned(),
        "Text" | "Day" => "TEXT".to_owned(),
        "Id" | "Binary" => "BLOB".to_owned(),
        other => other.to_owned(),
    };
    let declared = declared().into_iter().map(|(table, (key, columns))| {
        let key: BTreeMap<i32, String> = (1..).zip(key).collect();
        let columns = columns.into_iter().map(|(name, of, null)| (name, stored(&of), null));
        (table, (key, columns.collect()))
    });
    assert_eq!(found, declared.collect());
}
