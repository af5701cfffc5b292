//! Starting: without any setting, with wrong ones, twice.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
    time::{Duration, Instant},
};

use todo_testkit::{
    app::JWT_SECRET,
    cohere::{CohereSimulator, InjectedFault},
    database::TestDatabase,
    process::Service,
};

fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_chatbot-api"))
}

fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    Command::new(binary())
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

fn everything(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_setting_it_serves_and_a_restart_keeps_everything() {
    let data = tempfile::tempdir().unwrap();
    let variables = [("DATA_DIR", data.path().to_str().unwrap())];
    let service = Service::start(binary(), &variables);
    let ada = service.stranger().sign_up("ada").await;
    ada.say("add buy milk").await;
    let said = service.output();
    assert!(said.contains("offline"), "it says what it runs on: {said}");
    service.kill();
    let service = Service::start(binary(), &variables);
    let tasks = ada.at(service.base_url()).tasks().await;
    assert_eq!(tasks[0]["title"], "buy milk", "the token of the first run is good for the second");
    let secret = data.path().join("jwt_secret").metadata().unwrap();
    assert_eq!(secret.permissions().mode() & 0o777, 0o600);
}

/// Editors put it before the text of a file. A token tells whether the secret is the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_byte_order_mark_is_no_part_of_a_setting_or_of_a_secret() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let environment = file("environment", &format!("\u{feff}DATA_DIR=\"{}\"\r\n", data.display()));
    let kept = [("ENV_FILE", environment.as_str())];
    let service = Service::start(binary(), &kept);
    let ada = service.stranger().sign_up("ada").await;
    service.kill();
    let made = fs::read_to_string(data.join("jwt_secret")).unwrap();

    fs::write(data.join("jwt_secret"), format!("\u{feff}{made}")).unwrap();
    let secret = file("secret", &format!("\u{feff}{}\r\n", made.trim()));
    let given = [kept[0], ("JWT_SECRET_FILE", secret.as_str())];
    for variables in [&kept[..], &given] {
        let service = Service::start(binary(), variables);
        ada.at(service.base_url()).get("/api/me/tasks").await.expect(200);
        service.kill();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_on_the_same_file_is_refused() {
    let data = tempfile::tempdir().unwrap();
    let variables = [("DATA_DIR", data.path().to_str().unwrap()), ("PORT", "0")];
    let _first = Service::start(binary(), &variables);
    let second = run(&[], &variables);
    assert!(!second.status.success());
    assert!(everything(&second).contains("another process"), "{}", everything(&second));
}

#[test]
fn everything_wrong_is_told_at_once_and_no_secret_is_shown() {
    let output = run(
        &[],
        &[
            ("DATABASE_URL", "postgres://ada:hunter2@localhost/x?pool_size=many"),
            ("JWT_SECRET", "short-secret"),
            ("JWT_ALGORITHM", "none"),
            ("PORT", "70000"),
            ("LOG_LEVEL", "loud"),
            ("CORS_ORIGINS", "*"),
            ("CHAT_ENGINE", "offline"),
        ],
    );
    assert!(!output.status.success());
    let told = everything(&output);
    for variable in
        ["DATABASE_URL", "JWT_SECRET", "JWT_ALGORITHM", "PORT", "LOG_LEVEL", "CORS_ORIGINS"]
    {
        assert!(told.contains(variable), "{variable}: {told}");
    }
    for secret in ["hunter2", "short-secret"] {
        assert!(!told.contains(secret), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn migrate_goes_up_and_down_and_its_exit_code_tells_what_is_pending() {
    let database = TestDatabase::empty_postgres().await;
    let url = database.url();
    let variables =
        [("DATABASE_URL", url.as_str()), ("JWT_SECRET", JWT_SECRET), ("CHAT_ENGINE", "offline")];
    assert_eq!(run(&["migrate", "status"], &variables).status.code(), Some(1));
    assert_eq!(run(&["migrate", "up"], &variables).status.code(), Some(0));
    assert_eq!(run(&["migrate", "up"], &variables).status.code(), Some(0), "again is a no-op");
    assert_eq!(run(&["migrate", "status"], &variables).status.code(), Some(0));
    assert_eq!(run(&["migrate", "down"], &variables).status.code(), Some(0));
    assert_eq!(run(&["migrate", "status"], &variables).status.code(), Some(1));
}

#[test]
fn migrate_leaves_an_sqlite_file_as_it_is_until_told() {
    let data = tempfile::tempdir().unwrap();
    let variables = [("DATA_DIR", data.path().to_str().unwrap())];
    assert_eq!(run(&["migrate", "status"], &variables).status.code(), Some(1));
    assert!(everything(&run(&["migrate", "up"], &variables)).contains("applied"));
    assert_eq!(run(&["migrate", "status"], &variables).status.code(), Some(0));
    assert!(everything(&run(&["migrate", "down"], &variables)).contains("reverted"));
    assert_eq!(run(&["migrate", "status"], &variables).status.code(), Some(1));
}

#[test]
fn help_and_version_are_worth_reading() {
    let help = everything(&run(&["--help"], &[]));
    for word in ["serve", "migrate", "DATABASE_URL", "COHERE_API_KEY"] {
        assert!(help.contains(word), "{word}: {help}");
    }
    assert!(everything(&run(&["--version"], &[])).contains(env!("CARGO_PKG_VERSION")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_postgres_does_not_keep_the_process_from_living() {
    let url = "postgres://nobody@127.0.0.1:1/nothing";
    let variables = [
        ("DATABASE_URL", url),
        ("JWT_SECRET", JWT_SECRET),
        ("CHAT_ENGINE", "offline"),
        ("DATABASE_TIMEOUT", "0.5"),
    ];
    let service = Service::start(binary(), &variables);
    assert_eq!(service.stranger().get("/health").await.status, 200);
    let started = Instant::now();
    service.stranger().get("/health/ready").await.expect_problem(503, "database_unavailable");
    assert!(started.elapsed() < Duration::from_secs(2));
    // Lines leave by a queue; that of the request comes after that of its error.
    service.prints("route=/health/ready").await;
    let log = service.output();
    let is_of_the_request =
        |line: &str| line.contains("ERROR - Database error") && line.contains("request_id=");
    assert!(log.lines().any(is_of_the_request), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_key_cohere_answers_and_a_retired_model_gives_way_with_one_warning() {
    let (data, cohere) = (tempfile::tempdir().unwrap(), CohereSimulator::start().await);
    let variables = [
        ("DATA_DIR", data.path().to_str().unwrap()),
        ("COHERE_API_KEY", "co-hunter2"),
        ("COHERE_BASE_URL", &cohere.base_url()),
        ("COHERE_MODEL", "command-r-plus"),
    ];
    let service = Service::start(binary(), &variables);
    let ada = service.stranger().sign_up("ada").await;
    let answer = ada.say("add milk").await;
    assert_eq!(answer["engine"], "cohere", "{answer}");
    assert_eq!(ada.tasks().await[0]["title"], "milk");
    let models: Vec<_> =
        cohere.chats().into_iter().map(|chat| chat.body["model"].clone()).collect();
    assert_eq!(models, ["command-a-03-2025", "command-a-03-2025"]);
    assert!(cohere.refused().is_empty());
    let said = service.output();
    assert_eq!(said.matches("command-r-plus").count(), 1, "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_one_error_in_the_log_with_what_cohere_said_and_without_the_key() {
    let (data, cohere) = (tempfile::tempdir().unwrap(), CohereSimulator::start().await);
    cohere.always(InjectedFault::EchoedKey);
    let variables = [
        ("DATA_DIR", data.path().to_str().unwrap()),
        ("COHERE_API_KEY", "co-hunter2"),
        ("COHERE_BASE_URL", &cohere.base_url()),
    ];
    let service = Service::start(binary(), &variables);
    let ada = service.stranger().sign_up("ada").await;
    let chat = serde_json::json!({ "message": "add milk" });
    ada.post("/api/me/chat", &chat).await.expect_problem(502, "provider_auth");
    service.signal("TERM");
    let (_, said) = service.wait();
    let errors: Vec<_> = said.lines().filter(|line| line.contains(" - ERROR - ")).collect();
    assert_eq!(errors.len(), 1, "{said}");
    assert!(errors[0].contains(&cohere.chats()[0].trace_id), "{said}");
    assert!(errors[0].contains("invalid api token"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_without_tables_is_told_at_once_and_how_it_gets_them() {
    const HINT: &str = "run `chatbot-api migrate up`";
    let database = TestDatabase::empty_postgres().await;
    let data = tempfile::tempdir().unwrap();
    let url = database.url();
    let variables = [
        ("DATABASE_URL", url.as_str()),
        ("JWT_SECRET", JWT_SECRET),
        ("CHAT_ENGINE", "offline"),
        ("DATA_DIR", data.path().to_str().unwrap()),
    ];
    for command in [&["user", "list"][..], &["chat", "hello"]] {
        let refused = run(command, &variables);
        assert_eq!(refused.status.code(), Some(2), "{command:?}");
        let said = everything(&refused);
        assert!(said.contains(HINT) && said.lines().count() == 1, "{command:?}: {said}");
    }
    Service::start(binary(), &variables).prints(HINT).await;
}

/// Answers like a PgBouncer with the settings of its package.
fn refuse_options() -> String {
    const FATAL: &[u8] = b"SFATAL\0VFATAL\0C08P01\0Munsupported startup parameter: options\0\0";
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 1024]);
            let length = u32::try_from(FATAL.len() + 4).unwrap().to_be_bytes();
            let _ = stream.write_all(&[b"E", &length[..], FATAL].concat());
        }
    });
    address
}

#[test]
fn a_pooler_that_the_url_does_not_name_keeps_it_from_starting_and_is_told_in_words() {
    let url = format!("postgres://ada@{}/todo?sslmode=disable", refuse_options());
    let variables = [("DATABASE_URL", url.as_str()), ("JWT_SECRET", JWT_SECRET)];
    let variables = [&variables[..], &[("CHAT_ENGINE", "offline"), ("PORT", "0")]].concat();
    let refused = run(&[], &variables);
    assert!(!refused.status.success());
    let said = everything(&refused);
    for word in ["DATABASE_URL", "PgBouncer", "?pooler=transaction", "?pooler=session"] {
        assert!(said.contains(word), "{word}: {said}");
    }
    let examined = run(&["doctor"], &variables);
    let said = everything(&examined);
    assert!(said.contains("fail  pooler") && said.contains("?pooler=transaction"), "{said}");
}

#[test]
fn migrations_are_refused_through_a_pooler_that_lends_transactions() {
    let url = "postgres://ada@127.0.0.1:1/todo?pooler=transaction";
    let refused = run(&["migrate", "up"], &[("DATABASE_URL", url)]);
    assert!(!refused.status.success());
    assert!(everything(&refused).contains("the server itself"), "{}", everything(&refused));
}
