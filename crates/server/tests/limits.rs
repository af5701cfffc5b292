//! Limits of the running service.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;

use serde_json::json;
use todo_testkit::process::Service;

fn service(variables: &[(&str, &str)]) -> (Service, tempfile::TempDir) {
    let data = tempfile::tempdir().unwrap();
    let place = [("DATA_DIR", data.path().to_str().unwrap())];
    let binary = Path::new(env!("CARGO_BIN_EXE_chatbot-api"));
    (Service::start(binary, &[&place, variables].concat()), data)
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_limited_unless_somebody_says_otherwise() {
    let unset = ["RATE_LIMIT_PER_SECOND", "CHAT_RATE_LIMIT_PER_MINUTE"].map(|name| (name, ""));
    let (service, _data) = service(&unset);
    let ada = service.stranger().sign_up("ada").await;
    let answer = ada.post("/api/me/chat", &json!({ "message": "add buy milk" })).await;
    let policy = answer.header("ratelimit-policy");
    assert_eq!(policy, r#""default";q=21;w=3, "chat";q=20;w=60"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_too_often_is_refused_and_the_operator_sees_how_often_that_happens() {
    let (service, _data) = service(&[("RATE_LIMIT_PER_SECOND", "1"), ("RATE_LIMIT_BURST", "0")]);
    let stranger = service.stranger();
    while stranger.get("/api/me/tasks").await.status != 429 {}
    let page = stranger.get("/metrics").await.text;
    let line = page.lines().find(|line| line.starts_with("rate_limited_total")).unwrap();
    assert!(line.contains(r#"limit="default""#), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_guesses_passwords_has_to_wait_and_the_log_does_not_name_them() {
    let (service, _data) = service(&[]);
    service.stranger().sign_up("ada").await;
    let wrong = json!({ "email": "ada@example.org", "password": "wrong horse" });
    // Each wait is twice as long as the one before: sooner or later it is longer than we take.
    let refused = loop {
        let answer = service.stranger().post("/api/auth/signin", &wrong).await;
        if answer.status != 401 {
            break answer;
        }
    };
    refused.expect_problem(429, "too_many_attempts");
    let log = service.output();
    assert!(!log.contains("ada@example.org") && !log.contains("wrong horse"), "{log}");
}
