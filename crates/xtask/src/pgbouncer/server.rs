//! A PgBouncer of our own.

use std::{
    env, fs,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{
    Result,
    packages::{Package, install},
    postgres::authority,
    process::{find, is_root, output},
};

const PACKAGE: Package = Package {
    name: "PgBouncer",
    programs: "pgbouncer",
    apt: "pgbouncer",
    dnf: "pgbouncer",
    apk: "pgbouncer",
    brew: "pgbouncer",
};

const TIMEOUT: Duration = Duration::from_secs(20);

/// Sees to it that there is one, and says which.
pub(super) fn find_or_install() -> Result<String> {
    if program().is_none() {
        install(&PACKAGE)?;
    }
    let program = program().ok_or("there is still no pgbouncer")?;
    let version = output(Command::new(program).arg("--version")).unwrap_or_default();
    Ok(version.lines().next().unwrap_or("of unknown version").to_owned())
}

/// Where it lies: Debian keeps it out of the path of all but root.
fn program() -> Option<PathBuf> {
    let usual = PathBuf::from("/usr/sbin/pgbouncer");
    find("pgbouncer").or_else(|| usual.is_file().then_some(usual))
}

/// A running one. It ends when dropped.
pub(super) struct PgBouncer {
    process: Child,
    directory: PathBuf,
    port: u16,
}

impl PgBouncer {
    /// Starts one with the defaults of its package before all databases of this server.
    pub(super) fn start(server: &str, mode: &str) -> Result<Self> {
        let program = program().ok_or("there is no pgbouncer")?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let directory =
            env::temp_dir().join(format!("todo-pgbouncer-{}-{mode}", std::process::id()));
        fs::create_dir_all(&directory)?;
        let settings = directory.join("pgbouncer.ini");
        fs::write(&settings, configuration(server, mode, port)?)?;
        let mut command = Command::new(program);
        if is_root() {
            // It refuses to run as root.
            command.args(["--user", "nobody"]);
        }
        let log = fs::File::create(directory.join("log"))?;
        let process = command.arg(&settings).stdin(Stdio::null()).stdout(Stdio::null());
        let process = process.stderr(log).spawn()?;
        let mut pooler = Self { process, directory, port };
        let started = Instant::now();
        while TcpStream::connect(pooler.address()).is_err() {
            if pooler.process.try_wait()?.is_some() || started.elapsed() > TIMEOUT {
                return Err(pooler.log().into());
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(pooler)
    }

    /// Where it listens.
    pub(super) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The URL of a database of the server, by way of this.
    pub(super) fn before(&self, url: &str) -> String {
        url.replacen(&authority(url), &self.address(), 1)
    }

    fn log(&self) -> String {
        let log = fs::read_to_string(Path::new(&self.directory).join("log")).unwrap_or_default();
        format!("PgBouncer does not start:\n{log}")
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Everybody is let in as the user of the server's URL. Few processes for many databases, so that
/// they change hands.
fn configuration(server: &str, mode: &str, port: u16) -> Result<String> {
    let address = authority(server);
    let (host, server_port) = address.rsplit_once(':').ok_or("the server has no port")?;
    let rest = server.split_once("://").map_or(server, |(_, rest)| rest);
    let user = rest.split(['/', '?']).next().and_then(|it| it.rsplit_once('@')).map(|it| it.0);
    let (user, password) = match user.map(|it| it.split_once(':').unwrap_or((it, ""))) {
        Some((user, password)) => (user, password),
        None => ("postgres", ""),
    };
    let password = match password {
        "" => String::new(),
        password => format!(" password={password}"),
    };
    Ok(format!(
        "[databases]\n* = host={host} port={server_port} user={user}{password}\n\
         [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
         auth_type = any\npool_mode = {mode}\nserver_idle_timeout = 5\n\
         default_pool_size = {}\nmax_client_conn = 500\n",
        if mode == "transaction" { 3 } else { 20 }
    ))
}
