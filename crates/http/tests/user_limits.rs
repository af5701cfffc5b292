//! How much one user may keep, over HTTP and in the chat.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use serde_json::json;
use todo_domain::{UserLimit, UserLimits};
use todo_testkit::on_both_stores;

/// Three tasks and two conversations.
fn small() -> UserLimits {
    UserLimits { tasks: UserLimit::new(3).unwrap(), conversations: UserLimit::new(2).unwrap() }
}

on_both_stores! {
    async fn a_full_list_says_how_to_make_room(app) {
        let app = app.user_limits(small()).start().await;
        let ada = app.sign_up("ada").await;
        for title in ["milk", "bread", "butter"] {
            ada.add_task(&json!({ "title": title })).await;
        }
        let full = ada.post("/api/me/tasks", &json!({ "title": "jam" })).await;
        let problem = full.expect_problem(409, "task_limit_reached");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("included: 3.") && detail.contains("make room"), "{detail}");
        ada.delete("/api/me/tasks/1").await.expect(204);
        assert_eq!(ada.add_task(&json!({ "title": "jam" })).await["id"], 4);
    }

    async fn the_chat_says_plainly_that_the_list_is_full(app) {
        let app = app.user_limits(small()).start().await;
        let ada = app.sign_up("ada").await;
        for title in ["milk", "bread"] {
            ada.add_task(&json!({ "title": title })).await;
        }
        let answer = ada.say("add butter and add jam").await;
        let calls: Vec<_> = answer["tool_calls"].as_array().unwrap().iter().map(|call| &call["ok"]).collect();
        assert_eq!(calls, [true, false], "{answer}");
        assert_eq!(answer["tool_calls"][1]["result"]["error"], "task_limit_reached");
        let said = answer["message"].as_str().unwrap();
        assert!(said.contains("Added task 3: butter") && said.contains("I could not add “jam”: The list is full"), "{said}");
        assert_eq!(ada.tasks().await.len(), 3);
    }

    async fn a_conversation_too_many_does_not_begin(app) {
        let app = app.user_limits(small()).start().await;
        let ada = app.sign_up("ada").await;
        let first = ada.say("hello").await["conversation_id"].clone();
        ada.say("hello").await;
        let refused = ada.post("/api/me/chat", &json!({ "message": "hello" })).await;
        let problem = refused.expect_problem(409, "conversation_limit_reached");
        assert!(problem["detail"].as_str().unwrap().contains("may have: 2."), "{problem}");
        let on = json!({ "message": "hello again", "conversation_id": first });
        ada.post("/api/me/chat", &on).await.expect(200);
        ada.delete(&format!("/api/me/conversations/{}", first.as_str().unwrap())).await.expect(204);
        ada.say("hello").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bound_that_is_lowered_deletes_nothing() {
    let app = todo_testkit::app::TestApp::postgres().await.start().await;
    let ada = app.sign_up("ada").await;
    for n in 0..5 {
        ada.add_task(&json!({ "title": format!("task {n}") })).await;
    }
    let lower = app.beside().user_limits(small()).start().await;
    let ada = ada.at(lower.base_url());
    assert_eq!(ada.tasks().await.len(), 5);
    for number in [1, 2] {
        ada.delete(&format!("/api/me/tasks/{number}")).await.expect(204);
        let refused = ada.post("/api/me/tasks", &json!({ "title": "one more" })).await;
        refused.expect_problem(409, "task_limit_reached");
    }
    ada.delete("/api/me/tasks/3").await.expect(204);
    assert_eq!(ada.add_task(&json!({ "title": "one more" })).await["id"], 6);
}
