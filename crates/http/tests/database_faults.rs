//! What people see while the database is away, and that nothing needs a restart afterwards.

use std::{
    fs,
    time::{Duration, Instant},
};

use futures_util::future::{join_all, join3};
use serde_json::json;
use todo_testkit::{
    app::TestApp,
    database::TestDatabase,
    faults::{LockedUser, Outage},
    model::{ScriptedModel, call, say},
    until,
};

const BUDGET: Duration = Duration::from_millis(500);

async fn started_on_postgres(parameters: &str) -> TestApp {
    let app = TestApp::postgres().await.database_timeout(BUDGET).database_parameters(parameters);
    app.model(ScriptedModel::endless(say("ok"))).start().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_gone_is_a_503_and_comes_back_by_itself() {
    let app = started_on_postgres("").await;
    let ada = app.sign_up("ada").await;
    let outage = Outage::of(app.database()).await;
    let asked = Instant::now();
    ada.get("/api/me/tasks").await.expect_problem(503, "database_unavailable");
    ada.post("/api/me/chat", &json!({ "message": "hi" }))
        .await
        .expect_problem(503, "database_unavailable");
    assert!(asked.elapsed() < 3 * BUDGET, "{:?}", asked.elapsed());
    ada.get("/health/ready").await.expect_problem(503, "database_unavailable");
    let details = ada.get("/health/detailed").await.expect(503);
    assert_eq!(
        (&details["status"], &details["cohere"]["status"]),
        (&json!("degraded"), &json!("not_configured"))
    );
    assert_eq!(details["database"]["status"], "unavailable", "{details}");
    assert_eq!(details["database"]["pool"]["size"], 0, "{details}");
    assert_eq!(ada.get("/health").await.text, r#"{"status":"healthy"}"#);
    outage.end().await;
    assert!(ada.tasks().await.is_empty());
    ada.get("/health/ready").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_goes_away_in_the_middle_of_a_turn_fails_it_and_the_turn_ends_with_its_lease()
 {
    let (model, gate) =
        ScriptedModel::gated([call([("add_task", json!({ "title": "x" }))]), say("ok")]);
    let app = TestApp::postgres().await.database_timeout(BUDGET).chat_timeout(2 * BUDGET);
    let app = app.model(model).start().await;
    let ada = app.sign_up("ada").await;
    let running = tokio::spawn({
        let ada = ada.clone();
        async move { ada.post("/api/me/chat", &json!({ "message": "go" })).await }
    });
    gate.asked().await;
    let outage = Outage::of(app.database()).await;
    gate.release();
    let problem = running.await.unwrap().expect_problem(503, "database_unavailable");
    outage.end().await;
    assert!(ada.tasks().await.is_empty());
    let chat = json!({ "message": "again", "conversation_id": problem["conversation_id"] });
    let refused = ada.post("/api/me/chat", &chat).await;
    assert!((1..=5).contains(&refused.header("retry-after").parse::<u64>().unwrap()));
    refused.expect_problem(409, "turn_in_progress");
    let loaded = format!("/api/me/chat/{}", problem["conversation_id"].as_str().unwrap());
    let load = async || ada.get(&loaded).await.expect(200);
    assert_eq!(load().await["status"], "running");
    until("its lease is over", async || load().await["status"] != "running").await;
    let left = load().await;
    assert_eq!(left["status"], "idle");
    assert_eq!(left["messages"][1]["metadata"]["status"], "interrupted");
    gate.release();
    ada.post("/api/me/chat", &chat).await.expect(200);
    let turn = ada.get(&format!("/api/me/turns/{}", problem["turn_id"].as_str().unwrap())).await;
    assert_eq!(turn.expect(200)["status"], "interrupted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_is_exhausted_and_a_lock_that_is_held_are_503_within_the_budget() {
    let app = started_on_postgres("pool_size=2").await;
    let ada = app.sign_up("ada").await;
    let held = LockedUser::hold(app.database(), ada.id).await;
    let asked = Instant::now();
    let waiting: Vec<_> = (0..6)
        .map(|n| {
            let ada = ada.clone();
            tokio::spawn(async move {
                ada.post("/api/me/tasks", &json!({ "title": format!("t{n}") })).await
            })
        })
        .collect();
    for answer in waiting {
        answer.await.unwrap().expect_problem(503, "database_unavailable");
    }
    assert!(asked.elapsed() < 2 * BUDGET, "{:?}", asked.elapsed());
    held.release().await;
    ada.add_task(&json!({ "title": "after" })).await;
    let titles: Vec<_> = ada.tasks().await.iter().map(|task| task["title"].clone()).collect();
    assert_eq!(titles, ["after"], "what was answered with 503 was not done");
    assert_eq!(app.store.pool().in_use(), 0);
}

/// Once the file is in its place again everything goes on, with all that was told to be written.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_file_that_is_removed_or_replaced_takes_no_writes_until_it_is_back() {
    let app = TestApp::sqlite().start().await;
    let ada = app.sign_up("ada").await;
    ada.add_task(&json!({ "title": "before" })).await;
    let file = app.database().file();
    let aside = file.with_file_name("aside");
    for replacement in [None, Some("another file")] {
        fs::rename(&file, &aside).unwrap();
        if let Some(text) = replacement {
            fs::write(&file, text).unwrap();
        }
        let milk = json!({ "title": "milk" });
        ada.post("/api/me/tasks", &milk).await.expect_problem(503, "database_unavailable");
        let chat = json!({ "message": "add milk" });
        ada.post("/api/me/chat", &chat).await.expect_problem(503, "database_unavailable");
        ada.get("/health/ready").await.expect_problem(503, "database_unavailable");
        fs::rename(&aside, &file).unwrap();
        ada.get("/health/ready").await.expect(200);
    }
    ada.say("add after").await;
    let titles: Vec<_> = ada.tasks().await.iter().map(|task| task["title"].clone()).collect();
    assert_eq!(titles, ["before", "after"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_that_changes_its_type_beside_the_service_fails_no_list_and_few_writes() {
    const CONNECTIONS: usize = 2;
    let app = TestApp::postgres().await;
    let app = app.database_parameters(&format!("pool_size={CONNECTIONS}")).start().await;
    let ada = app.sign_up("ada").await;
    ada.add_task(&json!({ "title": "milk" })).await;
    let list = || ada.get("/api/me/tasks");
    let write = |n: usize| {
        let title = json!({ "title": format!("milk {n}") });
        let ada = &ada;
        async move { ada.patch("/api/me/tasks/1", &title).await.status.as_u16() }
    };
    let talk = |_| {
        let message = json!({ "message": "show my tasks" });
        let ada = &ada;
        async move { ada.post("/api/me/chat", &message).await.status.as_u16() }
    };
    let outside = app.database().client().await;
    for length in [500, 501] {
        // Many at once, so that every connection has a plan of each.
        join_all((0..8).map(|n| join3(list(), write(n), talk(n)))).await;
        let change = format!("ALTER TABLE tasks ALTER title TYPE varchar({length})");
        outside.batch_execute(&change).await.unwrap();
        for read in join_all((0..30).map(|_| list())).await {
            read.expect(200);
        }
        let failures = |statuses: Vec<u16>| statuses.iter().filter(|it| **it != 200).count();
        let writes = failures(join_all((0..15).map(write)).await);
        let talks = failures(join_all((0..15).map(talk)).await);
        assert!(writes <= CONNECTIONS, "{writes} of 15 writes failed");
        assert!(talks <= CONNECTIONS, "{talks} of 15 messages failed");
        ada.get("/health/ready").await.expect(200);
    }
}

/// What the server says where it can't make a file longer.
const FULL_DISK: &str = "
    CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE EXCEPTION 'could not extend file \"base/5/16391\": No space left on device'
        USING ERRCODE = '53100'; END $$;
    CREATE TRIGGER full_disk BEFORE INSERT ON tasks EXECUTE FUNCTION full_disk()";

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_as_such_by_a_task_by_a_turn_and_by_health_until_there_is_room() {
    let app = TestApp::postgres().await;
    let calls = [("add_task", json!({ "title": "x" }))];
    let app = app.model(ScriptedModel::endless(call(calls))).start().await;
    let ada = app.sign_up("ada").await;
    let outside = app.database().client().await;
    outside.batch_execute(FULL_DISK).await.unwrap();
    let task = ada.post("/api/me/tasks", &json!({ "title": "milk" })).await;
    assert_eq!(task.header("retry-after"), "60");
    task.expect_problem(503, "storage_full");
    let chat = ada.post("/api/me/chat", &json!({ "message": "add x" })).await;
    assert_eq!(chat.header("retry-after"), "60");
    let problem = chat.expect_problem(503, "storage_full");
    let turn = ada.get(&format!("/api/me/turns/{}", problem["turn_id"].as_str().unwrap())).await;
    let turn = turn.expect(200);
    assert_eq!((&turn["status"], &turn["code"]), (&json!("failed"), &json!("storage_full")));
    ada.post("/api/me/tasks", &json!({ "title": "milk" }))
        .await
        .expect_problem(503, "storage_full");
    ada.get("/health/ready").await.expect_problem(503, "storage_full");
    let details = ada.get("/health/detailed").await.expect(503);
    assert_eq!(details["database"]["status"], "storage_full", "{details}");
    assert!(ada.tasks().await.is_empty());
    outside.batch_execute("DROP TRIGGER full_disk ON tasks").await.unwrap();
    ada.add_task(&json!({ "title": "milk" })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_that_waits_too_long_for_other_searches_of_its_user_is_told_so() {
    // The first one goes on beyond the time of its caller, as a server does that is busy.
    let patient = "options=-c%20statement_timeout%3D60000%20-c%20lock_timeout%3D60000";
    let app = TestApp::postgres().await.database_timeout(Duration::from_secs(2));
    let app = app.database_parameters(patient).start().await;
    let ada = app.sign_up("ada").await;
    let outside = app.database().client().await;
    let lock = "BEGIN; LOCK TABLE tasks IN ACCESS EXCLUSIVE MODE";
    outside.batch_execute(lock).await.unwrap();
    let first = tokio::spawn({
        let ada = ada.clone();
        async move { ada.get("/api/me/tasks?q=milk").await }
    });
    let waiting = "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
                   WHERE datname = current_database() AND NOT granted";
    while outside.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let second = ada.get("/api/me/tasks?q=bread").await;
    assert_eq!(second.header("retry-after"), "1");
    second.expect_problem(429, "too_many_searches");
    first.await.unwrap().expect_problem(503, "database_unavailable");
    outside.batch_execute("ROLLBACK").await.unwrap();
    ada.get("/api/me/tasks?q=bread").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn migrations_that_are_pending_keep_the_service_from_being_ready() {
    let app = TestApp::on(TestDatabase::empty_postgres().await).start().await;
    let nobody = app.stranger();
    nobody.get("/health/ready").await.expect_problem(503, "migrations_pending");
    app.store.migrate_up().await.unwrap();
    nobody.get("/health/ready").await.expect(200);
}
