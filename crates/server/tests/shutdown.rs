//! Stopping: what runs is finished, nothing new begins, the exit code is 0.

use std::path::Path;

use serde_json::json;
use todo_testkit::{app::JWT_SECRET, database::TestDatabase, faults::LockedUser, process::Service};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_chatbot-api"))
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_and_sigint_end_an_idle_service_with_exit_code_0() {
    for signal in ["TERM", "INT"] {
        let data = tempfile::tempdir().unwrap();
        let service = Service::start(binary(), &[("DATA_DIR", data.path().to_str().unwrap())]);
        assert_eq!(service.stranger().get("/health").await.status, 200);
        service.signal(signal);
        let (status, output) = service.wait();
        assert!(status.success(), "{signal}: {status}\n{output}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_that_runs_is_finished_and_answered_before_the_process_ends() {
    let database = TestDatabase::postgres().await;
    let url = database.url();
    let service = Service::start(
        binary(),
        &[
            ("DATABASE_URL", &url),
            ("JWT_SECRET", JWT_SECRET),
            ("CHAT_ENGINE", "offline"),
            ("SHUTDOWN_DELAY", "0"),
        ],
    );
    let ada = service.stranger().sign_up("ada").await;
    // The turn can't begin while somebody else holds the user's row.
    let held = LockedUser::hold(&database, ada.id).await;
    let running = tokio::spawn({
        let ada = ada.clone();
        async move { ada.post("/api/me/chat", &json!({ "message": "add buy milk" })).await }
    });
    held.until_waited_for(1).await;
    service.signal("TERM");
    while ada.try_post("/api/auth/signin", &json!({})).await.is_some() {
        tokio::task::yield_now().await;
    }
    held.release().await;
    let answer = running.await.unwrap().expect(200);
    assert_eq!(answer["tool_calls"][0]["ok"], true);
    let (status, output) = tokio::task::spawn_blocking(|| service.wait()).await.unwrap();
    assert!(status.success(), "{status}\n{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn before_it_stops_new_requests_are_sent_elsewhere_while_those_that_come_are_answered() {
    let data = tempfile::tempdir().unwrap();
    let service = Service::start(
        binary(),
        &[("DATA_DIR", data.path().to_str().unwrap()), ("SHUTDOWN_DELAY", "120")],
    );
    let ada = service.stranger().sign_up("ada").await;
    assert_eq!(ada.get("/health/ready").await.header("connection"), "");
    service.signal("TERM");
    let mut ready = ada.get("/health/ready").await;
    while ready.status == 200 {
        tokio::task::yield_now().await;
        ready = ada.get("/health/ready").await;
    }
    assert_eq!(ready.header("connection"), "close", "whoever keeps connections lets go of them");
    ready.expect_problem(503, "shutting_down");
    assert_eq!(ada.say("add buy milk").await["tool_calls"][0]["ok"], true);
    assert_eq!(ada.tasks().await.len(), 1);
    assert_eq!(ada.get("/health").await.text, r#"{"status":"healthy"}"#);
    // Whoever is in a hurry says it twice.
    service.signal("TERM");
    let (status, output) = tokio::task::spawn_blocking(|| service.wait()).await.unwrap();
    assert!(status.success(), "{status}\n{output}");
    assert!(output.contains("Stopped at once"), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_kept_open_does_not_keep_the_service_from_stopping() {
    let data = tempfile::tempdir().unwrap();
    let service = Service::start(
        binary(),
        &[("DATA_DIR", data.path().to_str().unwrap()), ("SHUTDOWN_TIMEOUT", "600")],
    );
    let address = service.base_url().trim_start_matches("http://").to_owned();
    let mut idle = TcpStream::connect(address).await.unwrap();
    idle.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"}") {
        assert_ne!(idle.read_buf(&mut answer).await.unwrap(), 0);
    }
    service.signal("TERM");
    assert_eq!(idle.read(&mut [0]).await.unwrap(), 0, "it is closed without another word");
    let (status, output) = tokio::task::spawn_blocking(|| service.wait()).await.unwrap();
    assert!(status.success(), "{status}\n{output}");
}
