//! Bad input gets a clear answer that names the field, and stores nothing.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use todo_testkit::{
    app::{Answer, TestApp, Visitor},
    model::ScriptedModel,
    on_both_stores,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

async fn raw(user: &Visitor, content_type: &str, body: impl Into<Vec<u8>>) -> Answer {
    let headers = [("content-type", content_type)];
    user.send(Method::POST, "/api/me/chat", &headers, Some(body.into())).await
}

async fn stored(user: &Visitor) -> usize {
    user.get("/api/me/conversations").await.expect(200).as_array().unwrap().len()
}

fn task(fields: &Value) -> Value {
    let mut task = json!({ "title": "x" });
    task.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    task
}

on_both_stores! {
    async fn a_bad_message_is_refused_by_field_and_stores_nothing(app) {
        // A model without a script fails the test's last assertion if it is ever asked.
        let model = ScriptedModel::new([]);
        let app = app.model(model.clone()).start().await;
        let ada = app.sign_up("ada").await;
        for message in [json!(""), json!(" \n\t"), json!("x".repeat(2_001)), json!("a\u{0}b"), json!(7), json!(null), json!(["x"])] {
            ada.post("/api/me/chat", &json!({ "message": message })).await.expect_invalid("message");
        }
        ada.post("/api/me/chat", &json!({})).await.expect_invalid("message");
        ada.post("/api/me/chat", &json!({ "message": "x", "model": "y" })).await.expect_invalid("model");
        ada.post("/api/me/chat", &json!({ "message": "x", "conversation_id": "7" })).await.expect_invalid("conversation_id");
        ada.post("/api/me/chat", &json!({ "message": "x", "new_conversation_id": "7" })).await.expect_invalid("new_conversation_id");
        let id = "00000000-0000-0000-0000-000000000009";
        let both = json!({ "message": "x", "conversation_id": id, "new_conversation_id": id });
        ada.post("/api/me/chat", &both).await.expect_invalid("new_conversation_id");
        ada.post("/api/me/chat", &json!({ "message": "x", "timezone": "Mars/Base" })).await.expect_invalid("timezone");
        let unknown = json!({ "message": "x", "conversation_id": "00000000-0000-0000-0000-000000000009" });
        ada.post("/api/me/chat", &unknown).await.expect_problem(404, "conversation_not_found");
        raw(&ada, "application/json", "{\"message\":").await.expect_problem(400, "malformed_json");
        raw(&ada, "application/json", "").await.expect_problem(400, "malformed_json");
        raw(&ada, "application/json", [b'"', 0xff, b'"']).await.expect_problem(400, "malformed_json");
        raw(&ada, "text/plain", "{\"message\":\"x\"}").await.expect_problem(415, "unsupported_media_type");
        let large = json!({ "message": "x".repeat(70_000) }).to_string();
        raw(&ada, "application/json", large).await.expect_problem(413, "body_too_large");
        assert_eq!(stored(&ada).await, 0);
        assert!(model.requests().is_empty());
    }

    async fn two_thousand_characters_are_not_too_many(app) {
        let app = app.model(ScriptedModel::endless(todo_testkit::model::say("ok"))).start().await;
        let ada = app.sign_up("ada").await;
        ada.say(&"😀".repeat(2_000)).await;
    }

    async fn a_deleted_conversation_is_gone(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        let id = ada.say("add milk").await["conversation_id"].clone();
        ada.delete(&format!("/api/me/conversations/{}", id.as_str().unwrap())).await.expect(204);
        ada.post("/api/me/chat", &json!({ "message": "x", "conversation_id": id })).await.expect_problem(404, "conversation_not_found");
        assert_eq!(ada.tasks().await.len(), 1, "tasks outlive the conversation they came from");
    }

    async fn an_account_is_refused_by_field(app) {
        let app = app.start().await;
        let nobody = app.stranger();
        let account = |field: &str, value: Value| {
            let mut account = json!({ "name": "Ada", "email": "ada@example.org", "password": "correct horse" });
            account[field] = value;
            account
        };
        for (field, value) in [
            ("name", json!(" ")), ("name", json!("x".repeat(101))), ("email", json!("ada")), ("email", json!("ada@")), ("email", json!(7)),
            ("password", json!("short")), ("password", json!("x".repeat(256))), ("timezone", json!("Nowhere")), ("role", json!("admin")),
        ] {
            nobody.post("/api/auth/signup", &account(field, value)).await.expect_invalid(field);
        }
        let all_wrong = json!({ "name": "", "email": "", "password": "" });
        let problem = nobody.post("/api/auth/signup", &all_wrong).await.expect_problem(422, "validation_failed");
        assert_eq!(problem["errors"].as_array().unwrap().len(), 3, "{problem}");
        nobody.post("/api/auth/signup", &account("name", json!("Ada"))).await.expect(201);
        nobody.post("/api/auth/signup", &account("email", json!("ADA@Example.ORG"))).await.expect_problem(409, "email_taken");
        let wrong = json!({ "email": "ada@example.org", "password": "wrong password" });
        nobody.post("/api/auth/signin", &wrong).await.expect_problem(401, "wrong_credentials");
        let unknown = json!({ "email": "eve@example.org", "password": "correct horse" });
        nobody.post("/api/auth/signin", &unknown).await.expect_problem(401, "wrong_credentials");
        let right = json!({ "email": "Ada@example.org", "password": "correct horse" });
        assert_eq!(nobody.post("/api/auth/signin", &right).await.expect(200)["user"]["email"], "ada@example.org");
    }

    async fn a_task_is_refused_by_field(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        for (field, value) in [
            ("title", json!("")), ("title", json!("  ")), ("title", json!("x".repeat(201))), ("title", json!(null)), ("title", json!("a\u{0}")),
            ("description", json!("x".repeat(2_001))), ("priority", json!("urgent")), ("priority", json!(1)),
            ("due", json!("tomorrow")), ("due", json!("2026-02-30")), ("due", json!(20261201)), ("status", json!("done")), ("id", json!(7)),
        ] {
            ada.post("/api/me/tasks", &task(&json!({ field: value }))).await.expect_invalid(field);
        }
        assert!(ada.tasks().await.is_empty());
        ada.add_task(&json!({ "title": "x" })).await;
        for (field, value) in [("title", json!(null)), ("title", json!("")), ("priority", json!(null)), ("due", json!("soon")), ("version", json!(3))] {
            ada.patch("/api/me/tasks/1", &json!({ field: value })).await.expect_invalid(field);
        }
        assert_eq!(ada.tasks().await[0]["version"], 1);
    }

    async fn an_id_that_is_none_finds_nothing(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        for id in ["0", "-1", "01", "+1", "abc", "1.5", "99999999999999999999", "1%00"] {
            ada.get(&format!("/api/me/tasks/{id}")).await.expect_problem(404, "task_not_found");
        }
        ada.get("/api/me/conversations/7").await.expect_problem(404, "conversation_not_found");
        ada.get("/api/me/turns/7").await.expect_problem(404, "turn_not_found");
    }

    async fn a_list_is_refused_by_parameter(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        for (query, parameter) in [
            ("limit=0", "limit"), ("limit=101", "limit"), ("limit=x", "limit"), ("limit=", "limit"), ("cursor=!", "cursor"), ("cursor=e30", "cursor"),
            ("sort=title", "sort"), ("status=open", "status"), ("priority=urgent", "priority"), ("due_before=soon", "due_before"), ("overdue=yes", "overdue"),
            ("due_after=2026-13-01", "due_after"), ("q=%20", "q"), ("color=red", "color"),
        ] {
            ada.get(&format!("/api/me/tasks?{query}")).await.expect_invalid(parameter);
        }
        // Places before the year 1.
        let tasks = "eyJzb3J0IjoiLWNyZWF0ZWRfYXQiLCJrZXkiOnsibWljcm9zZWNvbmQiOi0zMDAwMDAwMDAwMDAwMDAwMDB9LCJ0YXNrIjoxfQ";
        ada.get(&format!("/api/me/tasks?cursor={tasks}")).await.expect_invalid("cursor");
        let conversations = "eyJtaWNyb3NlY29uZCI6LTMwMDAwMDAwMDAwMDAwMDAwMCwiY29udmVyc2F0aW9uIjoiMDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDA5In0";
        ada.get(&format!("/api/me/conversations?cursor={conversations}")).await.expect_invalid("cursor");
        for list in ["/api/me/conversations", "/api/me/conversations/00000000-0000-0000-0000-000000000009/messages"] {
            ada.get(&format!("{list}?limit=101")).await.expect_invalid("limit");
            ada.get(&format!("{list}?cursor=!")).await.expect_invalid("cursor");
        }
    }

    async fn search_takes_every_character_literally(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        let titles = ["100% wool", "100 wool", "a_b", "axb", "'); DROP TABLE tasks;--", "back\\slash", "ÄPFEL kaufen", "\"quoted\""];
        for title in titles {
            ada.add_task(&json!({ "title": title })).await;
        }
        for (query, found) in [("100%25", 0), ("a_b", 2), ("%27)%3B%20drop", 4), ("back%5Cslash", 5), ("%C3%A4pfel", 6), ("%22", 7)] {
            let tasks = ada.get(&format!("/api/me/tasks?q={query}")).await.expect(200);
            let tasks: Vec<_> = tasks.as_array().unwrap().iter().map(|task| task["title"].as_str().unwrap()).collect();
            assert_eq!(tasks, [titles[found]], "{query}");
        }
    }
}

/// What is answered to this, and whether the connection is closed after that.
async fn answer_to(app: &TestApp, request: &str) -> String {
    let address = app.base_url().trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A connection that stays open would be read until its time is up.
    timeout(Duration::from_secs(60), stream.read_to_end(&mut answer)).await.unwrap().unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_wants_a_web_socket_is_refused_at_once_and_hides_no_other() {
    let app = TestApp::sqlite().start().await;
    let ada = app.sign_up("ada").await;
    let token = ada.token.as_deref().unwrap();
    let body = r#"{"title":"buy milk"}"#;
    for upgrade in [
        "upgrade: websocket\r\n",
        "Upgrade: WebSocket\r\nconnection: Upgrade\r\n",
        "upgrade: h2c\r\nupgrade:  websocket \r\n",
    ] {
        let request = format!(
            "POST /api/me/tasks HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\n{upgrade}content-length: {}\r\n\r\n{body}\
             GET /health HTTP/1.1\r\nhost: x\r\n\r\n",
            body.len()
        );
        let answer = answer_to(&app, &request).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{upgrade}: {answer}");
        assert!(answer.contains("\"code\":\"upgrade_refused\""), "{answer}");
        assert!(answer.contains("remove the `Upgrade` header."), "{answer}");
        assert!(answer.to_lowercase().contains("connection: close"), "{answer}");
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
    }
    assert!(ada.tasks().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_of_another_protocol_is_passed_over() {
    let app = TestApp::sqlite().start().await;
    let request = "GET /health HTTP/1.1\r\nhost: x\r\nupgrade: h2c\r\n\
                   connection: upgrade, http2-settings, close\r\nhttp2-settings: AAMAAABk\r\n\r\n";
    let answer = answer_to(&app, request).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}
