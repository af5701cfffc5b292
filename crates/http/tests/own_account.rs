//! What takes one's password: another password, and the end of an account.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use serde_json::{Value, json};
use todo_testkit::{
    app::{Answer, TestApp, Visitor},
    model::{ScriptedModel, call, say},
    on_both_stores,
};

const RIGHT: &str = "correct horse";
const NEW: &str = "battery staple";

async fn sign_in(app: &TestApp, name: &str, password: &str) -> Answer {
    let email = format!("{name}@example.org");
    app.stranger().post("/api/auth/signin", &json!({ "email": email, "password": password })).await
}

fn with_token(visitor: &Visitor, session: &Value) -> Visitor {
    let mut visitor = visitor.clone();
    visitor.token = session["access_token"].as_str().map(str::to_owned);
    visitor
}

async fn change_password(visitor: &Visitor, current: &str, new: &str) -> Answer {
    let body = json!({ "current_password": current, "new_password": new });
    visitor.post("/api/auth/password", &body).await
}

async fn delete_account(visitor: &Visitor, password: &str) -> Answer {
    visitor.post("/api/auth/delete-account", &json!({ "password": password })).await
}

on_both_stores! {
    async fn another_password_takes_the_place_of_the_first_and_ends_other_sessions(app) {
        let app = app.start().await;
        let (phone, ben) = (app.sign_up("ada").await, app.sign_up("ben").await);
        let laptop = with_token(&phone, &sign_in(&app, "ada", RIGHT).await.expect(200));
        laptop.get("/api/auth/me").await.expect(200);
        let session = change_password(&phone, RIGHT, NEW).await.expect(200);
        assert_eq!(session["user"]["email"], "ada@example.org");
        with_token(&phone, &session).get("/api/auth/me").await.expect(200);
        for former in [&phone, &laptop] {
            former.get("/api/auth/me").await.expect_problem(401, "invalid_token");
        }
        sign_in(&app, "ada", RIGHT).await.expect_problem(401, "wrong_credentials");
        sign_in(&app, "ada", NEW).await.expect(200);
        sign_in(&app, "ben", RIGHT).await.expect(200);
        ben.get("/api/auth/me").await.expect(200);
    }

    async fn a_wrong_password_changes_and_deletes_nothing(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        change_password(&ada, NEW, NEW).await.expect_problem(403, "wrong_password");
        delete_account(&ada, NEW).await.expect_problem(403, "wrong_password");
        change_password(&ada, RIGHT, "short").await.expect_invalid("new_password");
        ada.get("/api/auth/me").await.expect(200);
        sign_in(&app, "ada", RIGHT).await.expect(200);
    }

    async fn a_deleted_account_is_gone_with_everything_and_nobody_elses(app) {
        let app = app.start().await;
        let (ada, ben) = (app.sign_up("ada").await, app.sign_up("ben").await);
        for user in [&ada, &ben] {
            user.say("add milk").await;
            user.get("/api/me/conversations").await.expect(200);
        }
        delete_account(&ada, RIGHT).await.expect(204);
        for path in ["/api/auth/me", "/api/me/tasks", "/api/me/conversations"] {
            ada.get(path).await.expect_problem(401, "invalid_token");
        }
        sign_in(&app, "ada", RIGHT).await.expect_problem(401, "wrong_credentials");
        assert_eq!(ben.tasks().await.len(), 1);
        let again = app.sign_up("ada").await;
        assert!(again.id > ben.id);
        assert_eq!(again.tasks().await.len(), 0);
        assert_eq!(again.get("/api/me/conversations").await.expect(200), json!([]));
    }

    async fn deleting_an_account_stops_the_turn_that_runs_in_it(app) {
        let add = call([("add_task", json!({ "title": "milk" }))]);
        let (model, gate) = ScriptedModel::gated([add, say("Done.")]);
        let app = app.model(model).start().await;
        let ada = app.sign_up("ada").await;
        let talking = tokio::spawn({
            let ada = ada.clone();
            async move { ada.post("/api/me/chat", &json!({ "message": "add milk" })).await }
        });
        gate.asked().await;
        delete_account(&ada, RIGHT).await.expect(204);
        gate.release();
        let stopped = talking.await.unwrap();
        stopped.expect_problem(409, "turn_stopped");
    }
}
