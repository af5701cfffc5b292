//! A process that may open few files, and clients that hold connections.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc::channel,
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

const TIMEOUT: Duration = Duration::from_secs(60);

/// A service whose limits of open files were set by this command; it is killed when dropped.
struct Service {
    child: Child,
    address: String,
    /// What it said until it listened.
    said: String,
    _data: tempfile::TempDir,
}

impl Service {
    fn start(ulimit: &str, variables: &[(&str, &str)]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut child = Command::new("sh")
            .args(["-c", &format!("{ulimit} && exec \"$0\""), env!("CARGO_BIN_EXE_chatbot-api")])
            .env_clear()
            .env("DATA_DIR", data.path())
            .env("PORT", "0")
            .env("LOG_FORMAT", "json")
            // Nobody is sent away for saying nothing while the test runs.
            .env("REQUEST_TIMEOUT", "300")
            .env("RATE_LIMIT_PER_SECOND", "off")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, started) = channel();
        std::thread::spawn(move || {
            let mut said = String::new();
            while let Some(Ok(line)) = lines.next() {
                said.push_str(&line);
                said.push('\n');
                if let Some((_, address)) = line.split_once("Listening on http://") {
                    let address: String = address
                        .chars()
                        .take_while(|c| c.is_ascii_digit() || ".:".contains(*c))
                        .collect();
                    drop(sender.send((address, std::mem::take(&mut said))));
                }
            }
        });
        let (address, said) = started.recv_timeout(TIMEOUT).unwrap();
        Self { child, address, said, _data: data }
    }

    /// A connection from this address of the machine's own.
    async fn connect_from(&self, source: &str) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(format!("{source}:0").parse().unwrap()).unwrap();
        socket.connect(self.address.parse().unwrap()).await.unwrap()
    }

    /// A connection that was answered on once, so that it counts, and is kept.
    async fn kept_from(&self, source: &str) -> TcpStream {
        let mut stream = self.connect_from(source).await;
        stream.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        timeout(TIMEOUT, stream.read_u8()).await.unwrap().unwrap();
        stream
    }

    /// Whether somebody from this address is answered.
    async fn is_served_for(&self, source: &str) -> bool {
        let mut stream = self.connect_from(source).await;
        let mut answer = String::new();
        let told = async {
            stream
                .write_all(b"GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
                .await?;
            stream.read_to_string(&mut answer).await
        };
        drop(timeout(TIMEOUT, told).await.unwrap());
        answer.starts_with("HTTP/1.1 200")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_low_soft_limit_of_open_files_is_raised_and_said_and_idle_connections_shut_nobody_out() {
    let service = Service::start("ulimit -Sn 200", &[]);
    assert!(service.said.contains("limit of open files was raised"), "{}", service.said);
    let mut idle = Vec::new();
    for _ in 0..400 {
        idle.push(service.connect_from("127.0.0.2").await);
    }
    assert!(service.is_served_for("127.0.0.1").await);
    drop(idle);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_as_many_as_there_is_room_for_and_no_address_has_them_all() {
    let service = Service::start("ulimit -n 256", &[]);
    assert!(service.said.contains("leaves room for fewer connections"), "{}", service.said);
    let mut idle = Vec::new();
    for _ in 0..200 {
        idle.push(service.connect_from("127.0.0.2").await);
    }
    assert!(service.is_served_for("127.0.0.3").await, "others are served");
    assert!(!service.is_served_for("127.0.0.2").await, "it has all it may have");
    let closed = async {
        let mut closed = 0;
        for stream in &mut idle {
            let read = timeout(Duration::from_millis(1), stream.read(&mut [0])).await;
            closed += usize::from(read.is_ok());
        }
        closed
    };
    assert!(closed.await >= 120);
}

#[tokio::test(flavor = "multi_thread")]
async fn how_many_connections_an_address_has_is_a_setting_and_a_trusted_proxy_has_any_number() {
    let service = Service::start(
        "true",
        &[("MAX_CONNECTIONS_PER_ADDRESS", "2"), ("TRUSTED_PROXIES", "127.0.0.9")],
    );
    let mut idle = Vec::new();
    for source in ["127.0.0.2", "127.0.0.2", "127.0.0.9", "127.0.0.9", "127.0.0.9"] {
        idle.push(service.kept_from(source).await);
    }
    assert!(!service.is_served_for("127.0.0.2").await);
    assert!(service.is_served_for("127.0.0.9").await);
    drop(idle);
    // What has gone does not count any more.
    let started = std::time::Instant::now();
    while !service.is_served_for("127.0.0.2").await {
        assert!(started.elapsed() < TIMEOUT);
    }
}
