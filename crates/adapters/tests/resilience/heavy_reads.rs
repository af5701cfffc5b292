//! One user's searches: they end at their deadline, take turns, and hold up nobody else.

use std::time::{Duration, Instant};

use diesel::{Connection, RunQueryDsl, SqliteConnection, connection::SimpleConnection, sql_query};
use futures_util::future::join_all;
use todo_adapters::Database;
use todo_contract::{Stores, call, step, titled};
use todo_domain::{
    CallOperation, NewTask, PageLimit, SearchText, Tags, TaskDescription, TaskFilter, TaskQuery,
    Total, UserId,
    ports::{StepOutcome, StoreErrorKind},
};
use todo_testkit::database::TestDatabase;

use crate::{BUDGET, add, eventually, idle, lock_user, unavailable};

fn searching(text: &str) -> TaskQuery {
    let text = Some(SearchText::new(text).unwrap());
    TaskQuery {
        filter: TaskFilter { text, ..TaskFilter::default() },
        limit: PageLimit::new(50).unwrap(),
        total: Total::Counted,
        ..TaskQuery::default()
    }
}

/// Ten tags that are as long as tags may be, and end in this letter.
fn ten_tags(end: char) -> Tags {
    let tags = ('a'..='j').map(|tag| format!("{}{end}", String::from(tag).repeat(29)));
    tags.collect::<Vec<_>>().join(",").parse().unwrap()
}

fn tagged(tags: &Tags) -> TaskQuery {
    TaskQuery {
        filter: TaskFilter { tags: tags.clone(), ..TaskFilter::default() },
        total: Total::Counted,
        ..TaskQuery::default()
    }
}

/// A view in place of the tasks that takes longer than anybody waits.
const ENDLESS: &str = "ALTER TABLE tasks RENAME TO kept";
const VIEW: &str = "CREATE VIEW tasks AS
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
    SELECT kept.* FROM kept, n WHERE i < 0";

fn make_endless(outside: &mut SqliteConnection) {
    for statement in ["PRAGMA legacy_alter_table = ON", ENDLESS, VIEW] {
        sql_query(statement).execute(outside).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_a_statement_ends_at_its_deadline_and_nothing_runs_on() {
    let place = TestDatabase::sqlite();
    let database = place.open_within(BUDGET).await;
    let user = Stores::of(database.stores()).user("ada").await;
    add(&database, user).await.unwrap();
    let mut outside = SqliteConnection::establish(place.file().to_str().unwrap()).unwrap();
    make_endless(&mut outside);
    let list = database.stores().tasks;
    let list = list.list(user, TaskQuery::default(), crate::at(0));
    unavailable(list).await;
    let told = Instant::now();
    idle(&database).await;
    assert!(told.elapsed() < Duration::from_secs(2), "it ran on for {:?}", told.elapsed());
    for statement in ["DROP VIEW tasks", "ALTER TABLE kept RENAME TO tasks"] {
        sql_query(statement).execute(&mut outside).unwrap();
    }
    assert_eq!(Stores::of(database.stores()).list(user, TaskQuery::default()).await.tasks.len(), 1);
}

/// As many tasks as a list may have would take a test too long to make one by one.
async fn with_long_tasks(database: &Database, user: UserId) {
    let stores = Stores::of(database.stores());
    for _ in 0..20 {
        let description = TaskDescription::new("a".repeat(2_000)).ok();
        let tags = ten_tags('a');
        stores.add(user, NewTask { description, tags, ..titled(&"a".repeat(200)) }).await;
    }
}

async fn searches_of_one_user_leave_the_others_their_turn(place: TestDatabase) {
    let database = place.open().await;
    let stores = Stores::of(database.stores());
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    with_long_tasks(&database, ada).await;
    let needle = format!("{}b", "a".repeat(199));
    let search = async || {
        assert_eq!(stores.list(ada, searching(&needle)).await.total, Some(0));
        assert_eq!(stores.list(ada, tagged(&ten_tags('b'))).await.total, Some(0));
        assert_eq!(stores.tasks.tags(ada).await.unwrap().len(), 10);
    };
    let attack = async {
        join_all((0..30).map(|_| async {
            for _ in 0..5 {
                search().await;
            }
        }))
        .await;
    };
    let others = async {
        for _ in 0..20 {
            add(&database, ben).await.unwrap();
            stores.list(ben, TaskQuery::default()).await;
            stores.list(ben, searching("milk")).await;
        }
    };
    tokio::join!(attack, others);
    // Thirty at once had at most one connection besides those of the others.
    assert!(database.pool().size <= 4, "{:?}", database.pool());
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_searches_of_one_user_leave_the_others_their_turn() {
    searches_of_one_user_leave_the_others_their_turn(TestDatabase::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_searches_of_one_user_leave_the_others_their_turn() {
    searches_of_one_user_leave_the_others_their_turn(TestDatabase::postgres().await).await;
}

/// As many letters as the longest text of a task has, ten thousand times: a search that compares
/// them one by one at every place takes ten seconds and more for them, one that does not takes less
/// than one.
const LONGEST_LIST: [&str; 2] = [
    "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 10000)
     INSERT INTO tasks (user_id, id, title, priority, status, search_text, version, created_at, updated_at)
     SELECT 1, n, 'long', 1, 0, replace(hex(zeroblob(1100)), '0', 'a'), 1, 0, 0 FROM n;
     WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 100)
     INSERT INTO conversations (user_id, id, title, search_text, created_at, updated_at)
     SELECT 1, CAST(printf('%16d', n) AS BLOB), 'long', 'long', 0, 0 FROM n;
     WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 100)
     INSERT INTO messages (user_id, conversation_id, seq, id, role, body, turn_id, created_at, search_text)
     SELECT 1, id, n, randomblob(16), 'user', 'long', id, 0, replace(hex(zeroblob(1100)), '0', 'a')
     FROM conversations, n;",
    "INSERT INTO tasks (user_id, id, title, priority, status, search_text, version, created_at, updated_at)
     SELECT 1, n, 'long', 1, 0, repeat('a', 2200), 1, now(), now() FROM generate_series(1, 10000) n;
     INSERT INTO conversations (user_id, id, title, search_text, created_at, updated_at)
     SELECT 1, gen_random_uuid(), 'long', 'long', now(), now() FROM generate_series(1, 100);
     INSERT INTO messages (user_id, conversation_id, seq, id, role, body, turn_id, created_at, search_text)
     SELECT 1, id, n, gen_random_uuid(), 'user', 'long', id, now(), repeat('a', 2200)
     FROM conversations, generate_series(1, 100) n;",
];

/// Searches tasks and conversations of a list made with [`LONGEST_LIST`], while others go on.
async fn the_worst_searches_end_in_time(place: &TestDatabase, make: impl AsyncFnOnce()) {
    let database = place.open_within(Duration::from_secs(5)).await;
    let stores = Stores::of(database.stores());
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    assert_eq!(ada.get(), 1);
    make().await;
    let needle = format!("{}b", "a".repeat(199));
    let attack = async {
        for _ in 0..2 {
            let tasks = stores.list(ada, searching(&needle)).await;
            assert_eq!(tasks.total, Some(0));
            let (text, limit) = (SearchText::new(needle.clone()).unwrap(), PageLimit::default());
            let said = stores.conversations.search(ada, text, limit, None).await.unwrap();
            assert_eq!(said.conversations.len(), 0);
        }
    };
    let others = async {
        for _ in 0..20 {
            add(&database, ben).await.unwrap();
            stores.list(ben, searching("milk")).await;
        }
    };
    tokio::join!(attack, others);
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_the_worst_searches_of_the_longest_list_end_in_time() {
    let place = TestDatabase::sqlite();
    let make = async || {
        let mut outside = SqliteConnection::establish(place.file().to_str().unwrap()).unwrap();
        outside.batch_execute(LONGEST_LIST[0]).unwrap();
    };
    the_worst_searches_end_in_time(&place, make).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_the_worst_searches_of_the_longest_list_end_in_time() {
    let place = TestDatabase::postgres().await;
    let make = async || place.client().await.batch_execute(LONGEST_LIST[1]).await.unwrap();
    the_worst_searches_end_in_time(&place, make).await;
}

/// The list is still being read when all of the others have been written.
#[tokio::test(flavor = "multi_thread")]
async fn sqlite_a_list_that_comes_first_in_a_step_keeps_nobody_from_writing() {
    let place = TestDatabase::sqlite();
    let database = place.open_within(Duration::from_secs(6)).await;
    let stores = Stores::of(database.stores());
    let user = stores.user("ada").await;
    add(&database, user).await.unwrap();
    let turn = stores.begin(user, "show my tasks").await;
    make_endless(&mut SqliteConnection::establish(place.file().to_str().unwrap()).unwrap());
    let look = vec![call(CallOperation::List(TaskQuery::default()))];
    let running = tokio::spawn({
        let (turns, step) = (database.stores().turns, step(&turn, 1, look));
        async move { turns.run_step(step).await }
    });
    let is_busy = async || database.pool().available < database.pool().size;
    eventually("the list is read", is_busy).await;
    for number in 0..20 {
        stores.user(&format!("user{number}")).await;
    }
    assert!(!running.is_finished());
    assert!(running.await.unwrap().is_err(), "it has no end of its own");
}

/// Whoever looks first in a step holds no lock meanwhile: a search that never ends does not keep
/// others from writing.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_comes_first_in_a_step_is_read_outside_of_its_transaction() {
    let place = TestDatabase::postgres().await;
    let database = place.open().await;
    let stores = Stores::of(database.stores());
    let user = stores.user("ada").await;
    let turn = stores.begin(user, "show my tasks").await;
    let outside = place.client().await;
    outside.batch_execute("BEGIN; LOCK TABLE tasks IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let look = vec![call(CallOperation::List(searching("milk")))];
    let running = tokio::spawn({
        let (turns, step) = (database.stores().turns, step(&turn, 1, look));
        async move { turns.run_step(step).await }
    });
    crate::lock_is_waited_for(&outside).await;
    let other = place.client().await;
    lock_user(&other, user).await;
    other.batch_execute("ROLLBACK").await.unwrap();
    outside.batch_execute("ROLLBACK").await.unwrap();
    assert!(matches!(running.await.unwrap().unwrap(), StepOutcome::Recorded(_)));
}

/// A turn keeps its conversation for the time that one unit of work may take: what a step waits for its
/// search, looks and writes is one.
#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_looks_and_writes_has_one_time_for_both() {
    let budget = Duration::from_secs(4);
    let place = TestDatabase::postgres().await;
    let database = place.open_within(budget).await;
    let stores = Stores::of(database.stores());
    let user = stores.user("ada").await;
    let turn = stores.begin(user, "show my tasks").await;
    let (outside, other) = (place.client().await, place.client().await);
    outside.batch_execute("BEGIN; LOCK TABLE tasks IN ACCESS EXCLUSIVE MODE").await.unwrap();
    lock_user(&other, user).await;
    let look = vec![call(CallOperation::List(searching("milk")))];
    let begun = Instant::now();
    let running = tokio::spawn({
        let (turns, step) = (database.stores().turns, step(&turn, 1, look));
        async move { turns.run_step(step).await }
    });
    crate::lock_is_waited_for(&outside).await;
    // It looks for most of its time, and then waits to write.
    tokio::time::sleep(budget.mul_f32(0.7).saturating_sub(begun.elapsed())).await;
    outside.batch_execute("ROLLBACK").await.unwrap();
    let outcome = running.await.unwrap();
    let took = begun.elapsed();
    assert_eq!(outcome.unwrap_err().kind, StoreErrorKind::Unavailable);
    assert!(took < budget.mul_f32(1.4), "{took:?}");
}
