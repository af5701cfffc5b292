//! What people see while the database is away, and that nothing needs a restart afterwards.

use std::time::{Duration, Instant};

use serde_json::json;
use todo_testkit::{
    app::TestApp,
    database::TestDatabase,
    faults::{LockedUser, Outage},
    model::{ScriptedModel, call, say},
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
    let wait = refused.header("retry-after").parse::<u64>().unwrap();
    refused.expect_problem(409, "turn_in_progress");
    tokio::time::sleep(Duration::from_secs(wait)).await;
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

#[tokio::test(flavor = "multi_thread")]
async fn migrations_that_are_pending_keep_the_service_from_being_ready() {
    let app = TestApp::on(TestDatabase::empty_postgres().await).start().await;
    let nobody = app.stranger();
    nobody.get("/health/ready").await.expect_problem(503, "migrations_pending");
    app.store.migrate_up().await.unwrap();
    nobody.get("/health/ready").await.expect(200);
}
