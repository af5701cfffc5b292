//! A collector of telemetry: what OTLP is sent to. One that takes it, and one that never answers.

mod span;

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::Duration,
};

use parking_lot::{Condvar, Mutex};

pub use span::{ExportedSpan, tree};

/// How long something may take to arrive.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A server that keeps what it is sent. It lives as long as the process.
#[derive(Debug)]
pub struct Collector {
    address: SocketAddr,
    received: Arc<Received>,
}

#[derive(Debug, Default)]
struct Received {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    connections: usize,
    exports: Vec<Export>,
    /// Whether exports are kept waiting for their answers.
    is_stalled: bool,
}

/// One request.
#[derive(Debug, Clone)]
pub struct Export {
    /// Its path, such as `/v1/metrics`.
    pub path: String,
    /// Its headers, names in small letters.
    pub headers: Vec<(String, String)>,
    /// Its body: protobuf.
    pub body: Vec<u8>,
}

impl Export {
    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

impl Collector {
    /// One that accepts everything.
    #[must_use]
    pub fn start() -> Self {
        Self::serve(|connection, received| {
            thread::spawn(move || {
                let mut reader = BufReader::new(connection);
                while let Some(export) = read(&mut reader) {
                    received.change(|state| state.exports.push(export));
                    received.wait(|state| (!state.is_stalled).then_some(()));
                    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
                    // Whoever went away needs no answer.
                    drop(reader.get_mut().write_all(answer));
                }
            });
        })
    }

    /// One that takes exports and answers none of them before [`Collector::release`].
    #[must_use]
    pub fn stalled() -> Self {
        let collector = Self::start();
        collector.received.change(|state| state.is_stalled = true);
        collector
    }

    /// Answers from now on, also what came before.
    pub fn release(&self) {
        self.received.change(|state| state.is_stalled = false);
    }

    /// One that accepts connections, and that is all.
    #[must_use]
    pub fn silent() -> Self {
        let mut held = Vec::new();
        Self::serve(move |connection, _| held.push(connection))
    }

    fn serve(mut take: impl FnMut(TcpStream, Arc<Received>) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let received = Arc::new(Received::default());
        thread::spawn({
            let received = Arc::clone(&received);
            move || {
                for connection in listener.incoming().map_while(Result::ok) {
                    received.change(|state| state.connections += 1);
                    take(connection, Arc::clone(&received));
                }
            }
        });
        Self { address, received }
    }

    /// What `OTEL_EXPORTER_OTLP_ENDPOINT` is to be.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many connections were opened so far.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.received.state.lock().connections
    }

    /// The bodies that were sent to a path such as `/v1/traces` so far, in order.
    #[must_use]
    pub fn bodies(&self, path: &str) -> Vec<Vec<u8>> {
        let state = self.received.state.lock();
        let exports = state.exports.iter().filter(|export| export.path == path);
        exports.map(|export| export.body.clone()).collect()
    }

    /// The spans so far, by their beginning.
    #[must_use]
    pub fn spans(&self) -> Vec<ExportedSpan> {
        span::decode(&self.bodies("/v1/traces"))
    }

    /// Waits until somebody has connected.
    ///
    /// # Panics
    /// If nobody does.
    pub fn wait_for_a_connection(&self) {
        self.received.wait(|state| (state.connections > 0).then_some(()));
    }

    /// Waits for an export, there already or to come, of which `wanted` makes something.
    ///
    /// # Panics
    /// If none comes.
    pub fn wait_for<T>(&self, mut wanted: impl FnMut(&Export) -> Option<T>) -> T {
        self.received.wait(|state| state.exports.iter().find_map(&mut wanted))
    }
}

impl Received {
    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock());
        self.changed.notify_all();
    }

    fn wait<T>(&self, mut wanted: impl FnMut(&State) -> Option<T>) -> T {
        let mut state = self.state.lock();
        loop {
            if let Some(found) = wanted(&state) {
                return found;
            }
            let waited = self.changed.wait_for(&mut state, TIMEOUT);
            assert!(!waited.timed_out(), "nothing of the kind arrives: {state:?}");
        }
    }
}

/// The next request of a connection; `None` when there is no more.
fn read(reader: &mut BufReader<TcpStream>) -> Option<Export> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut export = Export { path, headers, body: Vec::new() };
    let length = export.header("content-length")?.parse().ok()?;
    export.body.resize(length, 0);
    reader.read_exact(&mut export.body).ok()?;
    Some(export)
}
