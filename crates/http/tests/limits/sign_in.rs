//! Guessing passwords is slow, and keeps nobody out who knows theirs.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::json;
use todo_http::LimitSettings;
use todo_testkit::app::{Answer, TestApp, TestAppBuilder, Visitor};
use tokio::task::JoinSet;

use crate::app::{clock, sign_in_from, usual};

const RIGHT: &str = "correct horse";
const WRONG: &str = "wrong horse";
/// Where a stranger guesses, where the owner is at home, and where the owner has never been.
const STRANGER: &str = "192.0.2.66";
const HOME: &str = "198.51.100.1";
const AWAY: &str = "198.51.100.2";

/// A service that limits nothing but attempts to sign in.
fn app() -> TestAppBuilder {
    TestApp::sqlite().clock(clock()).limits(attempts_only())
}

fn attempts_only() -> LimitSettings {
    LimitSettings { requests: None, chat: None, sign_up: None, ..usual() }
}

/// Fails to sign in as somebody until that is refused.
async fn guess(visitor: &Visitor, address: &str, name: &str) -> (usize, Answer) {
    for failures in 0.. {
        let answer = sign_in_from(visitor, address, name, WRONG).await;
        if answer.status != 401 {
            return (failures, answer);
        }
    }
    unreachable!("it is refused sooner or later")
}

#[tokio::test(flavor = "multi_thread")]
async fn after_five_guesses_each_further_one_waits_twice_as_long() {
    let clock = clock();
    let app = TestApp::sqlite().clock(clock.clone()).limits(attempts_only()).start().await;
    app.sign_up("ada").await;
    let (failures, mut refused) = guess(&app.stranger(), STRANGER, "ada").await;
    assert_eq!(failures, 5);
    for wait in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
        assert_eq!(refused.header("retry-after"), wait.to_string());
        refused.expect_problem(429, "too_many_attempts");
        clock.advance(Duration::from_secs(wait));
        let (failures, next) = guess(&app.stranger(), STRANGER, "ada").await;
        assert_eq!(failures, 1);
        refused = next;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn not_even_the_right_password_is_looked_at_before_the_wait_is_over() {
    let clock = clock();
    let app = TestApp::sqlite().clock(clock.clone()).limits(attempts_only()).start().await;
    app.sign_up("ada").await;
    guess(&app.stranger(), STRANGER, "ada").await;
    let right = sign_in_from(&app.stranger(), STRANGER, "ada", RIGHT).await;
    right.expect_problem(429, "too_many_attempts");
    clock.advance(Duration::from_secs(1));
    sign_in_from(&app.stranger(), STRANGER, "ada", RIGHT).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_success_forgets_the_failures_before_it() {
    let app = app().start().await;
    app.sign_up("ada").await;
    for _ in 0..5 {
        for _ in 0..4 {
            sign_in_from(&app.stranger(), HOME, "ada", WRONG).await.expect(401);
        }
        sign_in_from(&app.stranger(), HOME, "ada", RIGHT).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_gets_in_from_elsewhere_while_a_stranger_guesses() {
    let app = app().start().await;
    app.sign_up("ada").await;
    guess(&app.stranger(), STRANGER, "ada").await;
    sign_in_from(&app.stranger(), AWAY, "ada", RIGHT).await.expect(200);
    sign_in_from(&app.stranger(), STRANGER, "ada", RIGHT)
        .await
        .expect_problem(429, "too_many_attempts");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_strangers_together_are_slowed_down_but_the_owner_at_home_is_not() {
    let app = app().start().await;
    app.sign_up("ada").await;
    sign_in_from(&app.stranger(), HOME, "ada", RIGHT).await.expect(200);
    for stranger in 0..100 {
        let address = format!("192.0.2.{stranger}");
        sign_in_from(&app.stranger(), &address, "ada", WRONG).await.expect(401);
    }
    let refused = sign_in_from(&app.stranger(), "192.0.2.200", "ada", WRONG).await;
    assert_eq!(refused.header("retry-after"), "60");
    refused.expect_problem(429, "too_many_attempts");
    for _ in 0..3 {
        sign_in_from(&app.stranger(), HOME, "ada", RIGHT).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_only_signed_up_is_at_home_there() {
    let app = app().start().await;
    app.sign_up("ada").await;
    for stranger in 0..100 {
        let address = format!("192.0.2.{stranger}");
        sign_in_from(&app.stranger(), &address, "ada", WRONG).await.expect(401);
    }
    sign_in_from(&app.stranger(), AWAY, "ada", RIGHT)
        .await
        .expect_problem(429, "too_many_attempts");
    let body = json!({ "email": "ada@example.org", "password": RIGHT });
    app.stranger().post("/api/auth/signin", &body).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_tries_many_accounts_is_slowed_down_but_not_its_honest_users() {
    let app = app().start().await;
    app.sign_up("ada").await;
    sign_in_from(&app.stranger(), STRANGER, "ada", RIGHT).await.expect(200);
    for number in 0..60 {
        let name = format!("user{number}");
        sign_in_from(&app.stranger(), STRANGER, &name, WRONG).await.expect(401);
    }
    let refused = sign_in_from(&app.stranger(), STRANGER, "somebody", WRONG).await;
    assert_eq!(refused.header("retry-after"), "10");
    refused.expect_problem(429, "too_many_attempts");
    sign_in_from(&app.stranger(), STRANGER, "ada", RIGHT).await.expect(200);
}

/// The one thing that guessing shows: an account has been used at the guesser's own address.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_used_up_tells_accounts_that_were_used_there_from_all_others() {
    let app = app().start().await;
    app.sign_up("ada").await;
    app.sign_up("bob").await;
    sign_in_from(&app.stranger(), STRANGER, "ada", RIGHT).await.expect(200);
    for number in 0..60 {
        let name = format!("user{number}");
        sign_in_from(&app.stranger(), STRANGER, &name, WRONG).await.expect(401);
    }
    let mut refusals = Vec::new();
    for (name, password) in [("bob", RIGHT), ("bob", WRONG), ("nobody", WRONG)] {
        let refused = sign_in_from(&app.stranger(), STRANGER, name, password).await;
        let wait = refused.header("retry-after").to_owned();
        let mut problem = refused.expect_problem(429, "too_many_attempts");
        problem.as_object_mut().unwrap().remove("request_id");
        refusals.push((wait, problem));
    }
    assert!(refusals.iter().all(|refusal| *refusal == refusals[0]), "{refusals:?}");
    let used_there = sign_in_from(&app.stranger(), STRANGER, "ada", WRONG).await;
    used_there.expect_problem(401, "wrong_credentials");
    sign_in_from(&app.stranger(), STRANGER, "ada", RIGHT).await.expect(200);
}

/// Each of the crowd has its next password looked at as soon as the last one was. Were everybody
/// served in the order of their arrival, one of another address would wait for all of them.
#[tokio::test(flavor = "multi_thread")]
async fn twelve_accounts_at_one_address_do_not_use_up_the_hashing() {
    const ACCOUNTS: usize = 12;
    const AT_ONCE: usize = 4;
    const TRIES: usize = 5;
    let app = app().slow_hashing().start().await;
    app.sign_up("ada").await;
    let answered = Arc::new(AtomicUsize::new(0));
    let mut crowd = JoinSet::new();
    for number in 0..ACCOUNTS {
        let name = format!("user{number}");
        app.sign_up(&name).await;
        for _ in 0..AT_ONCE {
            let (visitor, name, answered) = (app.stranger(), name.clone(), Arc::clone(&answered));
            crowd.spawn(async move {
                loop {
                    sign_in_from(&visitor, STRANGER, &name, RIGHT).await.expect(200);
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    }
    while answered.load(Ordering::Relaxed) < ACCOUNTS * AT_ONCE {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let before = answered.load(Ordering::Relaxed);
    for _ in 0..TRIES {
        sign_in_from(&app.stranger(), HOME, "ada", RIGHT).await.expect(200);
    }
    let meanwhile = answered.load(Ordering::Relaxed) - before;
    assert!(meanwhile < TRIES * ACCOUNTS * AT_ONCE / 2, "{meanwhile} others came first");
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_to_one_s_own_account_buys_no_guesses_at_others() {
    let app = app().start().await;
    app.sign_up("mallory").await;
    let mut guesses = 0;
    loop {
        let name = format!("user{guesses}");
        if sign_in_from(&app.stranger(), STRANGER, &name, WRONG).await.status != 401 {
            break;
        }
        guesses += 1;
        sign_in_from(&app.stranger(), STRANGER, "mallory", RIGHT).await.expect(200);
    }
    assert_eq!(guesses, 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_who_know_their_passwords_may_be_many_at_one_address() {
    let app = app().start().await;
    for number in 0..80 {
        let name = format!("user{number}");
        app.sign_up(&name).await;
        sign_in_from(&app.stranger(), HOME, &name, RIGHT).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_does_not_exist_is_slowed_down_alike() {
    let app = app().start().await;
    app.sign_up("ada").await;
    let mut answers = Vec::new();
    for name in ["ada", "nobody"] {
        let (failures, refused) = guess(&app.stranger(), STRANGER, name).await;
        let wait = refused.header("retry-after").to_owned();
        let mut problem = refused.expect_problem(429, "too_many_attempts");
        problem.as_object_mut().unwrap().remove("request_id");
        answers.push((failures, wait, problem));
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_token_is_no_way_to_guess_faster() {
    let app = app().start().await;
    let ada = app.sign_up("ada").await;
    for guess in 0..5 {
        let body = json!({ "current_password": WRONG, "new_password": WRONG });
        let answer = match guess % 2 {
            0 => ada.post("/api/auth/password", &body).await,
            _ => ada.post("/api/auth/delete-account", &json!({ "password": WRONG })).await,
        };
        answer.expect_problem(403, "wrong_password");
    }
    let refused = ada.post("/api/auth/delete-account", &json!({ "password": RIGHT })).await;
    assert_eq!(refused.header("retry-after"), "1");
    refused.expect_problem(429, "too_many_attempts");
    sign_in_from(&app.stranger(), AWAY, "ada", RIGHT).await.expect(200);
}
