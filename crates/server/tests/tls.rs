//! The service and a PostgreSQL with a certificate, as an operator sees them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use tempfile::TempDir;
use todo_testkit::{
    app::JWT_SECRET,
    certificates::Authority,
    private_postgres::{PASSWORD, PrivatePostgres, Role},
    process::Service,
};

static AUTHORITY: LazyLock<Authority> = LazyLock::new(|| Authority::new("An authority"));
/// Has a certificate for `localhost`, and none for 127.0.0.1.
static SERVER: LazyLock<PrivatePostgres> =
    LazyLock::new(|| PrivatePostgres::with_tls(&AUTHORITY.server(&["localhost"])));

const BINARY: &str = env!("CARGO_BIN_EXE_chatbot-api");

/// A file with the root of the authority.
fn root() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("root.pem");
    fs::write(&file, AUTHORITY.root()).unwrap();
    (directory, file)
}

fn url(host: &str, parameters: &str) -> String {
    SERVER.url(Role::Password, host, parameters)
}

/// The variables of a service on this database.
fn variables(url: &str) -> [(&'static str, &str); 3] {
    [("DATABASE_URL", url), ("JWT_SECRET", JWT_SECRET), ("CHAT_ENGINE", "offline")]
}

/// What a subcommand says, and its exit code.
fn run(words: &[&str], variables: &[(&str, &str)]) -> (String, i32) {
    let mut command = Command::new(BINARY);
    let output = command.args(words).env_clear().envs(variables.iter().copied()).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    assert!(!said.contains(PASSWORD), "{said}");
    (said, output.status.code().unwrap())
}

/// The doctor's line about TLS.
fn about_tls(said: &str) -> &str {
    said.lines().find(|line| line.get(6..).is_some_and(|rest| rest.starts_with("TLS "))).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_works_over_verified_connections_from_the_first_migration_on() {
    let (_directory, root) = root();
    let root = root.display();
    let parameters = format!("sslmode=verify-full&sslrootcert={root}&application_name=service");
    let url = url("localhost", &parameters);
    let variables = variables(&url);
    let (said, code) = run(&["migrate", "up"], &variables);
    assert_eq!(code, 0, "{said}");
    let service = Service::start(Path::new(BINARY), &variables);
    let ada = service.stranger().sign_up("ada").await;
    ada.say("add buy milk").await;
    assert_eq!(ada.tasks().await[0]["title"], "buy milk");
    service.stranger().get("/health/ready").await.expect(200);
    let (encrypted, others) = SERVER.connections("service").await;
    assert!(encrypted > 0 && others == 0, "{encrypted}, {others}");
    let (said, code) = run(&["doctor"], &variables);
    assert_eq!(code, 0, "{said}");
    assert!(about_tls(&said).starts_with("ok "), "{said}");
    assert!(about_tls(&said).contains("the certificate and its host name are verified"), "{said}");
}

#[test]
fn the_roots_of_the_system_are_those_that_the_environment_names() {
    let (_directory, root) = root();
    for parameters in ["sslmode=verify-full", "sslrootcert=system"] {
        let url = url("localhost", parameters);
        let trusting =
            [&variables(&url)[..], &[("SSL_CERT_FILE", root.to_str().unwrap())]].concat();
        let (said, _) = run(&["doctor"], &trusting);
        assert!(about_tls(&said).contains("host name are verified (verify-full)"), "{said}");
        let distrusting = [&variables(&url)[..], &[("SSL_CERT_FILE", "/nowhere.pem")]].concat();
        let (said, code) = run(&["doctor"], &distrusting);
        assert_eq!(code, 1, "{said}");
        assert!(said.contains("DATABASE_URL") && said.contains("no root certificates"), "{said}");
    }
}

#[test]
fn a_certificate_for_another_host_is_told_with_what_to_do() {
    let (_directory, root) = root();
    let parameters = format!("sslmode=verify-full&sslrootcert={}", root.display());
    let url = url("127.0.0.1", &parameters);
    let reason = "the certificate is not for this host name, 127.0.0.1, but for localhost;";
    let (said, code) = run(&["doctor"], &variables(&url));
    assert_eq!(code, 1, "{said}");
    assert!(about_tls(&said).starts_with("fail") && about_tls(&said).contains(reason), "{said}");
    let (said, code) = run(&["migrate", "up"], &variables(&url));
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("choose sslmode=verify-ca"), "{said}");
    assert_eq!(said.matches(reason).count(), 1, "{said}");
}

#[test]
fn the_doctor_tells_how_far_the_server_is_verified() {
    let (_directory, root) = root();
    let issuer = format!("sslmode=verify-ca&sslrootcert={}", root.display());
    for (role, parameters, verdict, text) in [
        (Role::Plain, "sslmode=prefer", "warn", "sslmode=prefer is in use: the way to the server"),
        (Role::Encrypted, "sslmode=prefer", "warn", "encrypted, but with sslmode=prefer anybody"),
        (Role::Encrypted, "sslmode=require", "warn", "encrypted, but with sslmode=require anybody"),
        (Role::Encrypted, issuer.as_str(), "ok", "host name is not (verify-ca)"),
    ] {
        let url = SERVER.url(role, "localhost", parameters);
        let variables =
            [&variables(&url)[..], &[("SSL_CERT_FILE", root.to_str().unwrap())]].concat();
        let (said, _) = run(&["doctor"], &variables);
        let line = about_tls(&said);
        assert!(line.starts_with(verdict) && line.contains(text), "{parameters}: {said}");
    }
}

#[test]
fn a_file_that_is_not_there_keeps_the_service_from_starting() {
    let url = url("localhost", "sslmode=verify-full&sslrootcert=/nowhere/root.pem");
    for words in [&["serve"][..], &["migrate", "up"], &["doctor"]] {
        let (said, code) = run(words, &variables(&url));
        assert_ne!(code, 0, "{said}");
        for part in ["DATABASE_URL", "sslrootcert", "/nowhere/root.pem", "No such file"] {
            assert!(said.contains(part), "{said}");
        }
    }
}
