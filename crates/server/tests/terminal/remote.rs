//! Talking to a service that runs.

use serde_json::{Value, json};
use todo_testkit::process::Service;

use crate::chat::{Machine, binary};

/// A service, a token for it, and a machine elsewhere.
async fn service() -> (Machine, Service, String) {
    let home = Machine::new();
    let service = Service::start(binary(), &home.variables());
    let ada = json!({ "name": "Ada", "email": "ada@example.org", "password": "correct horse" });
    let session = service.stranger().post("/api/auth/signup", &ada).await.expect(201);
    (home, service, session["access_token"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn it_talks_to_a_service_with_the_token_of_the_environment() {
    let (_home, service, token) = service().await;
    let away = Machine::with(&[("CHATBOT_TOKEN", &token)]);
    let lines = b"add buy milk\n/tasks\n/conversations\n";
    let out = away.pipe(&["--url", service.base_url()], lines).ok();
    let lines: Vec<_> = out.lines().collect();
    assert_eq!(
        lines[..3],
        ["  ✓ add_task  1: buy milk", "Added task 1: buy milk", "1\tbuy milk\tmedium\t\tto do"]
    );
    assert!(lines[3].contains("\tadd buy milk\t"), "{out}");
    assert_eq!(std::fs::read_dir(away.data.path()).unwrap().count(), 0, "nothing is kept here");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_asked_for_the_tasks_with_all_of_the_tags() {
    let (_home, service, token) = service().await;
    let away = Machine::with(&[("CHATBOT_TOKEN", &token)]);
    let lines = b"add buy milk #home #shop\nadd call dad #home\n/tasks #home #shop\n";
    let out = away.pipe(&["--url", service.base_url()], lines).ok();
    let listed: Vec<_> = out.lines().filter(|line| line.contains('\t')).collect();
    assert_eq!(listed, ["1\tbuy milk #home #shop\tmedium\t\tto do"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_goes_on_says_so_there_and_here() {
    let home = Machine::new();
    let service = Service::start(binary(), &home.variables());
    let ada = service.stranger().sign_up("ada").await;
    let operations = vec![json!({ "op": "create", "title": "buy milk" }); 100];
    ada.post("/api/me/tasks:batch", &json!({ "operations": operations })).await.expect(200);
    let away = Machine::with(&[("CHATBOT_TOKEN", ada.token.as_deref().unwrap())]);
    let there = ["--url", service.base_url(), "/tasks"];
    assert_eq!(away.chat(&there).err(0), "", "these are all");
    ada.add_task(&json!({ "title": "call dad" })).await;
    let more = "These are the first 100, there are more";
    assert!(away.chat(&there).err(0).contains(more));
    service.kill();
    assert!(home.chat(&["/tasks"]).err(0).contains(more));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_talks_to_a_service_with_the_token_of_a_file() {
    let (home, service, token) = service().await;
    let file = home.data.path().join("token");
    std::fs::write(&file, format!("{token}\n")).unwrap();
    let arguments = ["--url", service.base_url(), "--token-file", file.to_str().unwrap(), "--json"];
    let out = Machine::new().pipe(&arguments, b"add buy milk\nmark it as done\n").ok();
    let twice = Machine::with(&[("CHATBOT_TOKEN", &token)]);
    let err = twice.pipe(&arguments, b"hello\n").err(2);
    assert!(err.contains("--token-file: can't be given together with CHATBOT_TOKEN"), "{err}");
    let answers: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers[0]["conversation_id"], answers[1]["conversation_id"]);
    assert_eq!(answers[1]["tool_calls"][0]["result"]["results"][0]["outcome"], "completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_good_token_it_says_how_to_get_one_and_shows_none() {
    let (_home, service, _) = service().await;
    let url = ["--url", service.base_url(), "hello"];
    assert!(Machine::new().chat(&url).err(2).contains("/api/auth/signin"));
    let wrong = Machine::with(&[("CHATBOT_TOKEN", "hunter2")]);
    let err = wrong.pipe(&url[..2], b"one\ntwo\n").err(1);
    assert!(err.contains("(invalid_token)") && err.contains("/api/auth/signin"), "{err}");
    assert_eq!(err.matches("invalid_token").count(), 1, "no use in saying two: {err}");
    assert!(!err.contains("hunter2"), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_problem_of_the_service_is_told_with_its_code() {
    let (_home, service, token) = service().await;
    let away = Machine::with(&[("CHATBOT_TOKEN", &token)]);
    let long = "x".repeat(2_001);
    let err = away.chat(&["--url", service.base_url(), &long]).err(1);
    assert!(err.contains("must be at most 2000 characters long, not 2001 (validation_failed)"));
    let said = away.chat(&["--url", service.base_url(), "--json", &long]);
    let problem: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((said.code, &problem["code"]), (Some(1), &"validation_failed".into()));
}

#[test]
fn a_service_that_does_not_answer_is_named_and_plain_http_to_others_is_warned_of() {
    let away = Machine::with(&[("CHATBOT_TOKEN", "x")]);
    let err = away.pipe(&["--url", "http://127.0.0.1:1"], b"one\ntwo\n").err(1);
    assert!(err.contains("http://127.0.0.1:1/ does not answer"), "{err}");
    assert_eq!(err.lines().count(), 1, "{err}");
    let err = away.chat(&["--url", "http://todo.invalid:1", "hello"]).err(1);
    assert!(err.starts_with("Warning: over http://"), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_undoes_what_the_last_message_changed() {
    let (_home, service, token) = service().await;
    let away = Machine::with(&[("CHATBOT_TOKEN", &token)]);
    let out = away.pipe(&["--url", service.base_url()], b"add buy milk\n/undo\n/tasks\n").ok();
    assert!(out.ends_with("Added task 1: buy milk\n  ✓ deleted  1: buy milk\n"), "{out}");
}
