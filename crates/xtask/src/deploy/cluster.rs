//! A PostgreSQL that asks for passwords, as one in production does.

use std::{
    fs,
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::Command,
};

use super::daemon::{Daemon, signal};
use crate::{
    Result,
    ports::free_port,
    postgres,
    process::{is_root, output, run},
    scratch::Scratch,
};

/// The password of the superuser `postgres`, percent-encoded in URLs: it has what URLs give a meaning.
pub(super) const SUPERUSER_PASSWORD: &str = "p@ss:word/of?the&superuser";
const SUPERUSER_PASSWORD_IN_URL: &str = "p%40ss%3Aword%2Fof%3Fthe%26superuser";

/// A server with a data directory of its own. It stops when dropped.
pub(super) struct Cluster {
    pub(super) port: u16,
    pub(super) data: PathBuf,
    daemon: Option<Daemon>,
    directory: PathBuf,
}

impl Cluster {
    /// Makes a new cluster and starts it with these lines of configuration besides.
    pub(super) fn create(scratch: &Scratch, name: &str, settings: &str) -> Result<Self> {
        let directory = scratch.directory(name)?;
        give(&directory)?;
        let data = directory.join("data");
        let password = scratch.file(&format!("{name}.password"), SUPERUSER_PASSWORD)?;
        run(program("initdb")?
            .args(["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8"])
            .args(["--locale=C.UTF-8", "--no-sync"])
            .arg(format!("--pgdata={}", data.display()))
            .arg(format!("--pwfile={}", password.display()))
            .stdout(std::process::Stdio::null()))?;
        Self::start(directory, data, settings)
    }

    /// A streaming replica of a running cluster.
    pub(super) fn replica(scratch: &Scratch, name: &str, primary: &Self) -> Result<Self> {
        let directory = scratch.directory(name)?;
        give(&directory)?;
        let data = directory.join("data");
        run(program("pg_basebackup")?
            .args(["--write-recovery-conf", "--checkpoint=fast", "--no-sync"])
            .arg(format!("--pgdata={}", data.display()))
            .args(["--dbname", &primary.superuser("postgres")]))?;
        Self::start(directory, data, "")
    }

    /// Starts what lies in a data directory.
    pub(super) fn start(directory: PathBuf, data: PathBuf, settings: &str) -> Result<Self> {
        let port = free_port();
        let common = format!(
            "port = {port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\n\
             fsync = off\n{settings}\n"
        );
        let configuration = data.join("postgresql.auto.conf");
        let before = fs::read_to_string(&configuration)?;
        fs::write(&configuration, before + &common)?;
        let mut cluster = Self { port, data, daemon: None, directory };
        cluster.run()?;
        Ok(cluster)
    }

    /// Starts the server, and waits until it lets the superuser in.
    fn run(&mut self) -> Result {
        let mut server = program("postgres")?;
        let mut daemon =
            Daemon::start("postgres", &self.directory, server.arg("-D").arg(&self.data))?;
        daemon.until(|| self.ask("postgres", "select 1").is_ok())?;
        self.daemon = Some(daemon);
        Ok(())
    }

    /// Ends the server at once, as the loss of its machine would.
    pub(super) fn kill(&self) -> Result {
        match &self.daemon {
            Some(daemon) => signal(daemon.id(), "KILL"),
            None => Ok(()),
        }
    }

    /// The URL of a database for somebody.
    pub(super) fn url(&self, user: &str, password: &str, database: &str) -> String {
        format!("postgres://{user}:{password}@127.0.0.1:{}/{database}", self.port)
    }

    /// The URL of a database for the superuser.
    pub(super) fn superuser(&self, database: &str) -> String {
        self.url("postgres", SUPERUSER_PASSWORD_IN_URL, database)
    }

    /// What a statement answers the superuser.
    pub(super) fn ask(&self, database: &str, sql: &str) -> Result<String> {
        ask(&self.superuser(database), sql)
    }
}

/// What a statement answers; its error is what psql says.
pub(super) fn ask(url: &str, sql: &str) -> Result<String> {
    let answer = Command::new("psql")
        .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--no-password"])
        .args(["--set", "ON_ERROR_STOP=1", "--dbname", url, "--command", sql])
        .output()?;
    if answer.status.success() {
        return Ok(String::from_utf8_lossy(&answer.stdout).trim().to_owned());
    }
    Err(String::from_utf8_lossy(&answer.stderr).trim().to_owned().into())
}

/// Lets the servers' user write into a directory.
pub(super) fn give(directory: &Path) -> Result {
    if is_root() {
        let (user, group) = postgres::unprivileged_user()?;
        chown(directory, Some(user), Some(group))?;
    }
    Ok(())
}

/// Runs a command as somebody whom PostgreSQL accepts: it refuses root.
pub(super) fn unprivileged(command: &mut Command) -> Result<&mut Command> {
    command.current_dir("/");
    if is_root() {
        let (user, group) = postgres::unprivileged_user()?;
        command.uid(user).gid(group);
    }
    Ok(command)
}

/// A program of the server that is installed.
pub(super) fn program(name: &str) -> Result<Command> {
    let mut command = Command::new(postgres::programs()?.join(name));
    unprivileged(&mut command)?;
    Ok(command)
}

/// The version of the server, for people.
pub(super) fn version() -> Result<String> {
    let said = output(program("postgres")?.arg("--version")).ok_or("postgres tells no version")?;
    Ok(format!("PostgreSQL {}", super::tools::number(&said)))
}
