//! Redis servers for tests: each test has its own, which it may stop, pause, wipe and fill.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio, id},
    sync::{Mutex, MutexGuard, PoisonError},
    thread::sleep,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::unique;

/// How long a server may take to start, to stop, or to do as it is told.
const PATIENCE: Duration = Duration::from_secs(30);

/// A Redis on a port of its own, without persistence. It ends when dropped.
#[derive(Debug)]
pub struct TestRedis {
    port: u16,
    directory: TempDir,
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
        Self { port: free_port(), directory, server: Mutex::new(None) }
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// Starts it again, empty.
    ///
    /// # Panics
    /// If it does not answer, or is running.
    pub fn restart(&self) {
        let mut server = self.server();
        assert!(server.is_none(), "it is running");
        let port = self.port.to_string();
        let started = Command::new("redis-server")
            .args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
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
        let output = Command::new("redis-cli").args(["-p", &port]).args(words).output();
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
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
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
        assert!(started.elapsed() < PATIENCE, "Redis does not do as it is told");
        sleep(Duration::from_millis(5));
    }
}

/// A port below those that the system gives to outgoing connections, so that it stays free while
/// the server is down.
fn free_port() -> u16 {
    let ports = (20_000..32_000).cycle().skip((id() as usize * 97 + unique() as usize) % 12_000);
    let mut ports = ports.take(12_000);
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    ports.find(free).expect("a free port")
}
