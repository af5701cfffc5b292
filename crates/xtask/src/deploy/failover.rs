//! A PostgreSQL of three nodes under Patroni: the leader dies while the service writes, and nothing
//! that was answered is lost.

use std::{
    collections::BTreeSet,
    fs,
    path::PathBuf,
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use super::{
    check::{Check, Depth, Verdict},
    cluster::{ask, give, unprivileged},
    daemon::{Daemon, until},
    roles::{JWT_SECRET, create_roles},
    tools::{Tools, number},
};
use crate::{
    Result,
    packages::{Package, install},
    ports::free_port,
    postgres,
    process::{find, output, run},
    scratch::Scratch,
    service::{self, Service, exchange, text},
};

pub(super) const CHECK: Check = Check {
    name: "failover",
    what: "Patroni's leader is killed under writes, and switched over: no acknowledged write is lost",
    depth: Depth::Full,
    run: check,
};

const CONFIGURATION: &str = "deploy/patroni/patroni.yml";
const PROXY: &str = "deploy/patroni/haproxy.cfg";
const PASSWORD: &str = "superuser-of-three-nodes";
const OWNER_PASSWORD: &str = "owner-0123456789abcdefghij";
const USER_PASSWORD: &str = "user-0123456789abcdefghijk";
const TIMEOUT: Duration = Duration::from_secs(120);

const fn package(name: &'static str) -> Package {
    Package { name, programs: name, apt: name, dnf: name, apk: name, brew: name }
}

fn check(_: &Tools) -> Result<Verdict> {
    for (program, wanted) in [
        ("patroni", package("patroni")),
        ("etcd", package("etcd-server")),
        ("haproxy", package("haproxy")),
    ] {
        if find(program).is_none() {
            install(&wanted)?;
        }
    }
    let scratch = Scratch::new("failover")?;
    let (_etcd, etcd_port) = start_etcd(&scratch)?;
    let mut nodes = Vec::new();
    for name in ["db1", "db2", "db3"] {
        nodes.push(Node::new(&scratch, name, etcd_port)?);
    }
    let leads = |nodes: &[Node]| nodes.iter().position(|node| node.is("/primary"));
    let is_complete = |nodes: &[Node]| {
        leads(nodes).is_some()
            && nodes.iter().filter(|node| node.is("/replica")).count() == 2
            && nodes.iter().any(|node| node.is("/synchronous"))
    };
    until("three nodes, one of them synchronous", TIMEOUT, || is_complete(&nodes))?;
    let (_proxy, port) = start_proxy(&scratch, &nodes)?;
    let admin = format!("postgres://postgres:{PASSWORD}@127.0.0.1:{port}/postgres");
    until("the proxy finds the leader", TIMEOUT, || ask(&admin, "select 1").is_ok())?;
    create_roles(&scratch, port, PASSWORD, OWNER_PASSWORD, USER_PASSWORD)?;
    let url = |user: &str, password: &str| {
        format!("postgres://{user}:{password}@127.0.0.1:{port}/chatbot_db")
    };
    let program = service::program("chatbot-api")?;
    run(Command::new(&program)
        .args(["migrate", "up"])
        .env("DATABASE_URL", url("chatbot_owner", OWNER_PASSWORD)))?;
    let service = Service::start_program(
        &program,
        &[
            ("DATABASE_URL", url("chatbot_user", USER_PASSWORD).as_str()),
            ("JWT_SECRET", JWT_SECRET),
            ("RATE_LIMIT_PER_SECOND", "off"),
        ],
    )?;
    let account =
        r#"{"name": "Ada", "email": "ada@example.org", "password": "correct horse battery"}"#;
    let answer = service.expect(201, "POST", "/api/auth/signup", None, account)?;
    let token = text(&answer, "access_token")?.to_owned();

    let first = leads(&nodes).ok_or("nobody leads")?;
    let killed = while_writing("killed", &service, &token, || {
        nodes.get_mut(first).ok_or("no such node")?.kill()?;
        until("another node leads", TIMEOUT, || leads(&nodes).is_some_and(|it| it != first))
    })?;
    // The dead node comes back and follows.
    let started = Instant::now();
    nodes.get_mut(first).ok_or("no such node")?.start()?;
    until("the former leader follows", TIMEOUT, || is_complete(&nodes))?;
    let rejoined = started.elapsed().as_secs_f64();

    let second = leads(&nodes).ok_or("nobody leads")?;
    let switched = while_writing("switched", &service, &token, || switch_over(&nodes, second))?;

    let stored = ask(&url("chatbot_owner", OWNER_PASSWORD), "select title from tasks order by id")?;
    let stored: BTreeSet<_> = stored.lines().collect();
    let acknowledged = killed.acknowledged.iter().chain(&switched.acknowledged);
    let lost: Vec<_> = acknowledged.filter(|title| !stored.contains(title.as_str())).collect();
    if !lost.is_empty() {
        return Err(format!("{} acknowledged writes are lost", lost.len()).into());
    }
    let version = output(Command::new("patroni").arg("--version")).unwrap_or_default();
    Verdict::passed(
        format!("Patroni {}", number(&version)),
        format!(
            "leader killed: {killed}; back as a replica after {rejoined:.1} s; switchover: {switched}; \
             0 lost"
        ),
    )
}

fn start_etcd(scratch: &Scratch) -> Result<(Daemon, u16)> {
    let (clients, peers) = (free_port(), free_port());
    let client = format!("http://127.0.0.1:{clients}");
    let peer = format!("http://127.0.0.1:{peers}");
    let mut command = Command::new("etcd");
    command
        .arg("--data-dir")
        .arg(scratch.path().join("etcd"))
        .args(["--listen-client-urls", &client, "--advertise-client-urls", &client])
        .args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer])
        .args(["--initial-cluster", &format!("default={peer}")]);
    let mut daemon = Daemon::start("etcd", scratch.path(), &mut command)?;
    daemon.until(|| std::net::TcpStream::connect(("127.0.0.1", clients)).is_ok())?;
    Ok((daemon, clients))
}

fn start_proxy(scratch: &Scratch, nodes: &[Node]) -> Result<(Daemon, u16)> {
    let (primary, replicas) = (free_port(), free_port());
    let mut command = Command::new("haproxy");
    command
        .args(["-db", "-f", PROXY])
        .env("PRIMARY", format!("127.0.0.1:{primary}"))
        .env("REPLICAS", format!("127.0.0.1:{replicas}"));
    for (index, node) in nodes.iter().enumerate() {
        let name = format!("DB{}", index + 1);
        command.env(&name, format!("127.0.0.1:{}", node.port));
        command.env(name + "_REST", node.rest.to_string());
    }
    let mut daemon = Daemon::start("haproxy", scratch.path(), &mut command)?;
    daemon.until(|| std::net::TcpStream::connect(("127.0.0.1", primary)).is_ok())?;
    Ok((daemon, primary))
}

/// A PostgreSQL with its Patroni.
struct Node {
    name: String,
    port: u16,
    rest: u16,
    etcd: u16,
    directory: PathBuf,
    daemon: Option<Daemon>,
}

impl Node {
    fn new(scratch: &Scratch, name: &str, etcd: u16) -> Result<Self> {
        let directory = scratch.directory(name)?;
        give(&directory)?;
        fs::copy(CONFIGURATION, directory.join("patroni.yml"))?;
        let (port, rest) = (free_port(), free_port());
        let mut node = Self { name: name.to_owned(), port, rest, etcd, directory, daemon: None };
        node.start()?;
        Ok(node)
    }

    fn start(&mut self) -> Result {
        let mut command = Command::new("patroni");
        let postgres = format!("127.0.0.1:{}", self.port);
        let rest = format!("127.0.0.1:{}", self.rest);
        command
            .arg(self.directory.join("patroni.yml"))
            .env("HOME", &self.directory)
            .env("PATRONI_NAME", &self.name)
            .envs([("PATRONI_RESTAPI_LISTEN", &rest), ("PATRONI_RESTAPI_CONNECT_ADDRESS", &rest)])
            .env("PATRONI_POSTGRESQL_LISTEN", &postgres)
            .env("PATRONI_POSTGRESQL_CONNECT_ADDRESS", &postgres)
            .env("PATRONI_POSTGRESQL_DATA_DIR", self.directory.join("data"))
            .env("PATRONI_POSTGRESQL_BIN_DIR", postgres::programs()?)
            .env("PATRONI_POSTGRESQL_PGPASS", self.directory.join("pgpass"))
            .env("PATRONI_ETCD3_HOSTS", format!("'127.0.0.1:{}'", self.etcd))
            .env("PATRONI_SUPERUSER_PASSWORD", PASSWORD)
            .env("PATRONI_REPLICATION_PASSWORD", "replicates-on-three-nodes")
            .env("PATRONI_REWIND_PASSWORD", "rewinds-on-three-nodes");
        let daemon = Daemon::start(&self.name, &self.directory, unprivileged(&mut command)?)?;
        self.daemon = Some(daemon);
        Ok(())
    }

    /// Whether Patroni answers this path with 200.
    fn is(&self, path: &str) -> bool {
        let address = format!("127.0.0.1:{}", self.rest);
        exchange(&address, "GET", path, None, ("text/plain", "")).is_ok_and(|(it, _)| it == 200)
    }

    /// Ends Patroni and PostgreSQL at once, as the loss of a machine would.
    fn kill(&mut self) -> Result {
        let running = fs::read_to_string(self.directory.join("data/postmaster.pid"))?;
        let postmaster = running.lines().next().ok_or("no process id")?.to_owned();
        if let Some(daemon) = self.daemon.take() {
            daemon.kill()?;
        }
        run(Command::new("kill").args(["-KILL", &postmaster]))
    }
}

/// The planned change of the leader, by Patroni's own API.
fn switch_over(nodes: &[Node], leader: usize) -> Result {
    let node = nodes.get(leader).ok_or("no such node")?;
    let synchronous = nodes.iter().find(|it| it.is("/synchronous")).ok_or("none is synchronous")?;
    let order = serde_json::json!({ "leader": node.name, "candidate": synchronous.name });
    let address = format!("127.0.0.1:{}", node.rest);
    let body = order.to_string();
    let (status, said) =
        exchange(&address, "POST", "/switchover", None, ("application/json", &body))?;
    if status != 200 {
        return Err(format!("switchover: {status} {said}").into());
    }
    until("the candidate leads", TIMEOUT, || synchronous.is("/primary"))
}

/// What became of writes while something happened.
struct Writes {
    acknowledged: Vec<String>,
    refused: usize,
    /// From the last success before the first failure to the first success after it.
    outage: Duration,
}

impl std::fmt::Display for Writes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { acknowledged, refused, outage } = self;
        let seconds = outage.as_secs_f64();
        write!(
            f,
            "{seconds:.1} s without writes, {} written, {refused} refused",
            acknowledged.len()
        )
    }
}

/// Writes as fast as it is answered, from 2 s before until 3 s after something happens.
fn while_writing(
    phase: &str,
    service: &Service,
    token: &str,
    happens: impl FnOnce() -> Result,
) -> Result<Writes> {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let writer = scope.spawn(|| write(phase, service.address(), token, &is_over));
        thread::sleep(Duration::from_secs(2));
        let happened = happens();
        if happened.is_ok() {
            let ready = || service.expect(200, "GET", "/health/ready", None, "").is_ok();
            let _ = until("the service is ready", TIMEOUT, ready);
            thread::sleep(Duration::from_secs(3));
        }
        is_over.store(true, Ordering::Relaxed);
        let writes = writer.join().map_err(|_| "the writer panicked")?;
        happened.map(|()| writes)
    })
}

fn write(phase: &str, address: &str, token: &str, is_over: &AtomicBool) -> Writes {
    let mut writes = Writes { acknowledged: Vec::new(), refused: 0, outage: Duration::ZERO };
    let (mut last, mut failed) = (Instant::now(), false);
    for number in 0.. {
        if is_over.load(Ordering::Relaxed) {
            break;
        }
        let title = format!("{phase} {number}");
        let body = serde_json::json!({ "title": title }).to_string();
        let answer =
            exchange(address, "POST", "/api/me/tasks", Some(token), ("application/json", &body));
        match answer {
            Ok((201, _)) => {
                if failed {
                    writes.outage = writes.outage.max(last.elapsed());
                    failed = false;
                }
                last = Instant::now();
                writes.acknowledged.push(title);
            }
            _ => {
                failed = true;
                writes.refused += 1;
                thread::sleep(Duration::from_millis(50));
            }
        }
    }
    writes
}
