//! `/metrics` of the running service is what Prometheus takes, and `promtool` finds nothing to
//! complain about.

use std::{
    env, fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use crate::{
    Result,
    packages::{Package, install},
    process::{cargo, find, run},
};

const PROMETHEUS: Package = Package {
    name: "promtool",
    programs: "promtool of https://prometheus.io/download",
    apt: "prometheus",
    dnf: "golang-github-prometheus",
    apk: "prometheus",
    brew: "prometheus",
};

/// How the service says where it listens.
const LISTENING: &str = "http://127.0.0.1:";
const SERVICE: &str = "target/debug/chatbot-api";

/// Starts the service, has it succeed and fail, and shows its metrics to `promtool`.
pub(crate) fn metrics() -> Result {
    let promtool = match find("promtool") {
        Some(promtool) => promtool,
        None => {
            install(&PROMETHEUS)?;
            find("promtool").ok_or("the package brought no promtool")?
        }
    };
    // With the features of the tests, so that nothing is compiled twice.
    run(cargo().args(["build", "--workspace", "--all-features", "--bin", "chatbot-api"]))?;
    let service = Service::start()?;
    service.be_used()?;
    let (status, page) = service.request("GET", "/metrics", None, "")?;
    let series = page.lines().filter(|line| !line.starts_with('#')).count();
    if status != 200 || series == 0 {
        return Err(format!("GET /metrics: {status}\n{page}").into());
    }
    println!("{} bytes, {series} series", page.len());
    check(&promtool, &page)
}

/// A complaint may leave the exit code at 0, so any is a fault.
fn check(promtool: &Path, page: &str) -> Result {
    println!("$ promtool check metrics");
    let mut promtool = Command::new(promtool)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    // Dropped at the end of the statement, which ends the input.
    promtool.stdin.take().ok_or("promtool has no input")?.write_all(page.as_bytes())?;
    let output = promtool.wait_with_output()?;
    let complaints = [output.stdout, output.stderr].concat();
    let complaints = String::from_utf8_lossy(&complaints);
    if output.status.success() && complaints.trim().is_empty() {
        return Ok(());
    }
    Err(format!("promtool complains ({}):\n{}", output.status, complaints.trim()).into())
}

/// The service on a free port with a SQLite file of its own. It ends when dropped.
struct Service {
    process: Child,
    data: PathBuf,
    address: String,
}

impl Service {
    fn start() -> Result<Self> {
        let data = env::temp_dir().join(format!("todo-metrics-{}", std::process::id()));
        let mut process = Command::new(SERVICE)
            .env_clear()
            .envs([("PORT", "0"), ("CHAT_ENGINE", "offline")])
            .env("DATA_DIR", &data)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = process.stdout.take();
        let mut service = Self { process, data, address: String::new() };
        let mut output = BufReader::new(output.ok_or("the service has no output")?).lines();
        while let Some(line) = output.next().transpose()? {
            if let Some((_, rest)) = line.split_once(LISTENING) {
                let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
                service.address = format!("127.0.0.1:{port}");
                // A service that nobody listens to would stop at a full pipe.
                std::thread::spawn(move || output.for_each(drop));
                return Ok(service);
            }
        }
        Err("the service does not start".into())
    }

    /// Somebody signs up, chats, and asks for something that is not there.
    fn be_used(&self) -> Result {
        let account =
            r#"{"name": "Ada", "email": "ada@example.org", "password": "correct horse battery"}"#;
        let (status, answer) = self.request("POST", "/api/auth/signup", None, account)?;
        let token = answer.split_once(r#""access_token":""#).and_then(|(_, it)| it.split_once('"'));
        let (token, _) = token.ok_or(format!("signing up: {status} {answer}"))?;
        for (method, path, body, expected) in [
            ("POST", "/api/me/chat", r#"{"message": "add buy milk"}"#, 200),
            ("GET", "/api/me/tasks/7", "", 404),
        ] {
            let (status, answer) = self.request(method, path, Some(token), body)?;
            if status != expected {
                return Err(format!("{method} {path}: {status} {answer}").into());
            }
        }
        Ok(())
    }

    /// Status and body of an answer.
    fn request(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: &str,
    ) -> Result<(u16, String)> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        let token = token.map(|it| format!("Authorization: Bearer {it}\r\n")).unwrap_or_default();
        // In HTTP/1.0 an answer comes in one piece and ends with the connection.
        write!(
            stream,
            "{method} {path} HTTP/1.0\r\nContent-Type: application/json\r\n{token}\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or("the answer has no body")?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Ok((status.ok_or("the answer has no status")?, body.to_owned()))
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.data);
    }
}
