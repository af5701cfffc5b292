//! A server that answers one request after the other from a script: any bytes, pauses, cuts.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::Instant,
};
use url::Url;

/// What the server does with one request.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    head: String,
    steps: Vec<Step>,
    is_chunked: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Sends a chunk.
    Send(Vec<u8>),
    /// Waits.
    Pause(Duration),
    /// Says nothing more, and keeps the connection.
    Hang,
    /// Closes the connection.
    Cut,
}

/// A stream of events, in these steps.
pub(crate) fn stream(steps: impl IntoIterator<Item = Step>) -> Scene {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
                x-debug-trace-id: trace-1\r\ntransfer-encoding: chunked\r\n\r\n";
    Scene { head: head.into(), steps: steps.into_iter().collect(), is_chunked: true }
}

/// A response with this status and body.
pub(crate) fn status(status: u16, body: impl Into<String>) -> Scene {
    status_with(status, &[], body)
}

/// A response with this status, these further headers, and this body.
pub(crate) fn status_with(status: u16, headers: &[(&str, &str)], body: impl Into<String>) -> Scene {
    let body: String = body.into();
    let mut head = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    Scene { head, steps: vec![Step::Send(body.into_bytes())], is_chunked: false }
}

/// Not even a status line: this step instead.
pub(crate) fn nothing_but(step: Step) -> Scene {
    Scene { head: String::new(), steps: vec![step], is_chunked: false }
}

/// What came.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    /// Method, path, version.
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Value,
    pub(crate) at: Instant,
    /// Which connection it came on, from 1.
    pub(crate) connection: usize,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Default)]
struct State {
    script: VecDeque<Scene>,
    received: Vec<Received>,
    connections: usize,
}

/// A server with a script.
pub(crate) struct Server {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Server {
    /// A server that plays these scenes, one per request, and fails the test's expectations with
    /// a 418 when there are no more.
    pub(crate) async fn start(script: impl IntoIterator<Item = Scene>) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").await.unwrap(), script)
    }

    pub(crate) fn on(listener: TcpListener, script: impl IntoIterator<Item = Scene>) -> Self {
        let state = State { script: script.into_iter().collect(), ..State::default() };
        let server =
            Self { address: listener.local_addr().unwrap(), state: Arc::new(Mutex::new(state)) };
        let state = Arc::clone(&server.state);
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(serve(connection, Arc::clone(&state)));
            }
        });
        server
    }

    pub(crate) fn url(&self) -> Url {
        format!("http://{}", self.address).parse().unwrap()
    }

    /// What came so far, in order.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.state.lock().unwrap().received.clone()
    }

    /// How often it was asked.
    pub(crate) fn calls(&self) -> usize {
        self.received().len()
    }
}

async fn serve(mut connection: TcpStream, state: Arc<Mutex<State>>) {
    let number = {
        let mut state = state.lock().unwrap();
        state.connections += 1;
        state.connections
    };
    while let Some(mut received) = read_request(&mut connection).await {
        received.connection = number;
        let scene = {
            let mut state = state.lock().unwrap();
            state.received.push(received);
            state.script.pop_front().unwrap_or_else(|| status(418, "the script has run out"))
        };
        if play(&mut connection, scene).await.is_none() {
            return;
        }
    }
}

/// Plays a scene; `None` if the connection is over.
async fn play(connection: &mut TcpStream, scene: Scene) -> Option<()> {
    connection.write_all(scene.head.as_bytes()).await.ok()?;
    for step in scene.steps {
        match step {
            Step::Send(bytes) if scene.is_chunked => {
                let head = format!("{:x}\r\n", bytes.len());
                let chunk = [head.as_bytes(), &bytes, b"\r\n"].concat();
                connection.write_all(&chunk).await.ok()?;
            }
            Step::Send(bytes) => connection.write_all(&bytes).await.ok()?,
            Step::Pause(pause) => tokio::time::sleep(pause).await,
            Step::Hang => std::future::pending().await,
            Step::Cut => return None,
        }
    }
    if scene.is_chunked {
        connection.write_all(b"0\r\n\r\n").await.ok()?;
    }
    Some(())
}

async fn read_request(connection: &mut TcpStream) -> Option<Received> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(connection.read_u8().await.ok()?);
    }
    let at = Instant::now();
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.lines();
    let line = lines.next().unwrap_or_default().to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length.map_or(0, |(_, length)| length.parse().unwrap())];
    connection.read_exact(&mut body).await.ok()?;
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    Some(Received { line, headers, body, at, connection: 0 })
}
