//! Requests, messages, sign-ups.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use todo_domain::Quota;
use todo_http::LimitSettings;
use todo_testkit::{
    app::{TestApp, Visitor},
    on_both_stores,
};

use crate::app::{clock, count, sign_in_from, statuses, usual, with};

const TASKS: &str = "/api/me/tasks";

#[tokio::test(flavor = "multi_thread")]
async fn of_31_requests_at_once_21_pass_and_10_more_each_second() {
    let clock = clock();
    let app = TestApp::sqlite().clock(clock.clone()).limits(usual()).start().await;
    let ada = app.sign_up("ada").await;
    assert_eq!(statuses(&ada, TASKS, 31).await, [vec![200; 21], vec![429; 10]].concat());

    clock.advance(Duration::from_secs(1));
    assert_eq!(statuses(&ada, TASKS, 20).await, [vec![200; 10], vec![429; 10]].concat());
    ada.get(TASKS).await.expect_problem(429, "rate_limited");
}

#[tokio::test(flavor = "multi_thread")]
async fn users_behind_one_address_do_not_count_for_each_other_nor_strangers_for_them() {
    let app = with(usual()).start().await;
    let (ada, bob) = (app.sign_up("ada").await, app.sign_up("bob").await);
    assert_eq!(statuses(&ada, TASKS, 22).await.last(), Some(&429));
    assert_eq!(statuses(&app.stranger(), TASKS, 31).await.last(), Some(&429));
    assert_eq!(statuses(&bob, TASKS, 21).await, [200; 21]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_guesses_tokens_is_counted_by_address_and_stopped() {
    let app = with(usual()).start().await;
    let mut refused = Vec::new();
    for guess in 0..31 {
        let mut guesser = app.stranger();
        guesser.token = Some(format!("a.b.{guess}"));
        refused.push(guesser.get(TASKS).await.status.as_u16());
    }
    assert_eq!(refused, [vec![401; 21], vec![429; 10]].concat());
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_else_s_number_and_paths_that_do_not_exist_count_as_well() {
    let app = with(usual()).start().await;
    let ada = app.sign_up("ada").await;
    assert_eq!(statuses(&ada, "/api/77/tasks", 11).await, [403; 11]);
    assert_eq!(statuses(&ada, "/nowhere", 11).await, [vec![404; 10], vec![429]].concat());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_begins_with_two_slashes_is_not_the_page_and_counts() {
    let app = with(usual()).start().await;
    let ada = app.sign_up("ada").await;
    assert_eq!(statuses(&ada, "//nowhere", 22).await, [vec![404; 21], vec![429]].concat());
}

#[tokio::test(flavor = "multi_thread")]
async fn health_and_documents_are_not_limited() {
    let app = with(usual()).start().await;
    let stranger = app.stranger();
    assert_eq!(statuses(&stranger, "/health", 31).await, [200; 31]);
    for path in [
        "/health/ready", "/health/detailed", "/openapi.json", "/docs/", "/docs/errors", "/%68ealth",
    ] {
        let answer = stranger.get(path).await;
        assert_eq!((answer.status.as_u16(), answer.header("ratelimit")), (200, ""), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_too_many_is_refused_before_its_body_is_read() {
    let app = with(LimitSettings { requests: None, ..usual() }).start().await;
    let ada = app.sign_up("ada").await;
    for status in [[400; 20].as_slice(), &[429]].concat() {
        let json = [("content-type", "application/json")];
        let body = Some(b"{ not JSON".to_vec());
        let answer = ada.send(Method::POST, "/api/me/chat", &json, body).await;
        assert_eq!(answer.status.as_u16(), status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_have_a_limit_of_their_own() {
    let clock = clock();
    let limits = LimitSettings { requests: None, ..usual() };
    let app = TestApp::sqlite().clock(clock.clone()).limits(limits).start().await;
    let (ada, bob) = (app.sign_up("ada").await, app.sign_up("bob").await);
    for number in 0..20 {
        ada.say(&format!("add task number {number}")).await;
    }
    let message = json!({ "message": "one more" });
    let refused = ada.post("/api/me/chat", &message).await;
    assert_eq!(refused.header("retry-after"), "3");
    refused.expect_problem(429, "chat_rate_limited");

    ada.get(TASKS).await.expect(200);
    bob.say("add buy milk").await;
    clock.advance(Duration::from_secs(3));
    ada.say("add one more").await;
    assert_eq!(ada.tasks().await.len(), 21);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_counts_as_a_message() {
    for decision in ["approve", "reject"] {
        let mut limits = usual();
        limits.chat = Some(Quota::per(Duration::from_secs(60), count(2)));
        let app = with(limits).start().await;
        let ada = app.sign_up("ada").await;
        ada.add_task(&json!({ "title": "milk" })).await;
        let asked = ada.say("delete everything").await;
        let path =
            format!("/api/me/actions/{}/{decision}", asked["action"]["id"].as_str().unwrap());
        ada.send(Method::POST, &path, &[], None).await.expect(200);
        let refused = ada.send(Method::POST, &path, &[], None).await;
        refused.expect_problem(429, "chat_rate_limited");
        let left = usize::from(decision == "reject");
        assert_eq!(ada.tasks().await.len(), left);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_one_too_many_leaves_nothing_behind() {
    let mut limits = usual();
    limits.chat = Some(Quota::per(Duration::from_secs(60), count(1)));
    let app = with(limits).start().await;
    let ada = app.sign_up("ada").await;
    ada.say("add buy milk").await;
    let message = json!({ "message": "add sell milk" });
    ada.post("/api/me/chat", &message).await.expect_problem(429, "chat_rate_limited");
    assert_eq!(ada.get("/api/me/conversations").await.json().as_array().unwrap().len(), 1);
    assert_eq!(ada.tasks().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_signs_up_20_people_an_hour() {
    let app = with(LimitSettings { requests: None, ..usual() }).start().await;
    for number in 0..20 {
        app.sign_up(&format!("user{number}")).await;
    }
    let body = json!({ "name": "x", "email": "x@example.org", "password": "correct horse" });
    let refused = app.stranger().post("/api/auth/signup", &body).await;
    assert_eq!(refused.header("retry-after"), "180");
    refused.expect_problem(429, "sign_up_rate_limited");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_is_written_differently_counts_for_the_same_limits() {
    let mut limits = LimitSettings { requests: None, ..usual() };
    let once = Some(Quota::per(Duration::from_secs(60), count(1)));
    (limits.chat, limits.sign_up) = (once, once);
    let app = with(limits).start().await;
    let ada = app.sign_up("ada").await;
    let body = json!({ "name": "x", "email": "x@example.org", "password": "correct horse" });
    let refused = app.stranger().post("/api/auth/sign%75p", &body).await;
    refused.expect_problem(429, "sign_up_rate_limited");

    ada.say("add buy milk").await;
    let message = json!({ "message": "add sell milk" });
    let refused = ada.post("/%61pi/me/%63ha%74", &message).await;
    refused.expect_problem(429, "chat_rate_limited");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_that_is_off_is_none() {
    let app = with(LimitSettings::default()).start().await;
    let ada = app.sign_up("ada").await;
    assert_eq!(statuses(&ada, TASKS, 50).await, [200; 50]);
    assert_eq!(ada.get(TASKS).await.header("ratelimit-policy"), "");
}

/// The same person on another device.
async fn sign_in(app: &TestApp, name: &str) -> Visitor {
    let mut visitor = app.stranger();
    let body = json!({ "email": format!("{name}@example.org"), "password": "correct horse" });
    let session = visitor.post("/api/auth/signin", &body).await.expect(200);
    visitor.token = session["access_token"].as_str().map(str::to_owned);
    visitor
}

on_both_stores! {
    async fn a_token_that_is_void_spends_nothing_of_its_owner_s(app) {
        let clock = clock();
        let app = app.clock(clock.clone()).limits(usual()).start().await;
        for (name, way_out) in [("ada", "/api/auth/signout"), ("ben", "/api/auth/signout-all")] {
            let lost = app.sign_up(name).await;
            lost.send(Method::POST, way_out, &[], None).await.expect(204);
            let owner = sign_in(&app, name).await;
            clock.advance(Duration::from_secs(60));

            let void = statuses(&lost, TASKS, 31).await;
            assert_eq!(void, [vec![401; 21], vec![429; 10]].concat(), "by address: {way_out}");
            let message = json!({ "message": "add buy milk" });
            lost.post("/api/me/chat", &message).await.expect_problem(429, "rate_limited");
            assert_eq!(statuses(&owner, TASKS, 21).await, [200; 21], "{way_out}");
            clock.advance(Duration::from_secs(60));
        }
    }

    async fn a_token_of_a_user_who_is_gone_counts_by_address_like_any_other_stranger_s(app) {
        let clock = clock();
        let app = app.clock(clock.clone()).limits(usual()).start().await;
        let (ada, bob) = (app.sign_up("ada").await, app.sign_up("bob").await);
        for gone in [&ada, &bob] {
            let password = json!({ "password": "correct horse" });
            gone.post("/api/auth/delete-account", &password).await.expect(204);
        }
        clock.advance(Duration::from_secs(60));
        assert_eq!(statuses(&ada, TASKS, 11).await, [401; 11]);
        assert_eq!(statuses(&bob, TASKS, 11).await, [vec![401; 10], vec![429]].concat());
        assert_eq!(statuses(&app.stranger(), TASKS, 1).await, [429]);
    }

    async fn signing_in_and_up_count_by_address_whatever_token_comes_along(app) {
        let clock = clock();
        let app = app.clock(clock.clone());
        let app = app.limits(LimitSettings { sign_up: None, ..usual() }).start().await;
        let users = [app.sign_up("ada").await, app.sign_up("bob").await];
        for path in ["/api/auth/signin", "/api/auth/signup", "/api/auth/sign%69n"] {
            clock.advance(Duration::from_secs(60));
            let mut refused = Vec::new();
            for attempt in 0..31 {
                // Nobody looks at the password: what is counted is the request.
                let answer = users[attempt % 2].post(path, &json!({})).await;
                refused.push(answer.status.as_u16());
            }
            assert_eq!(refused, [vec![422; 21], vec![429; 10]].concat(), "{path}");
            assert_eq!(statuses(&users[0], TASKS, 21).await, [200; 21], "{path}");
        }
    }
}

/// Everybody waits for as long as they would have otherwise.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_put_back_keeps_nobody_out_until_it_is_there_again() {
    let clock = clock();
    let app = TestApp::sqlite().clock(clock.clone()).limits(usual()).start().await;
    let (ada, stranger) = (app.sign_up("ada").await, app.stranger());
    let guess = async || sign_in_from(&stranger, "192.0.2.66", "ada", "wrong horse").await;
    assert_eq!(statuses(&ada, TASKS, 22).await.last(), Some(&429));
    assert_eq!(statuses(&stranger, TASKS, 31).await.last(), Some(&429));
    for _ in 0..5 {
        guess().await.expect_problem(401, "wrong_credentials");
    }
    guess().await.expect_problem(429, "too_many_attempts");

    clock.put_back(Duration::from_secs(24 * 60 * 60));
    for refused in [stranger.get(TASKS).await, guess().await] {
        assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "1"));
    }
    clock.advance(Duration::from_secs(1));
    guess().await.expect_problem(401, "wrong_credentials");
    app.sign_up("bob").await;
    // A token that was issued tomorrow is none.
    let ada = sign_in(&app, "ada").await;
    assert_eq!(ada.get(TASKS).await.header("retry-after"), "1");
    clock.advance(Duration::from_secs(3));
    assert_eq!(statuses(&ada, TASKS, 21).await, [200; 21]);
}
