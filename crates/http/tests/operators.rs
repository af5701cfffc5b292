//! What operators see of all users, and that nobody else does.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use reqwest::Method;
use serde_json::{Value, json};
use todo_domain::{ModelPrices, UserId};
use todo_testkit::{
    app::{TestApp, Visitor},
    clock::FixedClock,
    model::{ScriptedModel, say},
    on_both_stores,
};

/// Everything that is an operator's.
const PATHS: [(Method, &str); 6] = [
    (Method::GET, "/api/admin/users"),
    (Method::POST, "/api/admin/users/3/disable"),
    (Method::POST, "/api/admin/users/3/enable"),
    (Method::GET, "/api/admin/usage"),
    (Method::GET, "/api/admin/turns"),
    (Method::GET, "/api/admin/health"),
];

async fn promote(app: &TestApp, user: &Visitor) {
    app.accounts.promote(UserId::new(user.id).unwrap()).await.unwrap().unwrap();
}

async fn role(user: &Visitor) -> Value {
    user.get("/api/auth/me").await.expect(200)["role"].clone()
}

on_both_stores! {
    async fn only_operators_see_it_and_only_as_long_as_they_are(app) {
        let app = app.start().await;
        // Their token is from before they were one, and says nothing of it.
        let (ada, ben) = (app.sign_up("ada").await, app.sign_up("ben").await);
        app.sign_up("cleo").await;
        assert_eq!(role(&ada).await, "user");
        promote(&app, &ada).await;
        assert_eq!((role(&ada).await, role(&ben).await), (json!("operator"), json!("user")));
        for (method, path) in PATHS {
            ada.send(method.clone(), path, &[], None).await.expect(200);
            let refused = ben.send(method.clone(), path, &[], None).await;
            refused.expect_problem(403, "not_an_operator");
            let stranger = app.stranger().send(method, path, &[], None).await;
            stranger.expect_problem(401, "missing_token");
        }
        app.accounts.demote(UserId::new(ada.id).unwrap()).await.unwrap().unwrap();
        for (method, path) in PATHS {
            let refused = ada.send(method, path, &[], None).await;
            refused.expect_problem(403, "not_an_operator");
        }
        assert_eq!(role(&ada).await, "user");
    }

    async fn who_is_no_operator_is_not_told_what_is_wrong_with_the_question(app) {
        let app = app.start().await;
        let ben = app.sign_up("ben").await;
        for path in ["/api/admin/users?limit=0", "/api/admin/usage?from=x"] {
            ben.get(path).await.expect_problem(403, "not_an_operator");
        }
        let refused = ben.post("/api/admin/users/4711/disable", &json!({})).await;
        refused.expect_problem(403, "not_an_operator");
    }

    async fn no_request_makes_an_operator(app) {
        let app = app.start().await;
        let ben = app.sign_up("ben").await;
        ben.patch("/api/auth/me", &json!({ "role": "operator" })).await.expect_invalid("role");
        let body = json!({
            "name": "Eve", "email": "admin@example.org", "password": "correct horse", "role": "operator",
        });
        app.stranger().post("/api/auth/signup", &body).await.expect_invalid("role");
        assert_eq!(role(&ben).await, "user");
    }

    async fn users_are_listed_page_by_page_and_found_by_number_or_address(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        for name in ["ben", "cleo", "dan", "eve"] {
            app.sign_up(name).await;
        }
        promote(&app, &ada).await;
        let (mut seen, mut next) = (Vec::new(), Some("/api/admin/users?limit=2".to_owned()));
        while let Some(path) = next {
            let page = ada.get(&path).await;
            next = page.next_page();
            let page = page.expect(200);
            assert!(page.as_array().unwrap().len() <= 2);
            seen.extend(page.as_array().unwrap().iter().map(|user| user["id"].as_i64().unwrap()));
        }
        assert_eq!(seen, [1, 2, 3, 4, 5]);

        let found = async |q: &str| ada.get(&format!("/api/admin/users?q={q}")).await.expect(200);
        let by_number = found("2").await;
        assert_eq!((&by_number[0]["email"], &by_number[0]["role"]), (&json!("ben@example.org"), &json!("user")));
        assert_eq!(by_number[0]["disabled_at"], Value::Null);
        assert_eq!(found("BEN%40example.org").await, by_number);
        assert_eq!(found("4711").await, json!([]));
        assert_eq!(found("nobody%40example.org").await, json!([]));
        for nobody in ["ben", "0", "%40", "%00"] {
            ada.get(&format!("/api/admin/users?q={nobody}")).await.expect_invalid("q");
        }
        ada.get("/api/admin/users?cursor=x").await.expect_invalid("cursor");
    }

    async fn a_user_is_kept_out_and_let_in_again(app) {
        let app = app.start().await;
        let (ada, ben) = (app.sign_up("ada").await, app.sign_up("ben").await);
        promote(&app, &ada).await;
        let kept_out = ada.post("/api/admin/users/2/disable", &json!({})).await.expect(200);
        assert!(kept_out["disabled_at"].is_string(), "{kept_out}");
        ben.get("/api/auth/me").await.expect_problem(401, "invalid_token");
        let let_in = ada.post("/api/admin/users/2/enable", &json!({})).await.expect(200);
        assert_eq!(let_in["disabled_at"], Value::Null);
        ben.get("/api/auth/me").await.expect(200);
        for nobody in ["4711", "x", "0"] {
            let path = format!("/api/admin/users/{nobody}/disable");
            ada.post(&path, &json!({})).await.expect_problem(404, "user_not_found");
        }
        let own = ada.post("/api/admin/users/1/disable", &json!({})).await;
        own.expect_problem(409, "own_account");
        assert_eq!(role(&ada).await, "operator");
    }

    async fn an_operator_who_is_kept_out_sees_nothing(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        promote(&app, &ada).await;
        ada.get("/api/admin/turns").await.expect(200);
        app.accounts.disable(UserId::new(ada.id).unwrap()).await.unwrap().unwrap();
        ada.get("/api/admin/turns").await.expect_problem(401, "invalid_token");
    }

    async fn usage_is_that_of_all_users(app) {
        let model = ScriptedModel::new([say("Hello."), say("Hello."), say("Hello.")]);
        let prices = ModelPrices::from_iter([("script-1".to_owned(), "0.15/0.60".parse().unwrap())]);
        let clock = FixedClock::at("2026-11-28T12:00:00Z");
        let app = app.model(model).clock(clock).prices(prices).start().await;
        let (ada, ben) = (app.sign_up("ada").await, app.sign_up("ben").await);
        promote(&app, &ada).await;
        ada.say("hello").await;
        ben.say("hello").await;
        ben.say("hello again").await;
        let told = ada.get("/api/admin/usage?from=2026-11-27").await.expect(200);
        assert_eq!((&told["total"]["calls"], &told["total"]["cost_usd"]), (&json!(3), &json!("0.0000135")));
        assert_eq!((&told["days"][0]["calls"], &told["days"][1]["calls"]), (&json!(0), &json!(3)));
        assert_eq!(told["days"][1]["models"][0]["model"], "script-1");
        // Each still sees their own.
        assert_eq!(ben.get("/api/me/usage").await.expect(200)["total"]["calls"], 2);
    }

    async fn the_paths_of_operators_are_no_users(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        promote(&app, &ada).await;
        ada.get("/api/admin/tasks").await.expect_problem(403, "forbidden");
        ada.delete("/api/admin/users").await.expect_problem(405, "method_not_allowed");
    }
}

/// Of what another process does to its users a process learns later; not so here.
#[tokio::test(flavor = "multi_thread")]
async fn an_operator_who_is_kept_out_elsewhere_sees_nothing_at_once() {
    let app = TestApp::postgres().await.start().await;
    let ada = app.sign_up("ada").await;
    promote(&app, &ada).await;
    ada.get("/api/admin/turns").await.expect(200);
    let other = app.beside().start().await;
    other.accounts.disable(UserId::new(ada.id).unwrap()).await.unwrap().unwrap();
    ada.get("/api/admin/turns").await.expect_problem(401, "invalid_token");
}
