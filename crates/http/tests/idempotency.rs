//! A message that is sent again with its key is answered, and nothing is done twice.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use todo_domain::{ModelFailure, ModelMessage};
use todo_testkit::{
    app::{Answer, TestApp, Visitor},
    database::TestDatabase,
    model::{Line, ScriptedModel, call, say},
    on_both_stores,
};

fn add(title: &str) -> Line {
    call([("add_task", json!({ "title": title }))])
}

fn unavailable() -> Line {
    Line::Fail(ModelFailure::Unavailable { retry_after: None })
}

async fn send(user: &Visitor, key: &str, body: &Value) -> Answer {
    send_to(user, "/api/me/chat", key, body).await
}

async fn send_to(user: &Visitor, path: &str, key: &str, body: &Value) -> Answer {
    let headers = [("content-type", "application/json"), ("idempotency-key", key)];
    user.send(Method::POST, path, &headers, Some(body.to_string().into_bytes())).await
}

/// Conversations and messages.
async fn stored(user: &Visitor) -> (usize, usize) {
    let conversations = user.get("/api/me/conversations").await.expect(200);
    let conversations = conversations.as_array().unwrap().clone();
    let mut messages = 0;
    for conversation in &conversations {
        let path =
            format!("/api/me/conversations/{}/messages", conversation["id"].as_str().unwrap());
        messages += user.get(&path).await.expect(200).as_array().unwrap().len();
    }
    (conversations.len(), messages)
}

on_both_stores! {
    async fn an_answer_that_was_lost_is_given_again(app) {
        let model = ScriptedModel::new([add("milk"), say("Added milk.")]);
        let app = app.model(model.clone()).start().await;
        let ada = app.sign_up("ada").await;
        let body = json!({ "message": "add milk", "timezone": "Europe/Berlin" });
        let first = send(&ada, "k1", &body).await;
        assert!(first.headers.get("idempotent-replayed").is_none());
        for _ in 0..2 {
            let again = send(&ada, "k1", &body).await;
            assert_eq!((again.status, &again.text), (first.status, &first.text));
            assert_eq!(again.header("idempotent-replayed"), "true");
        }
        assert_eq!(model.times_asked(), 2);
        assert_eq!((stored(&ada).await, ada.tasks().await.len()), ((1, 2), 1));
    }

    async fn a_key_is_for_one_message(app) {
        let app = app.model(ScriptedModel::endless(say("ok"))).start().await;
        let (ada, ben) = (app.sign_up("ada").await, app.sign_up("ben").await);
        let answer = send(&ada, "k1", &json!({ "message": "hello" })).await.expect(200);
        for other in [
            json!({ "message": "hello!" }),
            json!({ "message": "hello", "timezone": "UTC" }),
            json!({ "message": "hello", "conversation_id": answer["conversation_id"] }),
            json!({ "message": "hello", "new_conversation_id": answer["conversation_id"] }),
        ] {
            send(&ada, "k1", &other).await.expect_problem(422, "idempotency_key_reused");
        }
        assert_eq!(stored(&ada).await, (1, 2));
        send(&ben, "k1", &json!({ "message": "hello!" })).await.expect(200);
        send(&ada, "k2", &json!({ "message": "hello!" })).await.expect(200);
    }

    async fn a_first_message_with_a_conversation_of_its_own_is_answered_again(app) {
        let app = app.model(ScriptedModel::endless(say("ok"))).start().await;
        let ada = app.sign_up("ada").await;
        let body = json!({ "message": "hello", "new_conversation_id": "9b2e8c1e-0f6a-4c58-9f3b-5a3f4d0a7c11" });
        let first = send(&ada, "k1", &body).await;
        let again = send(&ada, "k1", &body).await;
        assert_eq!((first.status.as_u16(), &again.text), (200, &first.text));
        send(&ada, "k2", &body).await.expect_problem(409, "conversation_exists");
    }

    async fn a_failed_message_goes_on_where_it_stopped(app) {
        let model = ScriptedModel::new([add("milk"), unavailable(), add("bread"), unavailable(), say("Added both.")]);
        let app = app.model(model.clone()).start().await;
        let ada = app.sign_up("ada").await;
        let body = json!({ "message": "add milk and bread" });
        let first = send(&ada, "k1", &body).await.expect_problem(503, "provider_unavailable");
        let second = send(&ada, "k1", &body).await.expect_problem(503, "provider_unavailable");
        assert_eq!(second["turn_id"], first["turn_id"]);
        assert_eq!(second["tool_calls"].as_array().unwrap().len(), 2);
        let answer = send(&ada, "k1", &body).await;
        assert!(answer.headers.get("idempotent-replayed").is_none());
        let again = send(&ada, "k1", &body).await;
        assert_eq!(again.text, answer.text);
        let answer = answer.expect(200);
        assert_eq!((&answer["turn_id"], &answer["message"]), (&first["turn_id"], &json!("Added both.")));
        assert_eq!(answer["tool_calls"].as_array().unwrap().len(), 2);
        assert_eq!(answer["usage"], json!({ "input_tokens": 30, "output_tokens": 15 }));
        assert_eq!((stored(&ada).await, ada.tasks().await.len()), ((1, 2), 2));
        // The model read what was done, and the message once.
        let last = model.requests().pop().unwrap().messages;
        assert!(matches!(last[0], ModelMessage::User(_)));
        let count = |wanted: fn(&ModelMessage) -> bool| last.iter().filter(|it| wanted(it)).count();
        assert_eq!(count(|it| matches!(it, ModelMessage::User(_))), 1);
        assert_eq!(count(|it| matches!(it, ModelMessage::ToolResult { .. })), 2);
        assert_eq!(count(|it| matches!(it, ModelMessage::Assistant(_))), 0);
    }

    async fn attempts_share_the_steps_of_their_message(app) {
        let script = (0..4).flat_map(|_| [add("x"), unavailable()]).chain([add("x"), add("x"), add("x")]);
        let app = app.model(ScriptedModel::new(script)).start().await;
        let ada = app.sign_up("ada").await;
        let body = json!({ "message": "add x" });
        for _ in 0..4 {
            send(&ada, "k1", &body).await.expect_problem(503, "provider_unavailable");
        }
        send(&ada, "k1", &body).await.expect_problem(502, "turn_step_limit");
        assert_eq!(ada.tasks().await.len(), 6);
    }

    async fn a_message_that_is_being_answered_is_not_answered_twice(app) {
        let (model, gate) = ScriptedModel::gated([say("Hello.")]);
        let app = app.model(model.clone()).start().await;
        let ada = app.sign_up("ada").await;
        let body = json!({ "message": "hello" });
        let running = tokio::spawn({ let (ada, body) = (ada.clone(), body.clone()); async move { send(&ada, "k1", &body).await } });
        gate.asked().await;
        let refused = send(&ada, "k1", &body).await;
        assert_eq!(refused.header("retry-after"), "1", "the answer may be there soon");
        let refused = refused.expect_problem(409, "turn_in_progress");
        gate.release();
        let answer = running.await.unwrap();
        assert_eq!(answer.json()["turn_id"], refused["turn_id"]);
        assert_eq!(send(&ada, "k1", &body).await.text, answer.text);
        assert_eq!((stored(&ada).await, model.times_asked()), ((1, 2), 1));
    }

    async fn a_task_is_added_once(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        let task = json!({ "title": "milk", "due": "2026-11-27T15:00:00Z", "tags": ["home"] });
        let first = send_to(&ada, "/api/me/tasks", "k1", &task).await;
        ada.patch("/api/me/tasks/1", &json!({ "title": "oat milk" })).await.expect(200);
        let same = json!({ "tags": ["home"], "due": "2026-11-27T15:00:00Z", "title": "milk" });
        for body in [&task, &same] {
            let again = send_to(&ada, "/api/me/tasks", "k1", body).await;
            assert_eq!((again.status.as_u16(), &again.text), (201, &first.text));
            for header in ["location", "etag"] {
                assert_eq!(again.header(header), first.header(header));
            }
            assert_eq!(again.header("idempotent-replayed"), "true");
        }
        let other = json!({ "title": "bread" });
        for path in ["/api/me/tasks", "/api/me/chat"] {
            let body = if path.ends_with("chat") { json!({ "message": "hello" }) } else { other.clone() };
            send_to(&ada, path, "k1", &body).await.expect_problem(422, "idempotency_key_reused");
        }
        send_to(&ada, "/api/me/tasks", "a b", &other).await.expect_problem(400, "invalid_idempotency_key");
        assert_eq!(ada.tasks().await.len(), 1);
    }

    async fn a_batch_is_carried_out_once(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        let batch = json!({ "operations": [{ "op": "create", "title": "milk" }, { "op": "complete", "id": 1 }] });
        let first = send_to(&ada, "/api/me/tasks:batch", "k1", &batch).await;
        assert_eq!(first.status, 200);
        ada.delete("/api/me/tasks/1").await.expect(204);
        let again = send_to(&ada, "/api/me/tasks:batch", "k1", &batch).await;
        assert_eq!((&again.text, again.header("idempotent-replayed")), (&first.text, "true"));
        let other = json!({ "operations": [{ "op": "create", "title": "bread" }] });
        send_to(&ada, "/api/me/tasks:batch", "k1", &other).await.expect_problem(422, "idempotency_key_reused");
        assert!(ada.tasks().await.is_empty());
    }

    async fn a_key_that_is_none_is_refused_and_nothing_is_stored(app) {
        let model = ScriptedModel::new([]);
        let app = app.model(model.clone()).start().await;
        let ada = app.sign_up("ada").await;
        let (long, body) = ("k".repeat(256), json!({ "message": "hello" }));
        for key in ["", "two words", "a\tb", long.as_str()] {
            let problem = send(&ada, key, &body).await.expect_problem(400, "invalid_idempotency_key");
            assert!(problem["detail"].as_str().unwrap().contains("Idempotency-Key"), "{problem}");
        }
        let twice = [("content-type", "application/json"), ("idempotency-key", "a"), ("idempotency-key", "a")];
        let twice = ada.send(Method::POST, "/api/me/chat", &twice, Some(body.to_string().into_bytes())).await;
        twice.expect_problem(400, "invalid_idempotency_key");
        assert_eq!((stored(&ada).await, model.times_asked()), ((0, 0), 0));
    }
}

/// Through two processes over one database, as it happens behind a load balancer.
#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_processes_answers_a_message() {
    let place = Arc::new(TestDatabase::postgres().await);
    let (model, gate) = ScriptedModel::gated([unavailable(), add("milk"), say("Added milk.")]);
    let one = TestApp::on(Arc::clone(&place)).model(model.clone()).start().await;
    let two = one.beside().model(model.clone()).start().await;
    let ada = one.sign_up("ada").await;
    let body = json!({ "message": "add milk" });
    gate.release();
    send(&ada, "k1", &body).await.expect_problem(503, "provider_unavailable");
    gate.asked().await;
    // Both resume the failed turn: one wins.
    let send_through = |base: &str| {
        let (there, body) = (ada.at(base), body.clone());
        tokio::spawn(async move { send(&there, "k1", &body).await })
    };
    let (first, second) = (send_through(one.base_url()), send_through(two.base_url()));
    gate.asked().await;
    gate.release();
    gate.release();
    let (first, second) = (first.await.unwrap(), second.await.unwrap());
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    // The loser came while the winner ran, or when it had ended.
    assert!(statuses == [200, 409] || statuses == [200, 200], "{statuses:?}");
    let again = send(&ada.at(two.base_url()), "k1", &body).await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    for answer in [first, second] {
        assert!(answer.status != 200 || answer.text == again.text);
    }
    assert_eq!((stored(&ada).await, ada.tasks().await.len()), ((1, 2), 1));
    assert_eq!(model.times_asked(), 3);
}
