//! The service as a process of its own, for tools that talk to it.

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
    process::{built, cargo, run},
};

/// The text that a field of a JSON document has.
pub(crate) fn text<'a>(document: &'a str, field: &str) -> Result<&'a str> {
    let found = document
        .split_once(&format!(r#""{field}":""#))
        .and_then(|(_, rest)| rest.split_once('"'))
        .ok_or_else(|| format!("no `{field}` in {document}"))?;
    Ok(found.0)
}

/// How the service says where it listens.
const LISTENING: &str = "http://127.0.0.1:";

/// A test that takes no time to build.
const SOME_TEST: &str = "resilience_table";

/// Builds the service for a check.
pub(crate) fn build() -> Result<PathBuf> {
    build_program("chatbot-api")
}

/// Builds a program of this workspace for a check. With a test beside it its dependencies have the
/// features that they have in all tests, so that nothing is compiled twice.
pub(crate) fn build_program(program: &str) -> Result<PathBuf> {
    let targets = ["--bin", program, "--test", SOME_TEST];
    run(cargo().args(["build", "--workspace", "--all-features"]).args(targets))?;
    built(program)
}

/// Builds the service as users have it, for measurements.
pub(crate) fn build_release() -> Result<PathBuf> {
    run(cargo().args(["build", "--release", "--bin", "chatbot-api"]))?;
    Ok(built("../release/chatbot-api")?.canonicalize()?)
}

/// A program of this workspace for a check: the one that a variable names, such as `CHATBOT_API` for
/// `chatbot-api`, or else what is built now.
pub(crate) fn program(name: &str) -> Result<PathBuf> {
    let named = env::var_os(name.to_uppercase().replace('-', "_"));
    named.map_or_else(|| build_program(name), |named| Ok(named.into()))
}

/// The service on a free port with a directory of its own. It ends when dropped.
pub(crate) struct Service {
    process: Child,
    data: PathBuf,
    address: String,
}

impl Service {
    /// Starts what [`build`] has built with the offline assistant and nothing but these variables,
    /// and waits until it listens.
    pub(crate) fn start(variables: &[(&str, &str)]) -> Result<Self> {
        Self::start_program(&built("chatbot-api")?, variables)
    }

    /// The same with a service that was built otherwise.
    pub(crate) fn start_program(program: &Path, variables: &[(&str, &str)]) -> Result<Self> {
        let data = env::temp_dir().join(format!("todo-service-{}", std::process::id()));
        let mut process = Command::new(program)
            .env_clear()
            .envs([("HOST", "127.0.0.1"), ("PORT", "0"), ("CHAT_ENGINE", "offline")])
            .env("DATA_DIR", &data)
            .envs(variables.iter().copied())
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

    /// Host and port where it listens.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its SQLite file.
    pub(crate) fn database(&self) -> PathBuf {
        self.data.join("todo.sqlite")
    }

    /// The body of an answer that must have this status.
    pub(crate) fn expect(
        &self,
        expected: u16,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: &str,
    ) -> Result<String> {
        self.expect_of(expected, method, path, token, ("application/json", body))
    }

    /// The same for a body of another content type.
    pub(crate) fn expect_of(
        &self,
        expected: u16,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: (&str, &str),
    ) -> Result<String> {
        let (status, answer) = exchange(&self.address, method, path, token, body)?;
        match status == expected {
            true => Ok(answer),
            false => Err(format!("{method} {path}: {status} {answer}").into()),
        }
    }
}

/// Status and body of the answer to one request; a body comes with its content type.
pub(crate) fn exchange(
    address: &str,
    method: &str,
    path: &str,
    token: Option<&str>,
    (content_type, body): (&str, &str),
) -> Result<(u16, String)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(300)))?;
    let token = token.map(|it| format!("Authorization: Bearer {it}\r\n")).unwrap_or_default();
    // In HTTP/1.0 an answer comes in one piece and ends with the connection.
    write!(
        stream,
        "{method} {path} HTTP/1.0\r\nContent-Type: {content_type}\r\n{token}\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("the answer has no body")?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    Ok((status.ok_or("the answer has no status")?, body.to_owned()))
}

/// Whether the metrics tell of an answer to such a request with a status of 200 to 299.
pub(crate) fn has_succeeded(metrics: &str, method: &str, route: &str) -> bool {
    let (method, route) = (format!("method=\"{method}\""), format!("route=\"{route}\""));
    metrics.lines().any(|line| {
        line.starts_with("http_requests_total")
            && line.contains(&method)
            && line.contains(&route)
            && line.contains("status=\"2")
    })
}

/// Resident memory, in bytes.
pub(crate) struct Memory {
    pub(crate) now: u64,
    /// The most it has been.
    pub(crate) peak: u64,
}

impl Service {
    /// What it has of the machine's memory.
    pub(crate) fn memory(&self) -> Result<Memory> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let bytes = |name: &str| -> Result<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
            let kibibytes: u64 = kibibytes.ok_or("the system does not tell the memory")?.parse()?;
            Ok(kibibytes << 10)
        };
        Ok(Memory { now: bytes("VmRSS:")?, peak: bytes("VmHWM:")? })
    }

    /// Ends it at once, as a crash would.
    pub(crate) fn kill(mut self) -> Result {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.data);
    }
}
