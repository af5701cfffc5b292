//! A shell script that keeps PostgreSQL servers as long as its input is open, and leaves nothing
//! behind.

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
};

/// The script as a process. It ends with this, or with the process of the test.
#[derive(Debug)]
pub(crate) struct ServerKeeper {
    process: Child,
    answers: BufReader<ChildStdout>,
}

impl ServerKeeper {
    /// Runs a script, which is given the directory of PostgreSQL's programs, these ports and these
    /// variables, and waits until it says "ready".
    pub(crate) fn start(script: &str, ports: &[u16], variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new("sh");
        command
            .args(["-c", script, "sh"])
            .arg(programs())
            .args(ports.iter().map(u16::to_string))
            .envs(variables.iter().copied())
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Ctrl-C is for the tests; the keeper follows when its input ends.
            .process_group(0);
        if let Some((user, group)) = unprivileged_user() {
            command.uid(user).gid(group).env_remove("TMPDIR");
        }
        let mut process = command.spawn().expect("sh can be started");
        let answers = BufReader::new(process.stdout.take().expect("it is piped"));
        let mut keeper = Self { process, answers };
        keeper.hear("ready");
        keeper
    }

    /// Has it do something, and waits until it says "done".
    pub(crate) fn tell(&mut self, order: &str) {
        let orders = self.process.stdin.as_mut().expect("it is piped");
        writeln!(orders, "{order}").expect("the keeper listens");
        self.hear("done");
    }

    fn hear(&mut self, expected: &str) {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the keeper answers");
        assert_eq!(line.trim(), expected, "the keeper of the servers failed, as is told above");
    }
}

impl Drop for ServerKeeper {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// Where `initdb` and its like are: the newest of the usual directories, or the path.
fn programs() -> PathBuf {
    let complete =
        |path: &PathBuf| path.join("initdb").is_file() && path.join("pg_basebackup").is_file();
    let version = |path: &PathBuf| -> Option<u32> {
        path.parent()?.file_name()?.to_str()?.trim_start_matches("pgsql-").parse().ok()
    };
    let usual = ["/usr/lib/postgresql", "/usr"]
        .into_iter()
        .filter_map(|directory| fs::read_dir(directory).ok());
    let usual = usual.flatten().flatten().map(|entry| entry.path().join("bin"));
    let newest = usual.filter(|path| version(path).is_some()).filter(complete).max_by_key(version);
    let path = env::var_os("PATH").unwrap_or_default();
    newest
        .or_else(|| env::split_paths(&path).find(complete))
        .expect("initdb and pg_basebackup of PostgreSQL; `cargo xtask test` brings them")
}

/// Whom to run as, for PostgreSQL refuses to run as root; `None` for anybody else.
fn unprivileged_user() -> Option<(u32, u32)> {
    let id = Command::new("id").arg("-u").output().expect("id can be started");
    if id.stdout.trim_ascii() != b"0" {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").expect("a list of users");
    let ids = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    Some(ids("postgres").or_else(|| ids("nobody")).expect("a user postgres or nobody"))
}
