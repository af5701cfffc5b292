//! Which indexes SQLite reads by: what its planner says of the statements that are sent. Without
//! statistics, which nobody makes, it says the same of any number of rows.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{collections::BTreeSet, mem, sync::Arc};

use diesel::{
    Connection, QueryableByName, RunQueryDsl, SqliteConnection,
    connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation},
    sql_query,
    sql_types::Text,
};
use parking_lot::Mutex;
use todo_contract::Stores;
use todo_domain::{TaskFilter, TaskQuery};
use todo_testkit::database::TestDatabase;

/// The statements that were sent since somebody asked.
static SENT: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn sent() -> Vec<String> {
    mem::take(&mut SENT.lock())
}

fn listener() -> Option<Box<dyn Instrumentation>> {
    Some(Box::new(|event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let query = query.to_string();
            let statement = query.split(" -- binds").next().unwrap_or_default().to_owned();
            SENT.lock().push(statement);
        }
    }))
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// How each of these statements finds the rows of its tables, and where it sorts them.
fn plans(conn: &mut SqliteConnection, statements: &[String]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for statement in statements.iter().filter(|it| it.starts_with("SELECT")) {
        let plan = sql_query(format!("EXPLAIN QUERY PLAN {statement}")).load(conn).unwrap();
        let details = plan.into_iter().map(|step: Step| step.detail);
        found.extend(details.filter(|detail| {
            let of_table = ["SEARCH ", "SCAN ", "USE TEMP"].iter().any(|it| detail.starts_with(it));
            of_table && !detail.starts_with("SCAN (subquery")
        }));
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_by_due_date_and_the_folding_of_former_rows_read_their_indexes_in_order() {
    set_default_instrumentation(listener).unwrap();
    let place = TestDatabase::sqlite();
    let ports = place.open().await.stores();
    let (folding, stores) = (Arc::clone(&ports.folding), Stores::of(ports));
    let ada = stores.user("ada").await;
    let mut conn = SqliteConnection::establish(place.file().to_str().unwrap()).unwrap();

    let day = "2026-06-15".parse().ok();
    let on_a_day = TaskFilter { due_after: day, due_before: day, ..TaskFilter::default() };
    let overdue = TaskFilter { overdue: true, ..TaskFilter::default() };
    for filter in [TaskFilter::default(), on_a_day, overdue] {
        for (sort, days) in [("due", "tasks_by_first_day"), ("-due", "tasks_by_last_day")] {
            let query = TaskQuery {
                filter: filter.clone(),
                sort: sort.parse().unwrap(),
                zone: "America/Bogota".parse().unwrap(),
                ..TaskQuery::default()
            };
            sent();
            stores.list(ada, query).await;
            let plans = plans(&mut conn, &sent());
            assert_eq!(plans.len(), 2, "{sort} {filter:?}: {plans:#?}");
            for index in [days, "tasks_by_due_time"] {
                let by_index = format!("SEARCH tasks USING INDEX {index} (user_id=?");
                assert!(
                    plans.iter().any(|it| it.starts_with(&by_index)),
                    "{sort} {filter:?}: {plans:#?}"
                );
            }
        }
    }

    sent();
    assert_eq!(folding.next_to_fold(None).await.unwrap(), None);
    let plans = plans(&mut conn, &sent());
    assert_eq!(plans.len(), 3, "{plans:#?}");
    for table in ["tasks", "conversations", "messages"] {
        let is_by_index =
            |it: &&String| it.contains(&format!("{table} USING ")) && it.contains("_by_folding");
        assert!(plans.iter().any(|it| is_by_index(&it)), "{table}: {plans:#?}");
    }
}
