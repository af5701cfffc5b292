//! The operator's commands about users, as they are typed.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use todo_testkit::{
    app::{TestApp, Visitor},
    process::Service,
    redis::TestRedis,
};

const TIMEOUT: Duration = Duration::from_secs(30);
const BINARY: &str = env!("CARGO_BIN_EXE_chatbot-api");

/// What came of a command: its exit code, what it printed, and what it complained of.
struct Done {
    code: i32,
    out: String,
    complaint: String,
}

/// Runs `chatbot-api user …` with this on standard input.
fn user(database_url: &str, arguments: &[&str], input: &str) -> Done {
    user_with(&[("DATABASE_URL", database_url)], arguments, input)
}

/// The same with these variables.
fn user_with(variables: &[(&str, &str)], arguments: &[&str], input: &str) -> Done {
    let mut child = Command::new(BINARY)
        .arg("user")
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may have ended without reading.
    drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    Done {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        complaint: String::from_utf8(output.stderr).unwrap(),
    }
}

async fn sign_in(visitor: &Visitor, name: &str, password: &str) -> (u16, Value) {
    let body = json!({ "email": format!("{name}@example.org"), "password": password });
    let answer = visitor.post("/api/auth/signin", &body).await;
    (answer.status.as_u16(), answer.json())
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_listed_for_programs() {
    let app = TestApp::postgres().await.start().await;
    let (ada, ben) = (app.sign_up("ada").await, app.sign_up("ben").await);
    let listed = user(&app.database_url(), &["list"], "");
    assert_eq!(listed.code, 0, "{}", listed.complaint);
    let lines: Vec<Vec<&str>> = listed.out.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(lines[0][..4], [&ada.id.to_string(), "ada@example.org", "ada", "UTC"]);
    assert_eq!((lines.len(), lines[1][1], lines[1][5]), (2, "ben@example.org", ""));
    let listed = user(&app.database_url(), &["list", "--json"], "");
    let last: Value = serde_json::from_str(listed.out.lines().last().unwrap()).unwrap();
    assert_eq!((&last["id"], &last["disabled_at"]), (&json!(ben.id), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_user_stays_out_until_enabled() {
    let app = TestApp::postgres().await.start().await;
    app.sign_up("ada").await;
    let done = user(&app.database_url(), &["disable", "ADA@example.org"], "");
    assert_eq!((done.code, done.out.as_str()), (0, "user 1 is disabled\n"));
    let (status, problem) = sign_in(&app.stranger(), "ada", "correct horse").await;
    assert_eq!((status, &problem["code"]), (403, &json!("account_disabled")));
    assert_eq!(sign_in(&app.stranger(), "ada", "wrong horse").await.0, 401);
    assert_eq!(user(&app.database_url(), &["enable", "1"], "").code, 0);
    assert_eq!(sign_in(&app.stranger(), "ada", "correct horse").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_is_made_by_command_alone_and_unmade_at_once() {
    let app = TestApp::postgres().await.start().await;
    // An address proves nothing.
    let (ada, admin) = (app.sign_up("ada").await, app.sign_up("admin").await);
    let done = user(&app.database_url(), &["promote", "ADA@example.org"], "");
    assert_eq!((done.code, done.out.as_str()), (0, "user 1 is an operator\n"));
    let users = ada.get("/api/admin/users").await.expect(200);
    assert_eq!((&users[0]["role"], &users[1]["role"]), (&json!("operator"), &json!("user")));
    admin.get("/api/admin/users").await.expect_problem(403, "not_an_operator");
    let listed = user(&app.database_url(), &["list", "--json"], "");
    let first: Value = serde_json::from_str(listed.out.lines().next().unwrap()).unwrap();
    assert!(first["operator_since"].is_string(), "{first}");
    let done = user(&app.database_url(), &["demote", "1"], "");
    assert_eq!((done.code, done.out.as_str()), (0, "user 1 is no operator\n"));
    ada.get("/api/admin/users").await.expect_problem(403, "not_an_operator");
    let nobody = user(&app.database_url(), &["promote", "4711"], "");
    assert_eq!(
        (nobody.code, nobody.complaint.as_str()),
        (1, "chatbot-api: there is no user 4711\n")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_set_from_a_pipe_within_its_bounds() {
    let app = TestApp::postgres().await.start().await;
    app.sign_up("ada").await;
    let short = user(&app.database_url(), &["set-password", "1"], "short\n");
    assert_eq!(short.code, 2);
    assert!(short.complaint.contains("must be at least 8 characters long"), "{}", short.complaint);
    let done = user(&app.database_url(), &["set-password", "1"], "battery staple\n");
    assert_eq!(done.code, 0, "{}", done.complaint);
    assert!(!done.out.contains("battery"));
    assert_eq!(sign_in(&app.stranger(), "ada", "correct horse").await.0, 401);
    assert_eq!(sign_in(&app.stranger(), "ada", "battery staple").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_deleted_only_by_who_means_it() {
    let app = TestApp::postgres().await.start().await;
    app.sign_up("ada").await;
    let doubtful = user(&app.database_url(), &["delete", "1"], "1\n");
    assert_eq!(doubtful.code, 2);
    assert!(doubtful.complaint.contains("--yes"), "{}", doubtful.complaint);
    assert_eq!(user(&app.database_url(), &["delete", "1", "--yes"], "").code, 0);
    let again = user(&app.database_url(), &["delete", "1", "--yes"], "");
    assert_eq!((again.code, again.complaint.as_str()), (1, "chatbot-api: there is no user 1\n"));
    assert_eq!(sign_in(&app.stranger(), "ada", "correct horse").await.0, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_left_alone_while_the_service_uses_it() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("todo.sqlite");
    let url = format!("sqlite://{}", file.display());
    let absent = user(&url, &["list"], "");
    assert_eq!(absent.code, 2);
    assert!(absent.complaint.contains("there are no users yet") && !file.exists());
    let data = directory.path().display().to_string();
    let variables =
        [("DATABASE_URL", url.as_str()), ("DATA_DIR", &data), ("CHAT_ENGINE", "offline")];
    let service = Service::start(Path::new(BINARY), &variables);
    service.stranger().sign_up("ada").await;
    let busy = user(&url, &["list"], "");
    assert_eq!(busy.code, 2);
    assert!(busy.complaint.contains("stop the service first"), "{}", busy.complaint);
    service.signal("TERM");
    service.wait();
    assert!(user(&url, &["list"], "").out.contains("ada@example.org"));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_may_sign_up_nobody_does() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().display().to_string();
    let variables = [("DATA_DIR", data.as_str()), ("SIGNUP_ENABLED", "false")];
    let service = Service::start(Path::new(BINARY), &variables);
    let body = json!({ "name": "Ada", "email": "ada@example.org", "password": "correct horse" });
    let answer = service.stranger().post("/api/auth/signup", &body).await;
    answer.expect_problem(403, "signup_disabled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_user_leaves_no_list_in_the_shared_cache() {
    let redis = TestRedis::start();
    let app = TestApp::postgres().await.redis(&redis, TIMEOUT).start().await;
    let ada = app.sign_up("ada").await;
    ada.say("add buy milk").await;
    let cached = |redis: &TestRedis| {
        redis.command(&["HEXISTS", "todo:conversations:1:user:1", "list"]) == "1"
    };
    let deadline = Instant::now() + TIMEOUT;
    while !cached(&redis) {
        ada.get("/api/me/conversations").await.expect(200);
        assert!(Instant::now() < deadline, "the list is never cached");
    }

    let (database_url, redis_url) = (app.database_url(), redis.url());
    let variables = [("DATABASE_URL", database_url.as_str()), ("REDIS_URL", redis_url.as_str())];
    let done = user_with(&variables, &["delete", "1", "--yes"], "");
    assert_eq!((done.code, done.out.as_str()), (0, "user 1 is deleted\n"));
    assert!(!cached(&redis), "the list is gone with its user");
}
