//! `chatbot-api healthcheck`, as the HEALTHCHECK of an image runs it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{path::Path, process::Command};

use todo_testkit::{app::JWT_SECRET, database::TestDatabase, ports::free_port, process::Service};

const BINARY: &str = env!("CARGO_BIN_EXE_chatbot-api");

/// Exit code and what it complains of.
fn healthcheck(arguments: &[&str], variables: &[(&str, &str)]) -> (i32, String) {
    let mut command = Command::new(BINARY);
    command.arg("healthcheck").args(arguments).env_clear().envs(variables.iter().copied());
    let output = command.output().unwrap();
    assert!(output.stdout.is_empty());
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

fn port(service: &Service) -> &str {
    service.base_url().rsplit_once(':').unwrap().1
}

#[test]
fn a_service_that_is_ready_is_healthy_whatever_address_it_listens_on() {
    let data = tempfile::tempdir().unwrap();
    let service = Service::start(Path::new(BINARY), &[("DATA_DIR", data.path().to_str().unwrap())]);
    let variables = [("HOST", "0.0.0.0"), ("PORT", port(&service))];
    assert_eq!(healthcheck(&[], &variables), (0, String::new()));
    let proxy = ("HTTP_PROXY", "http://127.0.0.1:1");
    let through_nobody = [variables[0], variables[1], proxy];
    assert_eq!(healthcheck(&["--live"], &through_nobody), (0, String::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_without_tables_lives_but_is_not_healthy_and_the_reason_is_told() {
    let database = TestDatabase::empty_postgres().await;
    let variables = [
        ("DATABASE_URL", database.url()),
        ("JWT_SECRET", JWT_SECRET.to_owned()),
        ("CHAT_ENGINE", "offline".to_owned()),
    ];
    let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
    let service = Service::start(Path::new(BINARY), &variables);
    let (code, said) = healthcheck(&[], &[("PORT", port(&service))]);
    assert_eq!(code, 1);
    assert!(said.contains("503 migrations_pending"), "{said}");
    assert_eq!(healthcheck(&["--live"], &[("PORT", port(&service))]), (0, String::new()));
}

#[test]
fn where_nothing_answers_the_exit_code_is_1_as_docker_wants_it() {
    let closed = free_port().to_string();
    let (code, said) = healthcheck(&[], &[("PORT", &closed)]);
    assert_eq!(code, 1);
    assert!(said.contains(&closed), "{said}");
    let (code, said) = healthcheck(&[], &[("PORT", "http")]);
    assert_eq!(code, 1);
    assert!(said.contains("PORT: must be a port"), "{said}");
}
