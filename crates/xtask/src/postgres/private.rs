//! A PostgreSQL of our own that lives as long as the tests.

use std::{
    fs,
    os::unix::process::CommandExt,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{binaries::Binaries, probe::probe};
use crate::{Result, ports::free_port, process::is_root};

/// Starts the server, waits until its standard input ends, stops the server and removes its files.
/// Since the input also ends when this process dies in whatever way, nothing is ever left behind.
const KEEPER: &str = include_str!("private.sh");

const TIMEOUT: Duration = Duration::from_secs(60);

/// A running server.
pub(super) struct PrivateServer {
    pub(super) port: u16,
    pub(super) version: String,
    _keeper: Keeper,
}

impl PrivateServer {
    /// Starts a server on a free port of 127.0.0.1 that lets everyone in as `postgres`.
    pub(super) fn start(binaries: &Binaries) -> Result<Self> {
        let port = free_port();
        let mut command = Command::new("sh");
        command
            .args(["-c", KEEPER, "sh"])
            .arg(&binaries.directory)
            .arg(port.to_string())
            .current_dir("/")
            .stdin(Stdio::piped())
            // Ctrl-C is for the tests; the keeper follows when its input ends.
            .process_group(0);
        if is_root() {
            // PostgreSQL refuses to run as root.
            let (user, group) = unprivileged_user()?;
            command.uid(user).gid(group).env_remove("TMPDIR");
        }
        let mut keeper = Keeper(command.spawn()?);
        let version = first_answer(&mut keeper.0, port)?;
        Ok(Self { port, version, _keeper: keeper })
    }
}

fn first_answer(keeper: &mut Child, port: u16) -> Result<String> {
    let started = Instant::now();
    loop {
        let reason = match probe(&format!("127.0.0.1:{port}")) {
            Ok(version) => return Ok(version),
            Err(reason) => reason,
        };
        if let Some(status) = keeper.try_wait()? {
            return Err(format!("the private PostgreSQL ended early: {status}").into());
        }
        if started.elapsed() > TIMEOUT {
            return Err(format!("the private PostgreSQL does not get ready: {reason}").into());
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// The process that keeps the server; ends with it when dropped.
struct Keeper(Child);

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// User and group id of somebody who may do nothing in particular.
pub(crate) fn unprivileged_user() -> Result<(u32, u32)> {
    let users = fs::read_to_string("/etc/passwd")?;
    let ids = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    ids("postgres").or_else(|| ids("nobody")).ok_or_else(|| {
        "PostgreSQL does not run as root, and there is neither a user postgres nor nobody".into()
    })
}
