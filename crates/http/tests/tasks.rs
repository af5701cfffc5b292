//! Tasks over HTTP, without a model.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use reqwest::Method;
use serde_json::{Value, json};
use todo_testkit::on_both_stores;

on_both_stores! {
    async fn every_field_survives_the_round_trip(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        let task = json!({ "title": "Kuchen backen 🎂", "description": "line one\nline two", "priority": "high", "due": "2026-11-27T15:00:00.000000Z", "tags": ["feiern", "küche"] });
        let created = ada.post("/api/me/tasks", &task).await;
        assert!(created.header("location").ends_with("/tasks/1"));
        let created = created.expect(201);
        for (field, value) in task.as_object().unwrap() {
            assert_eq!(&created[field], value);
        }
        assert_eq!((&created["status"], &created["version"], &created["completed_at"]), (&json!("pending"), &json!(1), &Value::Null));
        assert_eq!(ada.get("/api/me/tasks/1").await.expect(200), created);
    }

    async fn a_patch_changes_clears_and_leaves(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        ada.add_task(&json!({ "title": "a", "description": "d", "due": "2026-11-27" })).await;
        let patched = ada.patch("/api/me/tasks/1", &json!({ "title": "b", "due": null })).await.expect(200);
        assert_eq!((&patched["title"], &patched["description"], &patched["due"], &patched["version"]), (&json!("b"), &json!("d"), &Value::Null, &json!(2)));
        let same = ada.patch("/api/me/tasks/1", &json!({ "title": "b" })).await.expect(200);
        assert_eq!(same, patched, "a patch that changes nothing writes nothing");
    }

    async fn tags_group_tasks(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        for (title, tags) in [("a", json!(["#Home"])), ("b", json!(["home", "work"])), ("c", json!([]))] {
            ada.add_task(&json!({ "title": title, "tags": tags })).await;
        }
        let found = ada.get("/api/me/tasks?tag=home,work").await.expect(200);
        assert_eq!(found, json!([ada.get("/api/me/tasks/2").await.expect(200)]));
        let replaced = ada.patch("/api/me/tasks/2", &json!({ "tags": ["play"] })).await.expect(200);
        assert_eq!(replaced["tags"], json!(["play"]));
        let told = ada.get("/api/me/tags").await.expect(200);
        let one = |tag| json!({ "tag": tag, "pending": 1, "total": 1 });
        assert_eq!(told, json!([one("home"), one("play")]));
    }

    async fn completing_and_reopening_can_be_repeated(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        ada.add_task(&json!({ "title": "a" })).await;
        let post = async |what: &str| ada.send(Method::POST, &format!("/api/me/tasks/1/{what}"), &[], None).await.expect(200);
        let done = post("complete").await;
        assert_eq!(done["status"], "completed");
        assert!(done["completed_at"].is_string());
        assert_eq!(post("complete").await, done);
        assert_eq!(post("reopen").await["completed_at"], Value::Null);
    }

    async fn a_number_is_never_used_again(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        ada.add_task(&json!({ "title": "a" })).await;
        ada.delete("/api/me/tasks/1").await.expect(204);
        ada.delete("/api/me/tasks/1").await.expect_problem(404, "task_not_found");
        assert_eq!(ada.add_task(&json!({ "title": "b" })).await["id"], 2);
    }

    async fn a_change_of_a_version_that_is_past_is_refused(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        ada.add_task(&json!({ "title": "a" })).await;
        let read = ada.get("/api/me/tasks/1").await;
        let tag = read.header("etag").to_owned();
        assert_eq!(tag, "\"1\"");
        ada.patch("/api/me/tasks/1", &json!({ "title": "b" })).await.expect(200);
        let headers = [("content-type", "application/json"), ("if-match", tag.as_str())];
        let body = json!({ "title": "c" }).to_string().into_bytes();
        ada.send(Method::PATCH, "/api/me/tasks/1", &headers, Some(body.clone())).await.expect_problem(412, "version_mismatch");
        ada.send(Method::DELETE, "/api/me/tasks/1", &headers[1..], None).await.expect_problem(412, "version_mismatch");
        let current = [("content-type", "application/json"), ("if-match", "\"2\"")];
        assert_eq!(ada.send(Method::PATCH, "/api/me/tasks/1", &current, Some(body)).await.expect(200)["version"], 3);
    }

    async fn a_task_that_is_known_already_is_not_sent_again(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        ada.add_task(&json!({ "title": "a" })).await;
        let known = [("if-none-match", "\"1\"")];
        let answer = ada.send(Method::GET, "/api/me/tasks/1", &known, None).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (304, ""));
        ada.patch("/api/me/tasks/1", &json!({ "title": "b" })).await.expect(200);
        assert_eq!(ada.send(Method::GET, "/api/me/tasks/1", &known, None).await.expect(200)["title"], "b");
        let either = [("if-match", "\"1\", \"2\"")];
        ada.send(Method::DELETE, "/api/me/tasks/1", &either, None).await.expect(204);
    }

    async fn fifty_people_adding_at_once_get_fifty_numbers(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        let adding = (0..50).map(|n| { let ada = ada.clone(); tokio::spawn(async move { ada.add_task(&json!({ "title": format!("t{n}") })).await }) });
        for task in adding.collect::<Vec<_>>() {
            task.await.unwrap();
        }
        let ids: Vec<_> = ada.tasks().await.iter().map(|task| task["id"].as_i64().unwrap()).collect();
        assert_eq!(ids, (1..=50).collect::<Vec<_>>());
    }

    async fn a_patch_of_the_status_completes_and_reopens(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        ada.add_task(&json!({ "title": "a" })).await;
        let patch = async |body: Value| ada.patch("/api/me/tasks/1", &body).await;
        let done = patch(json!({ "status": "completed" })).await.expect(200);
        assert_eq!((&done["status"], &done["version"]), (&json!("completed"), &json!(2)));
        assert!(done["completed_at"].is_string());
        assert_eq!(patch(json!({ "status": "completed" })).await.expect(200), done);
        let open = patch(json!({ "status": "pending", "title": "b", "priority": "high" })).await.expect(200);
        assert_eq!((&open["status"], &open["title"], &open["completed_at"]), (&json!("pending"), &json!("b"), &Value::Null));
        for wrong in [json!("done"), Value::Null, json!(1)] {
            let refused = patch(json!({ "status": wrong, "title": "c" })).await.expect(422);
            assert_eq!(refused["errors"][0]["field"], "status");
        }
        assert_eq!(ada.get("/api/me/tasks/1").await.expect(200), open);
        ada.patch("/api/me/tasks/9", &json!({ "status": "completed", "title": "c" })).await.expect(404);
        let batch = |operation: Value| json!({ "operations": [operation] });
        let done = ada.post("/api/me/tasks:batch", &batch(json!({ "op": "update", "id": 1, "status": "completed" }))).await.expect(200);
        assert_eq!(done["results"][0]["outcome"], "completed");
        let both = batch(json!({ "op": "update", "id": 1, "status": "pending", "title": "c" }));
        let refused = ada.post("/api/me/tasks:batch", &both).await.expect(422);
        assert_eq!(refused["errors"][0]["field"], "operations[0].status");
    }
}
