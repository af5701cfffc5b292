//! The service as a process of its own, to be killed and started again.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use crate::app::{JWT_SECRET, Visitor};
use parking_lot::Mutex;

/// How long a process may take to start or to stop.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Tests ask as fast as they can.
const NO_LIMITS: [&str; 3] =
    ["RATE_LIMIT_PER_SECOND", "CHAT_RATE_LIMIT_PER_MINUTE", "SIGNUP_RATE_LIMIT_PER_HOUR"];

/// How the service says where it listens.
const LISTENING: &str = "http://127.0.0.1:";

/// What a service on this PostgreSQL needs to start, without a model of a provider.
#[must_use]
pub fn on_postgres(url: &str) -> [(&'static str, &str); 3] {
    [("DATABASE_URL", url), ("JWT_SECRET", JWT_SECRET), ("CHAT_ENGINE", "offline")]
}

/// A running `chatbot-api`. It is killed when dropped.
#[derive(Debug)]
pub struct Service {
    child: Child,
    base_url: String,
    output: Arc<Mutex<String>>,
}

impl Service {
    /// Starts `binary` on a free port with nothing but these variables, without limits of requests
    /// unless these variables set them, and waits until it listens.
    ///
    /// # Panics
    /// If it doesn't.
    #[must_use]
    pub fn start(binary: &Path, variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(binary)
            .env_clear()
            .env("HOST", "127.0.0.1")
            .env("PORT", "0")
            .envs(NO_LIMITS.map(|name| (name, "off")))
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the binary can be started");
        let stdout = child.stdout.take().expect("it is piped");
        let output = Arc::new(Mutex::new(String::new()));
        let (sender, listening) = std::sync::mpsc::channel();
        std::thread::spawn({
            let output = Arc::clone(&output);
            move || {
                for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                    if let Some((_, rest)) = line.split_once(LISTENING) {
                        let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
                        // Whoever started the service may have stopped listening.
                        drop(sender.send(format!("{LISTENING}{port}")));
                    }
                    let mut output = output.lock();
                    output.push_str(&line);
                    output.push('\n');
                }
            }
        });
        let base_url = listening.recv_timeout(TIMEOUT);
        let shown = || output.lock().clone();
        let base_url = base_url.unwrap_or_else(|_| panic!("it does not listen:\n{}", shown()));
        Self { child, base_url, output }
    }

    /// Where it listens.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// What it has printed so far.
    #[must_use]
    pub fn output(&self) -> String {
        self.output.lock().clone()
    }

    /// Waits until it has printed this.
    ///
    /// # Panics
    /// If it doesn't.
    pub async fn prints(&self, text: &str) {
        let started = Instant::now();
        while !self.output().contains(text) {
            assert!(started.elapsed() < 2 * TIMEOUT, "no {text:?} in:\n{}", self.output());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Somebody without an account.
    #[must_use]
    pub fn stranger(&self) -> Visitor {
        Visitor::of(&self.base_url)
    }

    /// Ends it at once, as a crash would.
    pub fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it was started");
    }

    /// Sends it a signal, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([&format!("-{name}"), &pid]).status();
        assert!(sent.expect("kill can be started").success());
    }

    /// Waits until it has ended by itself.
    ///
    /// # Panics
    /// If it doesn't.
    pub fn wait(mut self) -> (ExitStatus, String) {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("it was started") {
                return (status, self.output());
            }
            assert!(started.elapsed() < TIMEOUT, "it does not stop:\n{}", self.output());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
