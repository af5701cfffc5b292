//! Imports that are stored part by part: what others see of them, and how they leave nothing.

use reqwest::Method;
use serde_json::json;
use todo_domain::UserId;
use todo_testkit::{
    app::{Answer, TestApp, Visitor},
    on_both_stores, until,
};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use super::{
    bounds::{begin, behind_a_proxy, large, rest_of},
    export, import,
};

/// A file of many parts.
async fn many_parts(app: &TestApp) -> String {
    large(&export(&app.sign_up("model").await).await)
}

/// An import of which half is sent, and some is stored.
async fn half_way(app: &TestApp, user: &Visitor, file: &str) -> TcpStream {
    let request = format!(
        "POST /api/me/import HTTP/1.1\r\ncontent-type: application/x-ndjson\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n{}",
        file.len(),
        &file[..file.len() / 2]
    );
    let stream = begin(app, user, &format!("192.0.2.{}", user.id), &request).await;
    until("something is stored", async || !user.tasks().await.is_empty()).await;
    stream
}

/// Nothing of what was stored is left, and the account takes an import as before.
async fn is_empty_again(user: &Visitor, file: &str) {
    until("nothing is left", async || {
        let answer = import(user, file).await;
        assert!([200, 409, 503].contains(&answer.status.as_u16()), "{}", answer.text);
        answer.status == 200
    })
    .await;
}

fn refused(answer: Answer) {
    assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
    answer.expect_problem(409, "import_in_progress");
}

on_both_stores! {
    /// The account is the import's until its end; everybody else goes on.
    async fn while_an_import_goes_on_lists_show_what_came_and_other_changes_are_refused(app) {
        let app = app.limits(behind_a_proxy()).start().await;
        let file = many_parts(&app).await;
        let (ada, ben) = (app.sign_up("ada").await, app.sign_up("ben").await);
        let mut stream = half_way(&app, &ada, &file).await;
        refused(ada.post("/api/me/tasks", &json!({ "title": "mine" })).await);
        refused(ada.post("/api/me/chat", &json!({ "message": "add milk" })).await);
        refused(ada.send(Method::DELETE, "/api/me/tasks/1", &[], None).await);
        refused(ada.get("/api/me/export").await);
        let name = json!({ "name": "Countess" });
        refused(ada.send_json(Method::PATCH, "/api/auth/me", &name).await);
        ben.add_task(&json!({ "title": "milk" })).await;
        stream.write_all(&file.as_bytes()[file.len() / 2..]).await.unwrap();
        let answer = rest_of(stream).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        let task = ada.add_task(&json!({ "title": "mine" })).await;
        assert_eq!(task["id"], 701);
    }

    /// Also where much of it was stored by then.
    async fn a_file_that_is_wrong_at_its_end_leaves_nothing(app) {
        let app = app.start().await;
        let file = many_parts(&app).await;
        let ada = app.sign_up("ada").await;
        let broken = file.replace(r#""tasks":700"#, r#""tasks":701"#);
        import(&ada, &broken).await.expect_invalid("line 702");
        assert!(ada.tasks().await.is_empty());
        let cut = file.rsplit_once('\n').unwrap().0;
        import(&ada, cut).await.expect_invalid("line 702");
        assert!(ada.tasks().await.is_empty());
        import(&ada, &file).await.expect(200);
    }

    async fn an_import_that_is_being_stored_ends_with_its_token_and_leaves_nothing(app) {
        let app = app.limits(behind_a_proxy()).start().await;
        let file = many_parts(&app).await;
        let password = json!({ "current_password": "correct horse", "new_password": "battery staple" });
        for (name, path, body) in [
            ("ada", "/api/auth/signout-all", json!({})),
            ("ben", "/api/auth/password", password),
            ("eve", "", json!({})),
        ] {
            let mut user = app.sign_up(name).await;
            let mut stream = half_way(&app, &user, &file).await;
            let id = UserId::new(user.id).unwrap();
            if path.is_empty() {
                app.accounts.disable(id).await.unwrap().unwrap();
            } else {
                assert!(user.post(path, &body).await.status.is_success());
            }
            stream.write_all(&file.as_bytes()[file.len() / 2..]).await.unwrap();
            let answer = rest_of(stream).await;
            assert!(answer.starts_with("HTTP/1.1 401"), "{name}: {answer}");
            app.accounts.enable(id).await.unwrap().unwrap();
            let secret = if name == "ben" { "battery staple" } else { "correct horse" };
            let body = json!({ "email": format!("{name}@example.org"), "password": secret });
            let again = app.stranger().post("/api/auth/signin", &body).await.expect(200);
            user.token = again["access_token"].as_str().map(str::to_owned);
            is_empty_again(&user, &file).await;
        }
    }

    /// Nobody has to come back for that.
    async fn whoever_leaves_amid_an_import_leaves_nothing(app) {
        let app = app.limits(behind_a_proxy()).start().await;
        let file = many_parts(&app).await;
        let ada = app.sign_up("ada").await;
        drop(half_way(&app, &ada, &file).await);
        until("nothing is left", async || ada.tasks().await.is_empty()).await;
        is_empty_again(&ada, &file).await;
    }

    async fn an_account_can_be_deleted_amid_an_import(app) {
        let app = app.limits(behind_a_proxy()).start().await;
        let file = many_parts(&app).await;
        let ada = app.sign_up("ada").await;
        let mut stream = half_way(&app, &ada, &file).await;
        let body = json!({ "password": "correct horse" });
        assert!(ada.post("/api/auth/delete-account", &body).await.status.is_success());
        stream.write_all(&file.as_bytes()[file.len() / 2..]).await.unwrap();
        let answer = rest_of(stream).await;
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
        import(&app.sign_up("ada").await, &file).await.expect(200);
    }
}
