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

/// Builds it, with the features of the tests, so that nothing is compiled twice.
pub(crate) fn build() -> Result {
    run(cargo().args(["build", "--workspace", "--all-features", "--bin", "chatbot-api"]))
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

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
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

    /// The body of an answer that must have this status.
    pub(crate) fn expect(
        &self,
        expected: u16,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: &str,
    ) -> Result<String> {
        let (status, answer) = self.request(method, path, token, body)?;
        match status == expected {
            true => Ok(answer),
            false => Err(format!("{method} {path}: {status} {answer}").into()),
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.data);
    }
}
