//! Stopping: what runs is finished, nothing new begins, the exit code is 0.

use std::path::Path;

use serde_json::json;
use todo_testkit::{app::JWT_SECRET, database::TestDatabase, faults::LockedUser, process::Service};

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
        &[("DATABASE_URL", &url), ("JWT_SECRET", JWT_SECRET), ("CHAT_ENGINE", "offline")],
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
