//! Programs that run beside a check, each with a directory of its own and stopped by its process id.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{Result, process::run};

/// How long a program may take to get ready or to end.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A running program. It is asked to end, and waited for, when this is dropped.
pub(super) struct Daemon {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Daemon {
    /// Starts it with its output in `NAME.log` of the directory.
    pub(super) fn start(name: &str, directory: &Path, command: &mut Command) -> Result<Self> {
        let log = directory.join(format!("{name}.log"));
        let output = File::create(&log)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .map_err(|error| format!("cannot start {name}: {error}"))?;
        Ok(Self { name: name.to_owned(), child, log })
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once, as a crash would.
    pub(super) fn kill(mut self) -> Result {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Waits until it is ready, and says what it printed if it is not, or has ended.
    pub(super) fn until(&mut self, mut is_ready: impl FnMut() -> bool) -> Result {
        let started = Instant::now();
        while !is_ready() {
            let ended = self.child.try_wait()?;
            if ended.is_some() || started.elapsed() > TIMEOUT {
                let log = fs::read_to_string(&self.log).unwrap_or_default();
                let lines: Vec<_> = log.lines().rev().take(20).collect();
                let said: Vec<_> = lines.into_iter().rev().collect();
                return Err(format!("{} is not ready:\n{}", self.name, said.join("\n")).into());
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = signal(self.child.id(), "TERM");
        }
        let started = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) {
            if started.elapsed() > TIMEOUT {
                let _ = self.child.kill();
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Sends a signal to one process.
pub(super) fn signal(process: u32, name: &str) -> Result {
    run(Command::new("kill").arg(format!("-{name}")).arg(process.to_string()))
}

/// Waits until something holds, and names it if it does not.
pub(super) fn until(what: &str, limit: Duration, mut holds: impl FnMut() -> bool) -> Result {
    let started = Instant::now();
    while !holds() {
        if started.elapsed() > limit {
            return Err(format!("{what}: not within {} s", limit.as_secs()).into());
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
