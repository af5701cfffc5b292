//! The whole of monitoring, for real: Prometheus scrapes the service under requests, every panel of
//! the dashboard shows something, and a service that dies is reported at the webhook.

use std::{
    collections::BTreeSet,
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpListener},
    path::Path,
    process::Command,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{
    alerts::{RULES, SCRAPING, bring, routes_to},
    check::{Check, Depth, Verdict},
    cluster::Cluster,
    daemon::{Daemon, until},
    metric_names::metric_names,
    roles::Prepared,
    tools::{Tools, number},
};
use crate::{
    Result,
    ports::free_port,
    process::{output, run},
    scratch::Scratch,
    service::{Service, exchange, text},
    simulator::Simulator,
};

pub(super) const CHECK: Check = Check {
    name: "monitoring",
    what: "every expression of the dashboard answers after requests; a killed service is reported at \
           the webhook",
    depth: Depth::Quick,
    run: check,
};

const DASHBOARD: &str = "deploy/observability/grafana/dashboards/chatbot.json";
const METRICS: &str = "docs/METRICS.md";
/// How long there are requests before anybody looks, so that rates have something to compare.
const REQUESTS: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(60);

fn check(_: &Tools) -> Result<Verdict> {
    bring()?;
    let prepared = Prepared::new("monitoring", "wal_level = replica")?;
    let scratch = &prepared.scratch;
    let replica = Cluster::replica(scratch, "replica", &prepared.cluster)?;
    let redis = start_redis(scratch)?;
    let simulator = start_simulator()?;
    let replica_url = prepared
        .user()
        .replace(&format!(":{}/", prepared.cluster.port), &format!(":{}/", replica.port));
    let service = prepared.service(&[
        ("CHAT_ENGINE", "cohere"),
        ("COHERE_API_KEY", "any"),
        ("COHERE_BASE_URL", &simulator.url),
        ("REDIS_URL", &format!("redis://127.0.0.1:{}/0", redis.port)),
        ("DATABASE_REPLICA_URL", &replica_url),
        ("SIGNUP_RATE_LIMIT_PER_HOUR", "2"),
    ])?;
    let node = start_node_exporter(&prepared)?;
    let webhook = Webhook::listen()?;
    let alertmanager = start_alertmanager(scratch, &webhook)?;
    let prometheus = start_prometheus(scratch, &service, &node, &alertmanager)?;

    let expressions = expressions()?;
    be_used(&service)?;
    let shown = show_something(&prometheus, &expressions)?;
    are_measured(&prometheus, &expressions)?;

    let killed = Instant::now();
    service.kill()?;
    until("the webhook hears of ChatbotApiDown", TIMEOUT, || {
        webhook.has_received("ChatbotApiDown")
    })?;
    let delivered = killed.elapsed().as_secs_f64();
    let said = output(Command::new("sh").args(["-c", "prometheus --version 2>&1"]));
    Verdict::passed(
        format!("Prometheus {}", number(&said.ok_or("prometheus tells no version")?)),
        format!(
            "{shown} expressions answered; killed, and reported after {delivered:.1} s at intervals \
             of 1 s"
        ),
    )
}

/// A program that listens on a port of its own.
struct Server {
    port: u16,
    _daemon: Daemon,
}

impl Server {
    /// Starts it, and waits until it takes connections.
    fn start(name: &str, scratch: &Scratch, port: u16, command: &mut Command) -> Result<Self> {
        let mut daemon = Daemon::start(name, scratch.path(), command)?;
        daemon.until(|| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok())?;
        Ok(Self { port, _daemon: daemon })
    }
}

fn start_redis(scratch: &Scratch) -> Result<Server> {
    crate::redis::find_or_install()?;
    let port = free_port();
    let mut command = Command::new("redis-server");
    command.args(["--bind", "127.0.0.1", "--save", "", "--port", &port.to_string()]);
    Server::start("redis", scratch, port, &mut command)
}

/// The simulator of Cohere's API, which thinks for 20 ms.
pub(super) fn start_simulator() -> Result<Simulator> {
    Simulator::start(&["--delay-ms", "20"])
}

/// node_exporter with what `backup.sh` and `certificates.sh` write.
fn start_node_exporter(prepared: &Prepared) -> Result<Server> {
    let scratch = &prepared.scratch;
    let metrics = scratch.directory("textfile")?;
    run(Command::new("deploy/backup/backup.sh")
        .env("DATABASE_URL", prepared.owner())
        .env("BACKUP_DIR", scratch.path().join("backups"))
        .env("BACKUP_METRICS_DIR", &metrics))?;
    tell_certificate(scratch, &metrics)?;
    let port = free_port();
    let mut command = Command::new("prometheus-node-exporter");
    command
        .arg(format!("--collector.textfile.directory={}", metrics.display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"));
    Server::start("node-exporter", scratch, port, &mut command)
}

/// The certificate of a server that is good for ten days.
fn tell_certificate(scratch: &Scratch, metrics: &Path) -> Result {
    let (key, certificate) = (scratch.path().join("tls.key"), scratch.path().join("tls.pem"));
    run(Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
        .args(["-days", "10", "-subj", "/CN=localhost", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .stderr(std::process::Stdio::null()))?;
    let port = free_port();
    let mut command = Command::new("openssl");
    command.args(["s_server", "-quiet", "-accept", &port.to_string(), "-key"]);
    command.arg(&key).arg("-cert").arg(&certificate);
    let _server = Server::start("tls", scratch, port, &mut command)?;
    let servers = [format!("localhost:{port}")];
    run(Command::new("deploy/observability/certificates.sh")
        .args(&servers)
        .env("METRICS_DIR", metrics))?;
    let unreachable = Command::new("deploy/observability/certificates.sh")
        .args(["localhost:1"])
        .env("METRICS_DIR", scratch.directory("no-certificate")?)
        .output()?;
    match unreachable.status.success() {
        true => Err("certificates.sh is content with a server that shows no certificate".into()),
        false => Ok(()),
    }
}

fn start_alertmanager(scratch: &Scratch, webhook: &Webhook) -> Result<Server> {
    let routes = routes_to(&format!("http://{}/", webhook.address))?;
    let routes = routes.replace("group_wait: 30s", "group_wait: 1s");
    let routes = routes.replace("group_wait: 10s", "group_wait: 1s");
    let file = scratch.file("alertmanager.yml", &routes)?;
    let port = free_port();
    let mut command = Command::new("prometheus-alertmanager");
    command
        .arg(format!("--config.file={}", file.display()))
        .arg(format!("--storage.path={}", scratch.directory("alertmanager")?.display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg("--cluster.listen-address=");
    Server::start("alertmanager", scratch, port, &mut command)
}

/// Prometheus with the files of the deployment, in which names are those of this machine, and
/// intervals and limit a second.
fn start_prometheus(
    scratch: &Scratch,
    service: &Service,
    node: &Server,
    alertmanager: &Server,
) -> Result<Server> {
    let rules = fs::read_to_string(RULES)?.replace("for: 1m\n", "for: 1s\n");
    scratch.directory("rules")?;
    scratch.file("rules/chatbot.yml", &rules)?;
    let port = free_port();
    let mut configuration = fs::read_to_string(SCRAPING)?;
    for (theirs, ours) in [
        ("/etc/prometheus/rules", scratch.path().join("rules").display().to_string()),
        (DISCOVERY, format!("static_configs:\n      - targets: [\"{}\"]", service.address())),
        ("node-exporter:9100", format!("127.0.0.1:{}", node.port)),
        ("alertmanager:9093", format!("127.0.0.1:{}", alertmanager.port)),
        ("127.0.0.1:9090", format!("127.0.0.1:{port}")),
        ("_interval: 15s", "_interval: 1s".to_owned()),
    ] {
        if !configuration.contains(theirs) {
            return Err(format!("{SCRAPING} has no {theirs}").into());
        }
        configuration = configuration.replace(theirs, &ours);
    }
    let file = scratch.file("prometheus.yml", &configuration)?;
    let mut command = Command::new("prometheus");
    command
        .arg(format!("--config.file={}", file.display()))
        .arg(format!("--storage.tsdb.path={}", scratch.directory("prometheus")?.display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"));
    Server::start("prometheus", scratch, port, &mut command)
}

/// How Compose's instances are found.
const DISCOVERY: &str = "dns_sd_configs:
      - names: [\"api\"]
        type: A
        port: 9090
        refresh_interval: 15s";

/// Somebody who chats, lists and errs, and others who may not sign up any more.
fn be_used(service: &Service) -> Result {
    let account = |name: &str| {
        format!(
            r#"{{"name": "A", "email": "{name}@example.org", "password": "correct horse battery"}}"#
        )
    };
    let answer = service.expect(201, "POST", "/api/auth/signup", None, &account("ada"))?;
    let token = Some(text(&answer, "access_token")?);
    let ben = service.expect(201, "POST", "/api/auth/signup", None, &account("ben"))?;
    let ben = Some(text(&ben, "access_token")?);
    let started = Instant::now();
    while started.elapsed() < REQUESTS {
        service.expect(200, "POST", "/api/me/chat", token, r#"{"message": "add buy milk"}"#)?;
        service.expect(200, "GET", "/api/me/conversations", token, "")?;
        // Ben has written nothing, so a replica may answer.
        service.expect(200, "GET", "/api/me/tasks", ben, "")?;
        service.expect(404, "GET", "/api/me/tasks/999", token, "")?;
        service.expect(429, "POST", "/api/auth/signup", None, &account("cid"))?;
        thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// Every expression of the dashboard, with what it belongs to.
fn expressions() -> Result<Vec<(String, String)>> {
    let dashboard: Value = serde_json::from_str(&fs::read_to_string(DASHBOARD)?)?;
    let mut expressions = Vec::new();
    for panel in dashboard["panels"].as_array().ok_or("the dashboard has no panels")? {
        let title = panel["title"].as_str().ok_or("a panel has no title")?;
        let targets = panel["targets"].as_array().map(Vec::as_slice).unwrap_or_default();
        if targets.is_empty() && panel["type"] != "row" {
            return Err(format!("{title} shows nothing").into());
        }
        for target in targets {
            let expression = target["expr"].as_str().ok_or("a target has no expression")?;
            // As Grafana does with all instances chosen.
            let expression =
                expression.replace("$__rate_interval", "30s").replace("$instance", ".+");
            if expression.contains('$') {
                return Err(format!("{title}: an unknown variable in {expression}").into());
            }
            expressions.push((title.to_owned(), expression));
        }
    }
    if expressions.is_empty() { Err("the dashboard is empty".into()) } else { Ok(expressions) }
}

/// Each answers with a number at least.
fn show_something(prometheus: &Server, expressions: &[(String, String)]) -> Result<usize> {
    let mut faults = Vec::new();
    for (title, expression) in expressions {
        let answer = query(prometheus, expression)?;
        let results = answer["data"]["result"].as_array().map(Vec::as_slice).unwrap_or_default();
        let is_number = |result: &Value| {
            result["value"][1].as_str().and_then(|it| it.parse().ok()).is_some_and(f64::is_finite)
        };
        if !results.iter().any(is_number) {
            faults.push(format!("{title}: {expression}: {answer}"));
        }
    }
    if faults.is_empty() { Ok(expressions.len()) } else { Err(faults.join("\n").into()) }
}

fn query(prometheus: &Server, expression: &str) -> Result<Value> {
    let encoded: String = expression.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let form = format!("query={encoded}");
    let body = ("application/x-www-form-urlencoded", form.as_str());
    let address = format!("127.0.0.1:{}", prometheus.port);
    let (_, answer) = exchange(&address, "POST", "/api/v1/query", None, body)?;
    Ok(serde_json::from_str(&answer)?)
}

/// Every metric that the dashboard or a rule names is one that the service has, or that Prometheus
/// has just scraped: an alert on a misspelt name would never fire.
fn are_measured(prometheus: &Server, expressions: &[(String, String)]) -> Result {
    let address = format!("127.0.0.1:{}", prometheus.port);
    let ask = |path: &str| -> Result<Value> {
        let (_, answer) = exchange(&address, "GET", path, None, ("text/plain", ""))?;
        Ok(serde_json::from_str(&answer)?)
    };
    let scraped = ask("/api/v1/label/__name__/values")?;
    let scraped: BTreeSet<_> =
        scraped["data"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let catalogue = fs::read_to_string(METRICS)?;
    let is_known = |name: &str| {
        let base = ["_bucket", "_sum", "_count"].iter().find_map(|it| name.strip_suffix(it));
        scraped.contains(name)
            || catalogue.contains(&format!("### `{name}`"))
            || base.is_some_and(|base| catalogue.contains(&format!("### `{base}`")))
    };
    let rules = ask("/api/v1/rules")?;
    let groups = rules["data"]["groups"].as_array().ok_or("Prometheus has no rules")?;
    let rules = groups.iter().flat_map(|group| group["rules"].as_array().into_iter().flatten());
    let rules: Vec<_> = rules.filter_map(|rule| rule["query"].as_str()).collect();
    let all = rules.iter().copied().chain(expressions.iter().map(|(_, it)| it.as_str()));
    let names: BTreeSet<_> = all.flat_map(metric_names).collect();
    let unknown: Vec<_> = names.iter().filter(|name| !is_known(name)).collect();
    match unknown.is_empty() && !rules.is_empty() {
        true => Ok(()),
        false => Err(format!("nobody measures {unknown:?}, of {} rules", rules.len()).into()),
    }
}

/// The receiver of alerts.
struct Webhook {
    address: SocketAddr,
    received: Arc<Mutex<String>>,
}

impl Webhook {
    fn listen() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let received = Arc::new(Mutex::new(String::new()));
        let heard = Arc::clone(&received);
        // It ends with the process.
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut said = Vec::new();
                let mut buffer = [0; 4096];
                let _ = stream.set_read_timeout(Some(Duration::from_millis(300)));
                while let Ok(length @ 1..) = stream.read(&mut buffer) {
                    said.extend_from_slice(buffer.get(..length).unwrap_or_default());
                }
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
                heard.push_str(&String::from_utf8_lossy(&said));
            }
        });
        Ok(Self { address, received })
    }

    fn has_received(&self, alert: &str) -> bool {
        let received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        received.contains(&format!("\"alertname\":\"{alert}\""))
    }
}
