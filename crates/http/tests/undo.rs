//! Taking back what a message changed.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use reqwest::Method;
use serde_json::{Value, json};
use todo_domain::{ModelFailure, ModelMessage, UserLimit, UserLimits};
use todo_testkit::{
    app::{Answer, Visitor},
    model::{Line, ScriptedModel, call, say},
    on_both_stores,
};

fn add(title: &str) -> Line {
    call([("add_task", json!({ "title": title }))])
}

fn undo_last_turn(direction: &str) -> Line {
    call([("undo_last_turn", json!({ "direction": direction }))])
}

/// Undoes the turn of this id.
async fn undo(user: &Visitor, turn: &Value) -> Answer {
    user.post(&format!("/api/me/turns/{}/undo", turn.as_str().unwrap()), &json!({})).await
}

async fn turn(user: &Visitor, id: &Value) -> Value {
    user.get(&format!("/api/me/turns/{}", id.as_str().unwrap())).await.expect(200)
}

async fn titles(user: &Visitor) -> Vec<String> {
    let tasks = user.tasks().await;
    tasks.iter().map(|task| task["title"].as_str().unwrap().to_owned()).collect()
}

/// Says something in the conversation of an earlier answer.
async fn go_on(user: &Visitor, earlier: &Value, message: &str) -> Value {
    let body = json!({ "message": message, "conversation_id": earlier["conversation_id"] });
    user.post("/api/me/chat", &body).await.expect(200)
}

on_both_stores! {
    async fn what_a_message_changed_is_taken_back_and_brought_back(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        let answer = ada.say("add buy milk").await;
        let undone = undo(&ada, &answer["turn_id"]).await.expect(200);
        assert_eq!(undone["undone_turn_id"], answer["turn_id"]);
        assert_eq!(undone["effects"][0]["task_id"], 1);
        assert_eq!(undone["effects"][0]["before"]["title"], "buy milk");
        assert_eq!(undone["effects"][0]["after"], Value::Null);
        assert_eq!(titles(&ada).await, [""; 0]);
        assert_eq!(undo(&ada, &answer["turn_id"]).await.expect(200), undone, "the same answer");

        assert_eq!(turn(&ada, &answer["turn_id"]).await["undone_by"], undone["turn_id"]);
        let record = turn(&ada, &undone["turn_id"]).await;
        assert_eq!((&record["engine"], &record["status"]), (&json!("undo"), &json!("completed")));
        assert_eq!((&record["undoes"], record.get("redoes")), (&answer["turn_id"], None));
        let recorded = &record["steps"][0]["tool_calls"][0];
        assert_eq!((&recorded["name"], &recorded["ok"]), (&json!("undo_last_turn"), &json!(true)));
        assert_eq!(recorded["effects"], undone["effects"]);

        let path = format!("/api/me/turns/{}/stream", undone["turn_id"].as_str().unwrap());
        let followed = ada.send(Method::GET, &path, &[], None).await.text;
        assert!(followed.contains(r#""finishReason":"stop""#), "{followed}");
        assert!(!followed.contains(r#""type":"error""#), "{followed}");

        let redone = undo(&ada, &undone["turn_id"]).await.expect(200);
        assert_eq!(redone["effects"][0]["after"]["version"], 2);
        assert_eq!(titles(&ada).await, ["buy milk"]);
        assert_eq!(turn(&ada, &answer["turn_id"]).await.get("undone_by"), None);
        assert_eq!(turn(&ada, &redone["turn_id"]).await["redoes"], answer["turn_id"]);
        undo(&ada, &answer["turn_id"]).await.expect(200);
        assert_eq!(titles(&ada).await, [""; 0]);
    }

    async fn a_task_that_has_changed_since_is_named_and_nothing_is_touched(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        let answer = ada.say("add tasks: buy milk, call mom").await;
        ada.patch("/api/me/tasks/2", &json!({ "title": "call dad" })).await.expect(200);
        let problem = undo(&ada, &answer["turn_id"]).await.expect_problem(409, "undo_conflict");
        assert_eq!(problem["tasks"], json!([{ "id": 2, "version": 2 }]));
        ada.delete("/api/me/tasks/2").await;
        let problem = undo(&ada, &answer["turn_id"]).await.expect_problem(409, "undo_conflict");
        assert_eq!(problem["tasks"], json!([{ "id": 2, "version": null }]));
        assert_eq!(titles(&ada).await, ["buy milk"]);
    }

    async fn nobody_undoes_what_is_not_theirs_or_not_there(app) {
        let app = app.start().await;
        let (ada, bob) = (app.sign_up("ada").await, app.sign_up("bob").await);
        let answer = ada.say("add buy milk").await;
        undo(&bob, &answer["turn_id"]).await.expect_problem(404, "turn_not_found");
        let unknown = json!("00000000-0000-7000-8000-000000000001");
        undo(&ada, &unknown).await.expect_problem(404, "turn_not_found");
        undo(&ada, &json!("x")).await.expect_problem(404, "turn_not_found");
        assert_eq!(titles(&ada).await, ["buy milk"]);
    }

    async fn a_turn_that_runs_is_undone_when_it_has_ended(app) {
        let (model, gate) = ScriptedModel::gated([say("Hello.")]);
        let app = app.model(model).start().await;
        let ada = app.sign_up("ada").await;
        let id = json!("01a20502-a9f0-777e-be05-d461629a903b");
        let body = json!({ "message": "hello", "new_conversation_id": id });
        let running = tokio::join!(ada.post("/api/me/chat", &body), async {
            gate.asked().await;
            let other = json!({ "message": "hi", "conversation_id": id });
            let refused = ada.post("/api/me/chat", &other).await;
            let turn = refused.expect_problem(409, "turn_in_progress")["turn_id"].clone();
            let problem = undo(&ada, &turn).await.expect_problem(409, "turn_in_progress");
            assert_eq!(problem["turn_id"], turn);
            gate.release();
        });
        let answer = running.0.expect(200);
        assert_eq!(undo(&ada, &answer["turn_id"]).await.expect(200)["effects"], json!([]));
    }

    async fn deleted_tasks_return_only_where_there_is_room(app) {
        let tasks = UserLimit::new(1).unwrap();
        let app = app.user_limits(UserLimits { tasks, ..UserLimits::default() }).start().await;
        let ada = app.sign_up("ada").await;
        ada.add_task(&json!({ "title": "buy milk" })).await;
        let answer = ada.say("delete 1").await;
        ada.add_task(&json!({ "title": "call mom" })).await;
        undo(&ada, &answer["turn_id"]).await.expect_problem(409, "task_limit_reached");
        ada.delete("/api/me/tasks/2").await;
        undo(&ada, &answer["turn_id"]).await.expect(200);
        assert_eq!(titles(&ada).await, ["buy milk"]);
    }

    async fn a_failed_turn_can_be_undone_and_is_not_told_to_the_model_as_done(app) {
        let failure = Line::Fail(ModelFailure::Unavailable { retry_after: None });
        let model = ScriptedModel::new([add("milk"), failure, say("Hello.")]);
        let app = app.model(model.clone()).start().await;
        let ada = app.sign_up("ada").await;
        let failed = ada.post("/api/me/chat", &json!({ "message": "add milk" })).await;
        let failed = failed.expect_problem(503, "provider_unavailable");
        undo(&ada, &failed["turn_id"]).await.expect(200);
        assert_eq!(titles(&ada).await, [""; 0]);
        go_on(&ada, &failed, "hello").await;
        let told = &model.requests()[2].messages;
        assert_eq!(told[..], [ModelMessage::User("add milk".into()), ModelMessage::User("hello".into())]);
    }

    async fn a_model_undoes_and_redoes_and_learns_what_was_undone(app) {
        let model = ScriptedModel::new([
            add("milk"), say("Added."), undo_last_turn("undo"), say("Undone."), say("Nothing."),
            undo_last_turn("redo"), say("Redone."), undo_last_turn("redo"), say("There is nothing."),
        ]);
        let app = app.model(model.clone()).start().await;
        let ada = app.sign_up("ada").await;
        let first = ada.say("add milk").await;
        let undone = go_on(&ada, &first, "undo that").await;
        let result = &undone["tool_calls"][0]["result"];
        assert_eq!(result["results"][0]["outcome"], "deleted", "{result}");
        assert_eq!(titles(&ada).await, [""; 0]);
        assert_eq!(turn(&ada, &first["turn_id"]).await["undone_by"], undone["turn_id"]);
        assert_eq!(turn(&ada, &undone["turn_id"]).await["undoes"], first["turn_id"]);

        go_on(&ada, &first, "what is there?").await;
        let told = &model.requests()[4].messages;
        let ModelMessage::Assistant(answer) = &told[1] else { unreachable!("{told:?}") };
        assert_eq!(answer, "Added.\n(The user has undone this since.)");

        let redone = go_on(&ada, &first, "redo").await;
        assert_eq!(redone["tool_calls"][0]["result"]["results"][0]["outcome"], "restored");
        assert_eq!(titles(&ada).await, ["milk"]);
        let nothing = go_on(&ada, &first, "redo").await;
        assert_eq!(nothing["tool_calls"][0]["result"]["error"], "nothing_to_undo");
        assert_eq!(nothing["tool_calls"][0]["ok"], false);
    }

    async fn what_was_redone_last_is_undone_first(app) {
        let model = ScriptedModel::new([
            add("milk"), say("Added."), undo_last_turn("undo"), say("Undone."),
            add("bread"), say("Added."), undo_last_turn("redo"), say("Redone."),
            undo_last_turn("undo"), say("Undone."), undo_last_turn("undo"), say("Undone."),
            undo_last_turn("undo"), say("Nothing."),
        ]);
        let app = app.model(model).start().await;
        let ada = app.sign_up("ada").await;
        let first = ada.say("add milk").await;
        for (message, expected) in [
            ("undo that", &[][..]),
            ("add bread", &["bread"]),
            ("redo", &["milk", "bread"]),
            ("undo", &["bread"]),
            ("undo", &[]),
        ] {
            go_on(&ada, &first, message).await;
            assert_eq!(titles(&ada).await, expected, "after {message}");
        }
        let nothing = go_on(&ada, &first, "undo").await;
        assert_eq!(nothing["tool_calls"][0]["result"]["error"], "nothing_to_undo");
    }

    async fn a_message_that_undoes_changes_nothing_else(app) {
        let model = ScriptedModel::new([
            add("milk"), say("Added."),
            call([
                ("undo_last_turn", json!({ "direction": "undo" })),
                ("add_task", json!({ "title": "bread" })),
                ("undo_last_turn", json!({ "direction": "redo" })),
            ]),
            say("Undone."),
            add("eggs"), undo_last_turn("undo"), say("Added."),
        ]);
        let app = app.model(model).start().await;
        let ada = app.sign_up("ada").await;
        let first = ada.say("add milk").await;
        let undone = go_on(&ada, &first, "undo that and add bread").await;
        let codes: Vec<_> =
            undone["tool_calls"].as_array().unwrap().iter().map(|call| &call["result"]["error"]).collect();
        assert_eq!(codes, [&Value::Null, &json!("not_executed"), &json!("not_executed")]);
        assert_eq!(titles(&ada).await, [""; 0]);
        let added = go_on(&ada, &first, "add eggs and undo the rest").await;
        assert_eq!(added["tool_calls"][1]["result"]["error"], "not_executed");
        assert_eq!(titles(&ada).await, ["eggs"]);
    }

    async fn an_export_keeps_what_is_undone(app) {
        let app = app.start().await;
        let (ada, bob) = (app.sign_up("ada").await, app.sign_up("bob").await);
        let answer = ada.say("add buy milk").await;
        let undone = undo(&ada, &answer["turn_id"]).await.expect(200);
        let export = ada.get("/api/me/export").await.text.into_bytes();
        let lines = [("content-type", "application/x-ndjson")];
        bob.send(Method::POST, "/api/me/import", &lines, Some(export)).await.expect(200);
        let turn = turn(&bob, &answer["turn_id"]).await;
        assert_eq!(turn["undone_by"], undone["turn_id"]);
        undo(&bob, &undone["turn_id"]).await.expect(200);
        assert_eq!(titles(&bob).await, ["buy milk"]);
    }
}
