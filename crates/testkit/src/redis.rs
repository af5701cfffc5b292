//! Redis servers for tests: each test has its own, which it may stop, pause, wipe and fill.

use std::{
    fs,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use parking_lot::{Mutex, MutexGuard};
use tempfile::TempDir;

use crate::ports::free_port;

/// How long a server may take to start, to stop, or to do as it is told.
const TIMEOUT: Duration = Duration::from_secs(30);

const TLS: [&str; 8] = [
    "--tls-cert-file", "cert.pem", "--tls-key-file", "key.pem", "--tls-ca-cert-file", "cert.pem",
    "--tls-auth-clients", "no",
];

/// A Redis on a port of its own, without persistence. It ends when dropped.
#[derive(Debug)]
pub struct TestRedis {
    port: u16,
    directory: TempDir,
    /// Has a certificate, `cert.pem` and `key.pem` in the directory.
    tls: bool,
    server: Mutex<Option<Child>>,
}

impl TestRedis {
    /// Starts one.
    ///
    /// # Panics
    /// Where `redis-server` is missing. `cargo xtask test` brings it.
    #[must_use]
    pub fn start() -> Self {
        let redis = Self::stopped();
        redis.restart();
        redis
    }

    /// One that is not running yet.
    #[must_use]
    pub fn stopped() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        Self { port: free_port(), directory, tls: false, server: Mutex::new(None) }
    }

    /// Starts one that shows this certificate for `localhost` and takes encrypted connections only.
    ///
    /// # Panics
    /// As [`Self::start`].
    #[must_use]
    pub fn with_tls(certificate: &str, key: &str) -> Self {
        let mut redis = Self::stopped();
        redis.tls = true;
        for (name, pem) in [("cert.pem", certificate), ("key.pem", key)] {
            fs::write(redis.directory.path().join(name), pem).expect("files can be written");
        }
        redis.restart();
        redis
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> String {
        match self.tls {
            true => format!("rediss://localhost:{}/0", self.port),
            false => format!("redis://127.0.0.1:{}/0", self.port),
        }
    }

    /// Starts it again, empty.
    ///
    /// # Panics
    /// If it does not answer, or is running.
    pub fn restart(&self) {
        let mut server = self.server();
        assert!(server.is_none(), "it is running");
        let port = self.port.to_string();
        let mut command = Command::new("redis-server");
        match self.tls {
            true => command.args(["--port", "0", "--tls-port", &port]).args(TLS),
            false => command.args(["--port", &port]),
        };
        let started = command
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .current_dir(self.directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn();
        *server = Some(started.expect("redis-server can be started; `cargo xtask test` brings it"));
        drop(server);
        until(|| self.try_command(&["PING"]).is_some_and(|answer| answer == "PONG"));
    }

    /// Ends it at once, as a crash would; what it held is gone.
    pub fn stop(&self) {
        end(self.server().take());
    }

    /// Holds it: connections stay, nothing is answered.
    pub fn pause(&self) {
        self.signal("STOP");
        let pid = self.pid();
        until(|| state(&pid).starts_with('T'));
    }

    /// Lets it go on.
    pub fn resume(&self) {
        self.signal("CONT");
    }

    /// Deletes everything it holds.
    pub fn flush(&self) {
        assert_eq!(self.command(&["FLUSHALL"]), "OK");
    }

    /// Takes all memory from it for new values, or gives it back.
    pub fn set_full(&self, full: bool) {
        let bytes = if full { "1" } else { "0" };
        assert_eq!(self.command(&["CONFIG", "SET", "maxmemory", bytes]), "OK");
    }

    /// Carries out a command and returns its answer as `redis-cli` shows it, a line an element.
    ///
    /// # Panics
    /// If it is not answered.
    pub fn command(&self, words: &[&str]) -> String {
        self.try_command(words).expect("Redis answers")
    }

    fn try_command(&self, words: &[&str]) -> Option<String> {
        let port = self.port.to_string();
        let mut command = Command::new("redis-cli");
        command.args(["-p", &port]).current_dir(self.directory.path());
        if self.tls {
            command.args(["-h", "localhost", "--tls", "--cacert", "cert.pem"]);
        }
        let output = command.args(words).output();
        let output = output.expect("redis-cli can be started; `cargo xtask test` brings it");
        let answer = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        output.status.success().then_some(answer)
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.pid()]).status();
        assert!(sent.expect("kill can be started").success());
    }

    fn pid(&self) -> String {
        self.server().as_ref().expect("it is running").id().to_string()
    }

    fn server(&self) -> MutexGuard<'_, Option<Child>> {
        self.server.lock()
    }
}

impl Drop for TestRedis {
    fn drop(&mut self) {
        end(self.server().take());
    }
}

fn end(server: Option<Child>) {
    if let Some(mut server) = server {
        // A paused process is ended, too.
        drop(server.kill());
        drop(server.wait());
    }
}

/// The state of a process in the letters of `ps`.
fn state(pid: &str) -> String {
    let output = Command::new("ps").args(["-o", "state=", "-p", pid]).output();
    String::from_utf8_lossy(&output.expect("ps can be started").stdout).trim().to_owned()
}

fn until(condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < TIMEOUT, "Redis does not do as it is told");
        sleep(Duration::from_millis(5));
    }
}
