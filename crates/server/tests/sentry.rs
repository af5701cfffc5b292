//! What a Sentry hears of a service in trouble, and that a Sentry in trouble is no trouble.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    path::Path,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use todo_testkit::{
    app::JWT_SECRET,
    cohere::{CohereSimulator, InjectedFault},
    database::TestDatabase,
    faults::Outage,
    process::Service,
    sentry::SentryServer,
};

/// Nobody listens there.
const NOWHERE: &str = "postgres://nobody@127.0.0.1:1/nothing";

fn start(variables: &[(&str, &str)]) -> Service {
    let always = [
        ("JWT_SECRET", JWT_SECRET),
        ("CHAT_ENGINE", "offline"),
        ("DATABASE_TIMEOUT", "1"),
        ("SHUTDOWN_DELAY", "0"),
    ];
    let variables = [always.as_slice(), variables].concat();
    Service::start(Path::new(env!("CARGO_BIN_EXE_chatbot-api")), &variables)
}

/// Ends the service and tells how long that took and what it printed.
async fn stop(service: Service) -> (Duration, String) {
    service.signal("TERM");
    let asked = Instant::now();
    let (status, output) = tokio::task::spawn_blocking(|| service.wait()).await.unwrap();
    assert!(status.success(), "{status}\n{output}");
    (asked.elapsed(), output)
}

fn exception(event: &Value) -> &Value {
    &event["exception"]["values"][0]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_gone_is_one_event_for_every_request_that_failed() {
    let (sentry, database) = (SentryServer::start(), TestDatabase::postgres().await);
    let url = database.url();
    let service = start(&[
        ("DATABASE_URL", &url),
        ("SENTRY_DSN", &sentry.dsn()),
        ("SENTRY_ENVIRONMENT", "staging"),
        ("SENTRY_TRACES_SAMPLE_RATE", "1"),
    ]);
    let ada = service.stranger().sign_up("ada").await;
    let outage = Outage::of(&database).await;
    let named = [("x-request-id", "list-1")];
    let list = ada.send(reqwest::Method::GET, "/api/me/tasks", &named, None).await;
    list.expect_problem(503, "database_unavailable");
    let chat = ada.post("/api/me/chat", &json!({ "message": "add a private matter" })).await;
    let chat = chat.expect_problem(503, "database_unavailable");
    ada.get("/health/ready").await.expect_problem(503, "database_unavailable");
    outage.end().await;
    stop(service).await;

    let events = sentry.events();
    let requests: Vec<_> = events.iter().map(|event| &event["tags"]["request_id"]).collect();
    assert_eq!(requests, [&json!("list-1"), &chat["request_id"]]);
    let event = &events[0];
    assert_eq!(event["release"], concat!("chatbot-api@", env!("CARGO_PKG_VERSION")));
    assert_eq!(event["environment"], "staging");
    assert_eq!(event["transaction"], "GET /api/{user_id}/tasks");
    assert_eq!(
        (&event["tags"]["status"], &event["tags"]["code"]),
        (&json!("503"), &json!("database_unavailable"))
    );
    assert_eq!(exception(event)["type"], "database_unavailable");
    assert!(event["contexts"]["trace"]["trace_id"].is_string(), "{event:#}");
    let timed: Vec<_> =
        sentry.transactions().into_iter().map(|it| it["transaction"].clone()).collect();
    assert!(timed.contains(&json!("POST /api/{user_id}/chat")), "{timed:?}");
    assert!(timed.contains(&json!("POST /api/auth/signup")), "{timed:?}");
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let raw = sentry.raw();
    for personal in
        ["private matter", "ada@example.org", ada.token.as_ref().unwrap(), JWT_SECRET, host.trim()]
    {
        assert!(!raw.contains(personal), "{personal}: {raw}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_that_fails_is_one_event_with_its_code_and_without_what_was_said() {
    let (sentry, cohere) = (SentryServer::start(), CohereSimulator::start().await);
    let data = tempfile::tempdir().unwrap();
    cohere.always(InjectedFault::EchoedKey);
    let service = start(&[
        ("DATA_DIR", data.path().to_str().unwrap()),
        ("CHAT_ENGINE", "cohere"),
        ("COHERE_API_KEY", "co-hunter2"),
        ("COHERE_BASE_URL", &cohere.base_url()),
        ("SENTRY_DSN", &sentry.dsn()),
    ]);
    let ada = service.stranger().sign_up("ada").await;
    let message = json!({ "message": "add a private matter" });
    let problem = ada.post("/api/me/chat", &message).await.expect_problem(502, "provider_auth");
    let events = sentry.until_events(1).await;
    assert_eq!(exception(&events[0])["type"], "provider_auth");
    assert_eq!(exception(&events[0])["value"], "The model did not answer");
    assert_eq!(events[0]["tags"]["request_id"], problem["request_id"]);
    let (_, log) = stop(service).await;
    assert!(log.contains("code=provider_auth"), "{log}");
    assert_eq!(sentry.events().len(), 1);
    let raw = sentry.raw();
    for personal in ["private matter", "ada@example.org", "hunter2", ada.token.as_ref().unwrap()] {
        assert!(!raw.contains(personal), "{personal}: {raw}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sentry_that_never_answers_delays_nobody_and_is_sent_no_more_than_the_queue_holds() {
    const FAILURES: usize = 200;
    let sentry = SentryServer::start();
    sentry.stall();
    let service = start(&[("DATABASE_URL", NOWHERE), ("SENTRY_DSN", &sentry.dsn())]);
    let nobody = service.stranger();
    let account = json!({ "email": "ada@example.org", "password": "correct horse" });
    let started = Instant::now();
    for _ in 0..FAILURES {
        let answer = nobody.post("/api/auth/signin", &account).await;
        answer.expect_problem(503, "database_unavailable");
    }
    // To wait for Sentry once for each would take 1000 s.
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
    let (took, _) = stop(service).await;
    assert!(took < Duration::from_secs(15), "{took:?}");
    sentry.resume();
    assert!(sentry.events().len() < FAILURES / 2, "the queue is bounded");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sentry_that_is_down_is_no_trouble() {
    let service = start(&[("DATABASE_URL", NOWHERE), ("SENTRY_DSN", "http://key@127.0.0.1:1/42")]);
    let nobody = service.stranger();
    let account = json!({ "email": "ada@example.org", "password": "correct horse" });
    for _ in 0..20 {
        let answer = nobody.post("/api/auth/signin", &account).await;
        answer.expect_problem(503, "database_unavailable");
    }
    assert_eq!(nobody.get("/health").await.text, r#"{"status":"healthy"}"#);
    let (took, log) = stop(service).await;
    assert!(took < Duration::from_secs(15), "{took:?}");
    assert!(!log.contains("127.0.0.1:1/42"), "{log}");
}
