//! Signing out: what a token is worth afterwards.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use todo_testkit::{
    app::{Answer, TestApp, Visitor},
    clock::FixedClock,
    on_both_stores,
};

/// The same person on another device.
async fn sign_in(app: &TestApp, name: &str) -> Visitor {
    let mut visitor = app.stranger();
    let email = format!("{name}@example.org");
    let body = json!({ "email": email, "password": "correct horse" });
    let session = visitor.post("/api/auth/signin", &body).await.expect(200);
    visitor.token = session["access_token"].as_str().map(str::to_owned);
    visitor
}

async fn post(visitor: &Visitor, path: &str) -> Answer {
    visitor.send(Method::POST, path, &[], None).await
}

async fn is_in(visitor: &Visitor) -> bool {
    let answer = visitor.get("/api/auth/me").await;
    if answer.status == 200 {
        return true;
    }
    answer.expect_problem(401, "invalid_token");
    false
}

on_both_stores! {
    async fn signing_out_ends_one_session_at_once(app) {
        let app = app.start().await;
        let phone = app.sign_up("ada").await;
        let (laptop, ben) = (sign_in(&app, "ada").await, app.sign_up("ben").await);
        assert!(is_in(&phone).await);
        post(&phone, "/api/auth/signout").await.expect(204);
        assert!(!is_in(&phone).await);
        assert!(is_in(&laptop).await && is_in(&ben).await);
        post(&phone, "/api/auth/signout").await.expect_problem(401, "invalid_token");
    }

    async fn signing_out_everywhere_ends_all_sessions_and_no_later_one(app) {
        let app = app.start().await;
        let phone = app.sign_up("ada").await;
        let (laptop, ben) = (sign_in(&app, "ada").await, app.sign_up("ben").await);
        assert!(is_in(&laptop).await);
        post(&phone, "/api/auth/signout-all").await.expect(204);
        assert!(!is_in(&phone).await && !is_in(&laptop).await);
        assert!(is_in(&sign_in(&app, "ada").await).await && is_in(&ben).await);
    }

    async fn a_clock_that_is_ahead_for_a_moment_forgets_no_sign_out(app) {
        const AHEAD: Duration = Duration::from_secs(400 * 24 * 60 * 60);
        let clock = FixedClock::at("2026-11-22T09:00:00Z");
        let app = app.clock(clock.clone()).start().await;
        let (phone, laptop) = (app.sign_up("ada").await, sign_in(&app, "ada").await);
        post(&phone, "/api/auth/signout").await.expect(204);
        clock.advance(AHEAD);
        // What is over by then would be forgotten on this occasion.
        let tablet = sign_in(&app, "ada").await;
        post(&tablet, "/api/auth/signout").await.expect(204);
        clock.put_back(AHEAD);
        assert!(!is_in(&phone).await && is_in(&laptop).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_signs_in_again_is_known_to_every_instance_at_once() {
    let one = TestApp::postgres().await.start().await;
    let two = one.beside().start().await;
    let ada = one.sign_up("ada").await;
    assert!(is_in(&ada.at(two.base_url())).await);
    post(&ada, "/api/auth/signout-all").await.expect(204);
    let again = sign_in(&one, "ada").await;
    assert!(is_in(&again.at(two.base_url())).await);
    assert!(!is_in(&ada.at(two.base_url())).await);
}
