//! Sentences that are read as tasks, and add none.

use serde_json::{Value, json};
use todo_testkit::{app::TestApp, clock::FixedClock};

/// A Sunday.
const NOW: &str = "2026-11-29T09:00:00Z";

#[tokio::test(flavor = "multi_thread")]
async fn a_sentence_is_read_as_the_tasks_it_would_add_and_adds_none() {
    let app = TestApp::sqlite().clock(FixedClock::at(NOW)).start().await;
    let ada = app.sign_up("ada").await;
    let read = async |text: &str| -> Value {
        let answer = ada.post("/api/me/tasks:read", &json!({ "text": text })).await;
        answer.expect(200)["tasks"].clone()
    };
    assert_eq!(
        read("call mum on friday at 3pm #family").await,
        json!([{
            "title": "call mum", "description": null, "priority": "medium",
            "due": "2026-12-04T15:00:00.000000Z", "tags": ["family"],
        }])
    );
    let report = read("finish the report by tomorrow, high priority").await;
    assert_eq!(report[0]["title"], "finish the report");
    assert_eq!((&report[0]["due"], &report[0]["priority"]), (&json!("2026-11-30"), &json!("high")));
    assert_eq!(report.as_array().map(Vec::len), Some(1));
    for plain in ["what's left", "delete everything", "x", "购买牛奶", "undo"] {
        let tasks = read(plain).await;
        assert_eq!(tasks.as_array().map(Vec::len), Some(1), "{plain}");
        assert_eq!(tasks[0]["title"], plain);
    }
    assert_eq!(ada.get("/api/me/tasks").await.expect(200), json!([]));
    assert_eq!(ada.get("/api/me/conversations").await.expect(200), json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_can_be_sent_as_new_tasks() {
    let app = TestApp::sqlite().clock(FixedClock::at(NOW)).start().await;
    let ada = app.sign_up("ada").await;
    ada.send_json(reqwest::Method::PATCH, "/api/auth/me", &json!({ "timezone": "Asia/Tokyo" }))
        .await
        .expect(200);
    let read = ada.post("/api/me/tasks:read", &json!({ "text": "buy milk today at 9pm" })).await;
    let task = ada.add_task(&read.expect(200)["tasks"][0]).await;
    assert_eq!(
        (&task["title"], &task["due"]),
        (&json!("buy milk"), &json!("2026-11-29T12:00:00.000000Z"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_sentence_is_refused() {
    let app = TestApp::sqlite().start().await;
    let ada = app.sign_up("ada").await;
    for text in [json!(""), json!("  "), json!("x".repeat(201))] {
        ada.post("/api/me/tasks:read", &json!({ "text": text })).await.expect_invalid("text");
    }
    app.stranger()
        .post("/api/me/tasks:read", &json!({ "text": "x" }))
        .await
        .expect_problem(401, "missing_token");
}
