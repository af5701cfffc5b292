//! `chatbot-api doctor`, as an operator runs it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{os::unix::fs::FileExt, path::Path, process::Command};

use todo_testkit::{
    app::JWT_SECRET,
    cohere::{CohereSimulator, InjectedFault},
    database::TestDatabase,
    process::Service,
    redis::TestRedis,
};

const BINARY: &str = env!("CARGO_BIN_EXE_chatbot-api");
const LONG: &str = "a-password-of-24-letters";
const KEY: &str = "co-hunter2-secret";

/// What the doctor says, and its exit code.
fn doctor(variables: &[(&str, &str)]) -> (String, i32) {
    let mut command = Command::new(BINARY);
    command.arg("doctor").env_clear().envs(variables.iter().copied());
    let output = command.output().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    (String::from_utf8(output.stdout).unwrap(), output.status.code().unwrap())
}

/// The line about this, with its verdict.
fn line<'a>(said: &'a str, what: &str) -> &'a str {
    said.lines()
        .find(|line| line.get(6..).is_some_and(|rest| rest.starts_with(what)))
        .unwrap_or(said)
}

/// The database's URL with this password, which its server does not ask for.
fn with_password(database: &TestDatabase, password: &str) -> String {
    let mut url = url::Url::parse(&database.url()).unwrap();
    url.set_password(Some(password)).unwrap();
    url.to_string()
}

#[test]
fn without_any_setting_nothing_is_wrong_and_nothing_is_made() {
    let data = tempfile::tempdir().unwrap();
    let place = data.path().join("data");
    let (said, code) = doctor(&[("DATA_DIR", place.to_str().unwrap())]);
    assert_eq!(code, 0, "{said}");
    assert!(line(&said, "assistant").starts_with("ok    assistant      offline"), "{said}");
    assert!(!place.exists());
}

#[test]
fn a_wrong_configuration_is_told_whole_and_without_values() {
    let (said, code) = doctor(&[("PORT", "http"), ("JWT_SECRET", "hunter2")]);
    assert_eq!(code, 1);
    assert!(said.starts_with("fail  configuration"), "{said}");
    assert!(said.contains("PORT") && said.contains("JWT_SECRET") && !said.contains("hunter2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_in_production_is_examined_from_end_to_end() {
    let (database, cohere) = (TestDatabase::postgres().await, CohereSimulator::start().await);
    let url = format!("{}&sslmode=disable", with_password(&database, LONG));
    let base_url = cohere.base_url();
    let (said, code) = doctor(&[
        ("DATABASE_URL", &url),
        ("JWT_SECRET", JWT_SECRET),
        ("COHERE_API_KEY", KEY),
        ("COHERE_BASE_URL", &base_url),
    ]);
    assert_eq!(code, 0, "{said}");
    for what in
        ["configuration", "password", "database", "migrations", "Cohere key", "Cohere model"]
    {
        assert!(line(&said, what).starts_with("ok "), "{what}: {said}");
    }
    assert!(line(&said, "TLS").starts_with("warn"), "{said}");
    assert!(line(&said, "TLS").contains("sslmode=disable"), "{said}");
    assert!(!said.contains(LONG) && !said.contains(KEY) && !said.contains(JWT_SECRET), "{said}");
    let asked: Vec<_> = cohere.requests().into_iter().map(|request| request.path).collect();
    assert_eq!(asked, ["/v1/check-api-key", "/v1/models/command-a-03-2025"], "nothing is billed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_below_24_characters_and_pending_migrations_are_failures() {
    let database = TestDatabase::empty_postgres().await;
    let url = with_password(&database, &LONG[1..]);
    let offline = ("CHAT_ENGINE", "offline");
    let (said, code) = doctor(&[("DATABASE_URL", &url), ("JWT_SECRET", JWT_SECRET), offline]);
    assert_eq!(code, 1);
    assert!(line(&said, "password").starts_with("fail"), "{said}");
    assert!(line(&said, "migrations").starts_with("fail"), "{said}");
    assert!(said.contains("migrate up"), "{said}");
}

#[test]
fn a_database_that_does_not_answer_is_a_failure() {
    let url = format!("postgres://nobody:{LONG}@127.0.0.1:1/nothing");
    let (said, code) = doctor(&[
        ("DATABASE_URL", &url),
        ("JWT_SECRET", JWT_SECRET),
        ("CHAT_ENGINE", "offline"),
        ("DATABASE_TIMEOUT", "0.5"),
    ]);
    assert_eq!(code, 1);
    assert!(line(&said, "database").starts_with("fail"), "{said}");
    assert!(!said.contains(LONG), "{said}");
}

#[test]
fn a_damaged_file_is_a_failure() {
    let data = tempfile::tempdir().unwrap();
    let variables = [("DATA_DIR", data.path().to_str().unwrap())];
    Service::start(Path::new(BINARY), &variables).kill();
    let (said, code) = doctor(&variables);
    assert_eq!(code, 0, "{said}");
    let file = std::fs::File::options().write(true).open(data.path().join("todo.sqlite")).unwrap();
    let middle = file.metadata().unwrap().len() / 2;
    file.write_all_at(&[0xaa; 32_768], middle).unwrap();
    let (said, code) = doctor(&variables);
    assert_eq!(code, 1, "{said}");
    assert!(line(&said, "database").starts_with("fail"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_cohere_is_told_apart() {
    let (cohere, data) = (CohereSimulator::start().await, tempfile::tempdir().unwrap());
    let base_url = cohere.base_url();
    for (fault, verdict, word) in [
        (InjectedFault::Unauthorized, "fail", "auth_refused"),
        (InjectedFault::EchoedKey, "fail", "auth_refused"),
        (InjectedFault::PaymentRequired, "fail", "payment_due"),
        (InjectedFault::ModelRemoved, "fail", "model_not_found"),
        (InjectedFault::MonthLimit, "fail", "quota_exhausted"),
        (InjectedFault::MinuteLimit, "warn", "per minute"),
        (InjectedFault::OverloadedHtml, "fail", "unavailable"),
    ] {
        cohere.always(fault);
        let (said, code) = doctor(&[
            ("DATA_DIR", data.path().to_str().unwrap()),
            ("COHERE_API_KEY", KEY),
            ("COHERE_BASE_URL", &base_url),
        ]);
        assert_eq!(code, i32::from(verdict == "fail"), "{fault:?}: {said}");
        let line = line(&said, "Cohere model");
        assert!(line.starts_with(verdict) && line.contains(word), "{fault:?}: {said}");
        assert!(!said.contains(KEY), "{said}");
    }
}

#[test]
fn redis_is_asked_which_one_it_is_and_can_be_done_without() {
    let (redis, data) = (TestRedis::start(), tempfile::tempdir().unwrap());
    let variables = [("DATA_DIR", data.path().to_str().unwrap()), ("REDIS_URL", &redis.url())];
    let (said, code) = doctor(&variables);
    assert_eq!(code, 0, "{said}");
    assert!(line(&said, "Redis").starts_with("ok "), "{said}");
    assert!(line(&said, "Redis").contains(" answers, version "), "{said}");
    redis.stop();
    let (said, code) = doctor(&variables);
    assert_eq!(code, 0, "{said}");
    assert!(line(&said, "Redis").starts_with("warn"), "{said}");
}

#[test]
fn a_file_with_a_secret_that_others_may_read_or_write_is_named() {
    use std::{
        fs::{Permissions, set_permissions},
        os::unix::fs::PermissionsExt,
    };
    let data = tempfile::tempdir().unwrap();
    let variables = [("DATA_DIR", data.path().to_str().unwrap())];
    Service::start(Path::new(BINARY), &variables).kill();
    let secret = data.path().join("jwt_secret");
    let says = |mode| {
        set_permissions(&secret, Permissions::from_mode(mode)).unwrap();
        let (said, code) = doctor(&variables);
        (line(&said, "secrets").to_owned(), code)
    };
    let (said, code) = says(0o644);
    assert!(said.starts_with("warn") && said.contains("jwt_secret may be read"), "{said}");
    assert_eq!(code, 0);
    let (said, code) = says(0o666);
    assert!(said.starts_with("fail") && said.contains("jwt_secret may be written"), "{said}");
    assert_eq!(code, 1);
    let mut service = Command::new(BINARY);
    let output = service.env_clear().envs(variables).env("PORT", "0").output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("jwt_secret may be written by everybody"), "{error}");
    assert_eq!(output.status.code(), Some(2));
}
