//! A PgBouncer of our own.

use std::{
    env, fs,
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{
    Result,
    packages::{Package, install},
    ports::free_port,
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
    user: String,
}

impl PgBouncer {
    /// Starts one with these settings before all databases of a server. It lets the server's user in,
    /// with a password.
    pub(super) fn start(settings: &Settings<'_>, server: &Server) -> Result<Self> {
        let program = program().ok_or("there is no pgbouncer")?;
        let port = free_port();
        let directory =
            env::temp_dir().join(format!("todo-pgbouncer-{}-{port}", std::process::id()));
        fs::create_dir_all(&directory)?;
        let users = directory.join("userlist.txt");
        fs::write(&users, format!("\"{}\" \"{}\"\n", server.user, server.password))?;
        let text = settings.here(server, port, &users);
        let settings = directory.join("pgbouncer.ini");
        fs::write(&settings, text)?;
        let mut command = Command::new(program);
        if is_root() {
            // It refuses to run as root.
            command.args(["--user", "nobody"]);
        }
        let log = fs::File::create(directory.join("log"))?;
        let process = command.arg(&settings).stdin(Stdio::null()).stdout(Stdio::null());
        let process = process.stderr(log).spawn()?;
        let user = server.login();
        let mut pooler = Self { process, directory, port, user };
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
        let authority = authority(url);
        let rest = url.split_once(&authority).map_or("", |(_, rest)| rest);
        format!("postgres://{}@{}{rest}", self.user, self.address())
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

/// A server, and who uses it.
pub(super) struct Server {
    host: String,
    port: String,
    user: String,
    password: String,
}

impl Server {
    /// That of a URL. Where it has no password nobody is asked for one, and any does.
    pub(super) fn of(url: &str) -> Result<Self> {
        let address = authority(url);
        let (host, port) = address.rsplit_once(':').ok_or("the server has no port")?;
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let user = rest.split(['/', '?']).next().and_then(|it| it.rsplit_once('@'));
        let user = user.map_or("postgres", |(user, _)| user);
        let (user, password) = user.split_once(':').unwrap_or((user, "correct-horse"));
        let [host, port, user, password] = [host, port, user, password].map(str::to_owned);
        Ok(Self { host, port, user, password })
    }

    fn login(&self) -> String {
        format!("{}:{}", self.user, self.password)
    }
}

/// The settings of a PgBouncer.
pub(super) enum Settings<'t> {
    /// A configuration for other people, here in this mode.
    Of(&'t str, &'t str),
    /// One that lets everybody in as the server's user, in transaction mode, with few processes for
    /// many databases, so that they change hands.
    Open,
}

impl Settings<'_> {
    /// Of a configuration only the addresses, the file of the users and the mode are ours.
    fn here(&self, server: &Server, port: u16, users: &Path) -> String {
        let Server { host, port: server_port, user, password } = server;
        let (text, mode) = match self {
            Self::Of(text, mode) => (text, mode),
            Self::Open => {
                return format!(
                    "[databases]\n* = host={host} port={server_port} user={user} password={password}\n\
                     [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
                     auth_type = any\npool_mode = transaction\nserver_idle_timeout = 5\n\
                     default_pool_size = 3\nmax_client_conn = 500\n"
                );
            }
        };
        let line = |line: &str| match line.split_once('=') {
            Some((_, value)) if value.contains("host=") => {
                format!("* = host={host} port={server_port}")
            }
            Some((key, _)) => match key.trim() {
                "listen_addr" => "listen_addr = 127.0.0.1".to_owned(),
                "listen_port" => format!("listen_port = {port}"),
                "auth_file" => format!("auth_file = {}", users.display()),
                "pool_mode" => format!("pool_mode = {mode}"),
                _ => line.to_owned(),
            },
            None => line.to_owned(),
        };
        let lines: Vec<String> = text.lines().map(line).collect();
        lines.join("\n") + "\n"
    }
}
