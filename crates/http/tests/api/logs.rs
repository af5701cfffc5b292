//! What the log says about a request, and what it keeps to itself.

use std::{
    io,
    sync::{Mutex, OnceLock},
};

use serde_json::{Value, json};
use todo_domain::{
    User, UserId,
    ports::{MockAccountStore, StoreError, StoreErrorKind},
};

use tracing_subscriber::{filter::filter_fn, layer::SubscriberExt, util::SubscriberInitExt};

use crate::client::{Answer, Mocks, now, user};

/// Everything that any test of this program has logged.
static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Lines;

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn capture() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        // As in the service, the spans of traces are none of the log's.
        let of_log = filter_fn(|metadata| metadata.fields().field("otel.kind").is_none());
        let lines = tracing_subscriber::fmt::layer().json().with_writer(|| Lines);
        tracing_subscriber::registry().with(of_log).with(lines).init();
    });
}

/// The lines of the request with this id.
fn lines_of(request_id: &str) -> Vec<Value> {
    let lines = LINES.lock().unwrap();
    let lines = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines
        .map(|line| serde_json::from_slice::<Value>(line).unwrap())
        .filter(|line| line["span"]["request_id"] == request_id)
        .collect()
}

#[tokio::test]
async fn a_request_that_fails_leaves_two_lines_under_its_id_and_no_personal_data() {
    capture();
    let mut mocks = Mocks::default();
    mocks.turns.expect_begin().returning(|_| {
        let source = io::Error::other("the socket closed");
        Err(StoreError::new(StoreErrorKind::Unavailable, source))
    });
    mocks.model.expect_identity().returning(|| todo_domain::ModelIdentity {
        engine: "scripted".into(),
        model: "scripted-1".into(),
    });
    let client = mocks.serve();
    let request = client.request(reqwest::Method::POST, "/api/me/chat?x=private");
    let body = json!({ "message": "a private message" });
    let request = request.header("x-request-id", "logged-1").json(&body);
    assert_eq!(Answer::of(request).await.problem(), (503, "database_unavailable"));

    let mut lines = lines_of("logged-1");
    lines.retain(|line| line["level"] != "DEBUG");
    let messages: Vec<_> = lines.iter().map(|line| &line["fields"]["message"]).collect();
    assert_eq!(messages, ["Chat endpoint called", "Request answered"]);
    let access = &lines[1]["span"];
    assert_eq!(access["method"], "POST");
    assert_eq!(access["route"], "/api/{user_id}/chat");
    assert_eq!(access["status"], 503);
    assert_eq!(access["user_id"], 1);
    assert!(lines[1]["fields"]["duration_ms"].is_u64());
    assert!(!json!(lines).to_string().contains("private"));
}

#[tokio::test]
async fn the_address_that_an_operator_looks_for_is_not_written_down() {
    capture();
    let mut mocks = Mocks { accounts: MockAccountStore::new(), ..Mocks::default() };
    let operator = |id: UserId| User { operator_since: Some(now()), ..user(id.get()) };
    mocks.accounts.expect_user().returning(move |id| Ok(Some(operator(id))));
    mocks.accounts.expect_credentials().returning(|_| {
        let source = io::Error::other("the socket closed");
        Err(StoreError::new(StoreErrorKind::Unavailable, source))
    });
    let client = mocks.serve();
    let request = client.request(reqwest::Method::GET, "/api/admin/users?q=ben%40example.org");
    let answer = Answer::of(request.header("x-request-id", "logged-operator")).await;
    assert_eq!(answer.problem(), (503, "database_unavailable"));
    let lines = lines_of("logged-operator");
    assert_eq!(lines.last().unwrap()["span"]["route"], "/api/admin/users");
    assert!(!json!(lines).to_string().contains("ben"));
}

#[tokio::test]
async fn a_path_that_does_not_exist_is_not_written_down() {
    capture();
    let client = Mocks::default().serve();
    let request = client.anonymous(reqwest::Method::GET, "/ada@example.org");
    let answer = Answer::of(request.header("x-request-id", "logged-2")).await;
    assert_eq!(answer.status, 404);
    let lines = lines_of("logged-2");
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["span"]["route"], "unknown");
    assert!(!lines[0].to_string().contains("ada"));
}

#[tokio::test]
async fn a_path_that_is_written_differently_is_the_same_route() {
    capture();
    let client = Mocks::default().serve();
    let request = client.anonymous(reqwest::Method::GET, "/%68ealth");
    let answer = Answer::of(request.header("x-request-id", "logged-3")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(lines_of("logged-3")[0]["span"]["route"], "/health");
}

#[tokio::test]
async fn a_method_that_somebody_made_up_is_not_written_down() {
    capture();
    let client = Mocks::default().serve();
    let method = reqwest::Method::from_bytes(b"ADA-S-SECRET").unwrap();
    let request = client.anonymous(method, "/health");
    let answer = Answer::of(request.header("x-request-id", "logged-4")).await;
    assert_eq!(answer.status, 405);
    let lines = lines_of("logged-4");
    assert_eq!(lines[0]["span"]["method"], "other");
    assert!(!json!(lines).to_string().contains("SECRET"));
}

#[tokio::test]
async fn a_proxy_that_nobody_named_is_warned_of_once_without_any_address() {
    capture();
    let client = Mocks::default().serve();
    let mut lines = Vec::new();
    for (id, header) in [("proxied-1", "x-forwarded-for"), ("proxied-2", "forwarded")] {
        let request = client.anonymous(reqwest::Method::GET, "/nowhere");
        let request = request.header("x-request-id", id).header(header, "for=192.0.2.99");
        assert_eq!(Answer::of(request).await.status, 404);
        lines.extend(lines_of(id));
    }
    let warnings: Vec<_> = lines.iter().filter(|line| line["level"] == "WARN").collect();
    assert_eq!(warnings.len(), 1, "{lines:?}");
    assert!(warnings[0].to_string().contains("TRUSTED_PROXIES"));
    assert!(!json!(lines).to_string().contains("192.0.2"));
}
