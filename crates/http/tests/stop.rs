//! An answer that takes too long, or goes wrong, can be stopped.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use todo_testkit::{
    app::{Answer, TestApp, Visitor},
    model::{Line, ScriptedModel, call, say},
    on_both_stores,
};
use tokio::task::JoinHandle;

const CONVERSATION: &str = "9b2e8c1e-0f6a-4c58-9f3b-5a3f4d0a7c11";

fn add(title: &str) -> Line {
    call([("add_task", json!({ "title": title }))])
}

fn begin(user: &Visitor) -> JoinHandle<Answer> {
    let user = user.clone();
    let body = json!({ "message": "add milk and bread", "new_conversation_id": CONVERSATION });
    tokio::spawn(async move {
        let headers = [("content-type", "application/json"), ("idempotency-key", "k1")];
        user.send(Method::POST, "/api/me/chat", &headers, Some(body.to_string().into_bytes())).await
    })
}

async fn post(user: &Visitor, path: &str) -> Answer {
    user.send(Method::POST, path, &[], None).await
}

async fn running_turn(user: &Visitor) -> Value {
    let messages = user.get(&format!("/api/me/conversations/{CONVERSATION}/messages")).await;
    messages.expect(200)[0]["turn_id"].clone()
}

on_both_stores! {
    async fn a_stopped_turn_asks_nothing_more_and_keeps_what_it_did(app) {
        let (model, gate) = ScriptedModel::gated([add("milk"), say("Hello.")]);
        let app = app.model(model.clone()).start().await;
        let ada = app.sign_up("ada").await;
        let waiting = begin(&ada);
        gate.asked().await;
        gate.release();
        gate.asked().await;
        let turn = running_turn(&ada).await;
        let path = format!("/api/me/turns/{}", turn.as_str().unwrap());
        let stopped = post(&ada, &format!("{path}/cancel")).await.expect(202);
        assert_eq!((&stopped["id"], &stopped["status"]), (&turn, &json!("cancelled")));
        // The question in flight is dropped: nobody releases it.
        let refused = waiting.await.unwrap().expect_problem(409, "turn_cancelled");
        assert_eq!((&refused["turn_id"], &refused["conversation_id"]), (&turn, &json!(CONVERSATION)));
        assert_eq!(refused["tool_calls"].as_array().unwrap().len(), 1);
        assert_eq!((ada.tasks().await.len(), model.times_asked()), (1, 2));
        let again = post(&ada, &format!("{path}/cancel")).await.expect(200);
        // The question that was dropped is counted by its length.
        let asked = |turn: &Value| turn["usage"]["input_tokens"].as_u64().unwrap();
        assert!(asked(&again) > asked(&stopped), "{again}");
        let without_usage = |mut turn: Value| {
            turn["usage"] = Value::Null;
            turn
        };
        assert_eq!(without_usage(again), without_usage(stopped));
        // By its key it stays cancelled.
        let replayed = begin(&ada).await.unwrap();
        assert_eq!(replayed.header("idempotent-replayed"), "true");
        assert_eq!(replayed.expect_problem(409, "turn_cancelled")["tool_calls"], refused["tool_calls"]);
        gate.release();
        let next = json!({ "message": "hello", "conversation_id": CONVERSATION });
        ada.post("/api/me/chat", &next).await.expect(200);
    }

    async fn a_conversation_is_stopped_without_knowing_its_turn(app) {
        let (model, gate) = ScriptedModel::gated([say("Hello.")]);
        let app = app.model(model).start().await;
        let (ada, ben) = (app.sign_up("ada").await, app.sign_up("ben").await);
        let stop = format!("/api/me/chat/{CONVERSATION}/stop");
        for path in [&stop, "/api/me/chat/no-uuid/stop"] {
            assert_eq!(post(&ada, path).await.status, 204);
        }
        let waiting = begin(&ada);
        gate.asked().await;
        assert_eq!(post(&ben, &stop).await.status, 204, "somebody else's");
        let stopped = ada.post(&stop, &json!({ "id": CONVERSATION })).await.expect(202);
        assert_eq!(stopped["status"], "cancelled");
        let refused = waiting.await.unwrap().expect_problem(409, "turn_cancelled");
        assert_eq!(stopped["turn_id"], refused["turn_id"]);
        assert_eq!(post(&ada, &stop).await.status, 204);
    }

    async fn what_can_not_be_stopped_is_told(app) {
        let app = app.model(ScriptedModel::endless(say("Hello."))).start().await;
        let (ada, ben) = (app.sign_up("ada").await, app.sign_up("ben").await);
        let done = ada.say("hello").await;
        let cancel = format!("/api/me/turns/{}/cancel", done["turn_id"].as_str().unwrap());
        assert_eq!(post(&ada, &cancel).await.expect(200)["status"], "completed");
        post(&ben, &cancel).await.expect_problem(404, "turn_not_found");
        post(&ada, "/api/me/turns/7/cancel").await.expect_problem(404, "turn_not_found");
    }
}

/// The turn runs in one process, the request to stop it comes to another.
#[tokio::test(flavor = "multi_thread")]
async fn a_turn_is_stopped_from_another_process_within_two_seconds() {
    let (model, gate) = ScriptedModel::gated([say("Hello.")]);
    let one = TestApp::postgres().await.model(model.clone()).start().await;
    let two = one.beside().model(ScriptedModel::new([])).start().await;
    let ada = one.sign_up("ada").await;
    let waiting = begin(&ada);
    gate.asked().await;
    let (there, asked) = (ada.at(two.base_url()), Instant::now());
    post(&there, &format!("/api/me/chat/{CONVERSATION}/stop")).await.expect(202);
    waiting.await.unwrap().expect_problem(409, "turn_cancelled");
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
}
