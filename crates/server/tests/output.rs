//! What the process prints, and readers who do not read it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    fs::File,
    io::{Read, Write},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use serde_json::json;
use todo_testkit::{app::Visitor, ports::free_port};

/// How long anything may take that is waited for.
const TIMEOUT: Duration = Duration::from_secs(120);

fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_chatbot-api"))
}

/// A running service whose output goes somewhere; it is killed when dropped.
struct Service {
    child: Child,
    visitor: Visitor,
}

impl Service {
    /// Starts it, and waits until it answers.
    async fn start(data: &Path, stdout: impl Into<Stdio>) -> Self {
        let port = free_port();
        let child = Command::new(binary())
            .env_clear()
            .env("DATA_DIR", data)
            .env("PORT", port.to_string())
            .env("RATE_LIMIT_PER_SECOND", "off")
            .env("CHAT_RATE_LIMIT_PER_MINUTE", "off")
            .stdin(Stdio::null())
            .stdout(stdout)
            .spawn()
            .unwrap();
        let mut service = Self { child, visitor: Visitor::of(&format!("http://127.0.0.1:{port}")) };
        let started = Instant::now();
        while service.visitor.try_get("/health").await.is_none() {
            assert!(service.child.try_wait().unwrap().is_none(), "it has ended");
            assert!(started.elapsed() < TIMEOUT, "it does not answer");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        service
    }

    /// Tells it to end, and waits for that.
    fn stop(&mut self) -> ExitStatus {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(told.unwrap().success());
        wait(&mut self.child)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn wait(child: &mut Child) -> ExitStatus {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        let is_late = started.elapsed() > TIMEOUT;
        if is_late {
            drop(child.kill());
        }
        assert!(!is_late, "it does not end");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_nobody_reads_stops_neither_requests_nor_chats_nor_the_end() {
    let data = tempfile::tempdir().unwrap();
    let mut service = Service::start(data.path(), Stdio::piped()).await;
    let ada = service.visitor.clone().sign_up("ada").await;
    for _ in 0..2_000 {
        ada.get("/health").await.expect(200);
    }
    ada.post("/api/me/chat", &json!({ "message": "add buy milk" })).await.expect(200);
    assert_eq!(ada.tasks().await[0]["title"], "buy milk");
    let page = ada.get("/metrics").await.text;
    assert!(page.contains("\nlog_lines_dropped_total "), "{page}");
    assert!(service.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_lines_are_written_before_the_end() {
    let data = tempfile::tempdir().unwrap();
    let log = data.path().join("log");
    let mut service = Service::start(data.path(), File::create(&log).unwrap()).await;
    assert!(service.stop().success());
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.trim_end().ends_with("Stopped"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_starts_where_nothing_can_be_printed() {
    let (reader, closed) = std::io::pipe().unwrap();
    drop(reader);
    let outputs = [Stdio::from(closed), File::create("/dev/full").unwrap().into()];
    for output in outputs {
        let data = tempfile::tempdir().unwrap();
        let mut service = Service::start(data.path(), output).await;
        service.visitor.get("/health/ready").await.expect(200);
        assert!(service.stop().success());
    }
}

#[test]
fn talking_goes_on_although_nobody_reads_the_standard_error() {
    let data = tempfile::tempdir().unwrap();
    let mut child = Command::new(binary())
        .args(["chat", "--json"])
        .env_clear()
        .env("DATA_DIR", data.path())
        .env("LOG_LEVEL", "trace")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = child.stdin.take().unwrap();
    let mut answers = child.stdout.take().unwrap();
    let said = std::thread::spawn(move || {
        let mut said = String::new();
        answers.read_to_string(&mut said).map(|_| said)
    });
    lines.write_all("/tasks\n".repeat(1_000).as_bytes()).unwrap();
    drop(lines);
    assert!(wait(&mut child).success());
    assert_eq!(said.join().unwrap().unwrap().lines().count(), 1_000);
}

#[test]
fn whoever_stops_reading_an_answer_is_not_told_of_it() {
    let data = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str], stdout: Stdio| {
        let mut command = Command::new(binary());
        command.args(arguments).env_clear().env("DATA_DIR", data.path()).stdout(stdout);
        command.stderr(Stdio::piped()).output().unwrap()
    };
    assert_eq!(run(&["migrate", "status"], Stdio::null()).status.code(), Some(1));
    for (number, (arguments, code)) in [
        (["migrate", "status"].as_slice(), 1),
        (&["migrate", "up"], 0),
        (&["migrate", "status"], 0),
        (&["chat", "add buy milk"], 0),
        (&["user", "list"], 0),
        (&["user", "list", "--json"], 0),
        (&["user", "disable", "1"], 0),
        (&["user", "disable", "7"], 1),
        (&["doctor"], 0),
        (&["--help"], 0),
    ]
    .into_iter()
    .enumerate()
    {
        let (reader, closed) = std::io::pipe().unwrap();
        drop(reader);
        let output = run(arguments, closed.into());
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{number} {arguments:?}: {told}");
        assert!(!told.to_lowercase().contains("pipe"), "{arguments:?}: {told}");
    }
    let copy = data.path().join("copy.sqlite");
    let (reader, closed) = std::io::pipe().unwrap();
    drop(reader);
    let output = run(&["backup", copy.to_str().unwrap()], closed.into());
    assert!(output.status.success() && copy.exists(), "{output:?}");
}
