//! A disk that is really full: a small one of its own, in memory, for a process in a user namespace.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use serde_json::json;
use todo_testkit::{
    app::{Answer, Visitor},
    process::Service,
};

/// A program that starts the service with a disk of two megabytes as its data directory.
fn on_a_small_disk(place: &tempfile::TempDir) -> PathBuf {
    let program = place.path().join("start");
    let service = env!("CARGO_BIN_EXE_chatbot-api");
    let script = format!(
        "#!/bin/sh\nexec unshare --user --map-root-user --mount sh -c '\
         mount -t tmpfs -o size=2m,mode=0700 tmpfs \"$DATA_DIR\" && exec \"{service}\"'\n"
    );
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    program
}

async fn add(user: &Visitor) -> Answer {
    let task = json!({ "title": "milk", "description": "x".repeat(2_000) });
    user.post("/api/me/tasks", &task).await
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_on_a_disk_that_is_full_takes_no_write_says_so_and_can_be_read() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    fs::create_dir(&data).unwrap();
    let path = std::env::var("PATH").unwrap();
    let variables = [("DATA_DIR", data.to_str().unwrap()), ("PATH", &path)];
    let service = Service::start(&on_a_small_disk(&place), &variables);
    let ada = service.stranger().sign_up("ada").await;
    let mut kept = 0;
    let refused = loop {
        let answer = add(&ada).await;
        if answer.status != 201 {
            break answer;
        }
        kept += 1;
        assert!(kept < 2_000, "two megabytes hold no more than that");
    };
    assert_eq!(refused.header("retry-after"), "60");
    refused.expect_problem(503, "storage_full");
    let message = format!("add {}", "milk ".repeat(30));
    let chat = ada.post("/api/me/chat", &json!({ "message": message })).await;
    assert_eq!(chat.header("retry-after"), "60");
    chat.expect_problem(503, "storage_full");
    // What is small may have found room meanwhile, as the end of that turn.
    add(&ada).await.expect_problem(503, "storage_full");
    ada.get("/health/ready").await.expect_problem(503, "storage_full");
    let details = ada.get("/health/detailed").await.expect(503);
    assert_eq!(details["database"]["status"], "storage_full", "{details}");
    ada.get("/health").await.expect(200);
    let list = ada.get("/api/me/tasks?limit=100").await.expect(200);
    assert_eq!(list.as_array().unwrap().len(), kept.min(100));
}
