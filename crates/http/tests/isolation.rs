//! Two people with the same task numbers never see or touch each other's rows.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use reqwest::Method;
use serde_json::{Value, json};
use todo_testkit::{
    app::Visitor,
    model::{Line, ScriptedModel, call, say},
    on_both_stores,
};

/// Everything a user can see of theirs.
async fn everything_of(user: &Visitor) -> Vec<Value> {
    let mut all = vec![Value::from(user.tasks().await)];
    let conversations = user.get("/api/me/conversations").await.expect(200);
    for conversation in conversations.as_array().unwrap() {
        let id = conversation["id"].as_str().unwrap();
        all.push(user.get(&format!("/api/me/conversations/{id}")).await.expect(200));
    }
    all.push(user.get("/api/auth/me").await.expect(200));
    all
}

on_both_stores! {
    async fn through_every_route_with_an_id_of_somebody_else(app) {
        let app = app.model(ScriptedModel::endless(say("ok"))).start().await;
        let (ada, eve) = (app.sign_up("ada").await, app.sign_up("eve").await);
        for title in ["one", "two"] {
            ada.add_task(&json!({ "title": title })).await;
        }
        eve.add_task(&json!({ "title": "eve's" })).await;
        let said = ada.say("secret").await;
        let (conversation, turn) = (said["conversation_id"].as_str().unwrap(), said["turn_id"].as_str().unwrap());
        let before = everything_of(&ada).await;

        let conversation_path = format!("/api/me/conversations/{conversation}");
        for (method, path, body) in [
            (Method::GET, "/api/me/tasks/2".to_owned(), None),
            (Method::PATCH, "/api/me/tasks/2".to_owned(), Some(json!({ "title": "mine" }))),
            (Method::DELETE, "/api/me/tasks/2".to_owned(), None),
            (Method::POST, "/api/me/tasks/2/complete".to_owned(), None),
            (Method::POST, "/api/me/tasks/2/reopen".to_owned(), None),
            (Method::GET, conversation_path.clone(), None),
            (Method::GET, format!("{conversation_path}/messages"), None),
            (Method::PATCH, conversation_path.clone(), Some(json!({ "title": "mine" }))),
            (Method::DELETE, conversation_path, None),
            (Method::GET, format!("/api/me/turns/{turn}"), None),
            (Method::POST, "/api/me/chat".to_owned(), Some(json!({ "message": "hi", "conversation_id": conversation }))),
        ] {
            let answer = match &body {
                Some(body) => eve.send_json(method.clone(), &path, body).await,
                None => eve.send(method.clone(), &path, &[], None).await,
            };
            assert_eq!(answer.status, 404, "{method} {path}: {}", answer.text);
            let own = path.replace("/me/", &format!("/{}/", ada.id));
            let answer = match &body {
                Some(body) => eve.send_json(method.clone(), &own, body).await,
                None => eve.send(method.clone(), &own, &[], None).await,
            };
            assert_eq!(answer.status, 403, "{method} {own}: {}", answer.text);
        }
        eve.delete("/api/me/tasks/1").await.expect(204);
        assert_eq!(everything_of(&ada).await, before);
    }

    async fn through_every_tool(app) {
        let script: Vec<Line> = [
            call([("list_tasks", json!({ "status": "all" }))]),
            call([("complete_task", json!({ "task_id": 2 })), ("reopen_task", json!({ "task_id": 2 })), ("delete_task", json!({ "task_id": 2 })),
                  ("update_task", json!({ "task_id": 2, "title": "mine" })), ("delete_task", json!({ "task_id": 1 })), ("add_task", json!({ "title": "new" }))]),
            say("ok"),
        ].into();
        let app = app.model(ScriptedModel::new(script)).start().await;
        let (ada, eve) = (app.sign_up("ada").await, app.sign_up("eve").await);
        for title in ["one", "two"] {
            ada.add_task(&json!({ "title": title })).await;
        }
        eve.add_task(&json!({ "title": "eve's" })).await;
        let before = everything_of(&ada).await;
        let answer = eve.say("go").await;
        assert_eq!(answer["tool_calls"][0]["result"]["total"], 1);
        assert!(!answer.to_string().contains("\"one\""));
        assert_eq!(everything_of(&ada).await, before);
        let titles: Vec<_> = eve.tasks().await.iter().map(|task| task["title"].clone()).collect();
        assert_eq!(titles, [json!("new")]);
    }
}
