//! Several changes of tasks at once.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use serde_json::{Value, json};
use todo_domain::{UserLimit, UserLimits};
use todo_testkit::{
    app::{Answer, Visitor},
    on_both_stores,
};

const PATH: &str = "/api/me/tasks:batch";

async fn batch(user: &Visitor, operations: Value) -> Answer {
    user.post(PATH, &json!({ "operations": operations })).await
}

/// A sketch of the list: number, title, status.
async fn sketch(user: &Visitor) -> Vec<String> {
    let tasks = user.tasks().await;
    let text = |task: &Value, field: &str| task[field].as_str().unwrap().to_owned();
    tasks
        .iter()
        .map(|task| format!("{} {} {}", task["id"], text(task, "title"), text(task, "status")))
        .collect()
}

/// The one error of a batch that was rejected.
#[track_caller]
fn rejection(answer: Answer) -> (String, String) {
    let problem = answer.expect_problem(422, "batch_rejected");
    let errors = problem["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{problem}");
    let text = |field: &str| errors[0][field].as_str().unwrap().to_owned();
    (text("field"), text("code"))
}

on_both_stores! {
    async fn everything_that_can_be_done_to_a_task_can_be_done_at_once(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        for title in ["milk", "bread", "jam"] {
            ada.add_task(&json!({ "title": title })).await;
        }
        let answer = batch(&ada, json!([
            { "op": "create", "title": "tea", "priority": "high", "due": "2026-11-27" },
            { "op": "update", "id": 1, "version": 1, "title": "oat milk", "due": null },
            { "op": "complete", "id": 2 },
            { "op": "complete", "id": 2 },
            { "op": "reopen", "id": 2 },
            { "id": 3, "op": "delete" },
            { "op": "complete", "id": 4, "version": 1 },
        ])).await.expect(200);
        let results = answer["results"].as_array().unwrap();
        let told: Vec<_> = results.iter().map(|it| format!("{} {} {}", it["op"].as_str().unwrap(), it["outcome"].as_str().unwrap(), it["task"]["id"])).collect();
        assert_eq!(told, ["create created 4", "update updated 1", "complete completed 2", "complete already_completed 2", "reopen reopened 2", "delete deleted 3", "complete completed 4"]);
        assert_eq!(results[6]["task"], ada.get("/api/me/tasks/4").await.expect(200));
        assert_eq!(sketch(&ada).await, ["1 oat milk pending", "2 bread pending", "4 tea completed"]);
    }

    async fn one_operation_that_can_not_be_done_undoes_all(app) {
        let user_limits = UserLimits { tasks: UserLimit::new(2).unwrap(), ..UserLimits::default() };
        let app = app.user_limits(user_limits).start().await;
        let (ada, ben) = (app.sign_up("ada").await, app.sign_up("ben").await);
        ada.add_task(&json!({ "title": "milk" })).await;
        for _ in 0..2 {
            ben.add_task(&json!({ "title": "bens" })).await;
        }
        let create = json!({ "op": "create", "title": "bread" });
        let delete = json!({ "op": "delete", "id": 1 });
        for (operations, field, code) in [
            (json!([delete, create, { "op": "complete", "id": 2 }, { "op": "delete", "id": 9 }]), "operations[3]", "task_not_found"),
            (json!([{ "op": "delete", "id": 1, "version": 7 }]), "operations[0]", "version_mismatch"),
            (json!([create, create]), "operations[1]", "task_limit_reached"),
            (json!([delete, delete]), "operations[1]", "task_not_found"),
        ] {
            let rejected = rejection(batch(&ada, operations.clone()).await);
            assert_eq!((rejected.0.as_str(), rejected.1.as_str()), (field, code), "{operations}");
            assert_eq!(sketch(&ada).await, ["1 milk pending"], "{operations}");
        }
        assert_eq!(ada.add_task(&json!({ "title": "bread" })).await["id"], 2, "no number was taken");
        assert_eq!(sketch(&ben).await.len(), 2);
    }

    async fn a_hundred_operations_are_not_too_many(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        let create = |count: usize| Value::Array(vec![json!({ "op": "create", "title": "milk" }); count]);
        batch(&ada, create(101)).await.expect_invalid("operations");
        batch(&ada, create(0)).await.expect_invalid("operations");
        assert_eq!(batch(&ada, create(100)).await.expect(200)["results"][99]["task"]["id"], 100);
        assert_eq!(ada.tasks().await.len(), 100);
    }

    async fn everything_that_is_wrong_is_named_by_its_place(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        let answer = batch(&ada, json!([
            { "op": "create", "title": "fine" },
            { "op": "create", "title": " ", "priority": "urgent" },
            { "op": "create" },
            { "op": "create", "title": 5 },
            { "op": "create", "title": "a", "id": 7 },
            { "op": "update", "title": "b" },
            { "op": "update", "id": 1, "title": null },
            { "op": "complete", "id": 0 },
            { "op": "complete", "id": "1" },
            { "op": "delete", "id": 1, "title": "c" },
            { "op": "list" },
            { "id": 1 },
            { "op": "update", "priority": "urgent", "due": 5, "more": 1 },
        ])).await;
        let problem = answer.expect_problem(422, "validation_failed");
        let fields: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
        assert_eq!(fields, [
            "operations[1].title", "operations[1].priority", "operations[2].title", "operations[3].title", "operations[4].id", "operations[5].id",
            "operations[6].title", "operations[7].id", "operations[8].id", "operations[9].title", "operations[10].op", "operations[11].op",
            "operations[12].id", "operations[12].priority", "operations[12].due", "operations[12].more",
        ]);
        for (body, field) in [
            (json!({}), "operations"), (json!({ "operations": {} }), "operations"), (json!({ "operations": [7] }), "operations[0]"),
            (json!({ "operations": [], "more": 1 }), "more"),
            (json!({ "operations": [{ "op": "create", "title": "a", "body": 1 }] }), "operations[0].body"),
        ] {
            ada.post(PATH, &body).await.expect_invalid(field);
        }
        let twice = br#"{"operations":[{"op":"delete","id":1,"id":2}]}"#;
        let json = [("content-type", "application/json")];
        ada.send(reqwest::Method::POST, PATH, &json, Some(twice.to_vec())).await.expect_invalid("operations[0]");
        assert!(ada.tasks().await.is_empty());
    }

    async fn a_time_in_a_batch_is_meant_where_the_user_is(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        ada.patch("/api/auth/me", &json!({ "timezone": "Asia/Tokyo" })).await.expect(200);
        let answer = batch(&ada, json!([{ "op": "create", "title": "call", "due": "2026-11-27T15:00" }])).await;
        assert_eq!(answer.expect(200)["results"][0]["task"]["due"], "2026-11-27T06:00:00.000000Z");
    }
}
