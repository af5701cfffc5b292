//! A Sentry that keeps what it is sent: it takes envelopes as the real one does, and can be told to
//! take its time.

use std::{
    fmt,
    net::SocketAddr,
    time::{Duration, Instant},
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    dev::ServerHandle,
    web::{self, Bytes, Data, PayloadConfig},
};
use parking_lot::{Mutex, MutexGuard};
use serde_json::{Value, json};
use tokio::sync::watch;

/// How long something that was sent may take to arrive.
const TIMEOUT: Duration = Duration::from_secs(30);
/// What the real one takes at most, without compression.
const MAX_ENVELOPE: usize = 20 * 1024 * 1024;
const KEY: &str = "0123456789abcdef0123456789abcdef";
const PROJECT: &str = "42";

/// A project's address and what came to it. It stops when dropped.
pub struct SentryServer {
    address: SocketAddr,
    inbox: Data<Inbox>,
    server: ServerHandle,
}

struct Inbox {
    envelopes: Mutex<Vec<Envelope>>,
    is_stalled: watch::Sender<bool>,
}

/// One request: the bytes, and the items they are.
struct Envelope {
    raw: Vec<u8>,
    items: Vec<Item>,
}

struct Item {
    kind: String,
    payload: Value,
}

impl SentryServer {
    /// Starts one that answers at once.
    #[must_use]
    pub fn start() -> Self {
        let inbox = Inbox { envelopes: Mutex::default(), is_stalled: watch::Sender::new(false) };
        let inbox = Data::new(inbox);
        let served = Data::clone(&inbox);
        let server = HttpServer::new(move || {
            App::new()
                .app_data(PayloadConfig::new(MAX_ENVELOPE))
                .app_data(Data::clone(&served))
                .route("/api/{project}/envelope/", web::post().to(take))
        });
        let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0));
        let server = server.expect("a port is free");
        let address = *server.addrs().first().expect("it is bound");
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { address, inbox, server: handle }
    }

    /// What to set `SENTRY_DSN` to.
    #[must_use]
    pub fn dsn(&self) -> String {
        format!("http://{KEY}@{}/{PROJECT}", self.address)
    }

    /// Accepts everything and answers nothing from now on.
    pub fn stall(&self) {
        self.inbox.is_stalled.send_replace(true);
    }

    /// Answers again, also what has come meanwhile.
    pub fn resume(&self) {
        self.inbox.is_stalled.send_replace(false);
    }

    /// Every event so far, in order.
    #[must_use]
    pub fn events(&self) -> Vec<Value> {
        self.items("event")
    }

    /// Every timed request so far, in order.
    #[must_use]
    pub fn transactions(&self) -> Vec<Value> {
        self.items("transaction")
    }

    /// Waits until there are so many events, or more.
    ///
    /// # Panics
    /// If they do not come.
    pub async fn until_events(&self, count: usize) -> Vec<Value> {
        let started = Instant::now();
        loop {
            let events = self.events();
            if events.len() >= count {
                return events;
            }
            assert!(started.elapsed() < TIMEOUT, "{count} events should have come: {events:#?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Everything that came, byte for byte.
    #[must_use]
    pub fn raw(&self) -> String {
        let envelopes = self.inbox.envelopes();
        let raw = envelopes.iter().map(|envelope| String::from_utf8_lossy(&envelope.raw));
        raw.collect()
    }

    fn items(&self, kind: &str) -> Vec<Value> {
        let envelopes = self.inbox.envelopes();
        let items = envelopes.iter().flat_map(|envelope| &envelope.items);
        items.filter(|item| item.kind == kind).map(|item| item.payload.clone()).collect()
    }
}

impl Drop for SentryServer {
    fn drop(&mut self) {
        drop(self.server.stop(false));
    }
}

impl fmt::Debug for SentryServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SentryServer").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Inbox {
    fn envelopes(&self) -> MutexGuard<'_, Vec<Envelope>> {
        self.envelopes.lock()
    }
}

async fn take(
    request: HttpRequest,
    project: web::Path<String>,
    body: Bytes,
    inbox: Data<Inbox>,
) -> HttpResponse {
    let auth = request.headers().get("x-sentry-auth").and_then(|auth| auth.to_str().ok());
    let is_ours = auth.is_some_and(|auth| auth.contains(&format!("sentry_key={KEY}")));
    if !is_ours || *project != PROJECT {
        return HttpResponse::Unauthorized().finish();
    }
    if request.headers().contains_key("content-encoding") {
        // Nobody compresses; this would have to learn it first.
        return HttpResponse::UnsupportedMediaType().finish();
    }
    let Some(items) = items(&body) else {
        return HttpResponse::BadRequest().json(json!({ "detail": "invalid envelope" }));
    };
    let mut stalled = inbox.is_stalled.subscribe();
    // The sender lives as long as the inbox.
    let _ = stalled.wait_for(|is_stalled| !is_stalled).await;
    inbox.envelopes().push(Envelope { raw: body.to_vec(), items });
    HttpResponse::Ok().json(json!({}))
}

/// Reads an envelope: a line of headers, then for every item a line of headers and its payload,
/// which is as long as they say or ends with the line.
fn items(envelope: &[u8]) -> Option<Vec<Item>> {
    let (headers, mut rest) = line(envelope);
    serde_json::from_slice::<Value>(headers).ok()?;
    let mut items = Vec::new();
    while !rest.is_empty() {
        let (headers, after) = line(rest);
        let headers: Value = serde_json::from_slice(headers).ok()?;
        let payload = match headers["length"].as_u64() {
            Some(length) => {
                let (payload, after) = after.split_at_checked(usize::try_from(length).ok()?)?;
                rest = after.strip_prefix(b"\n").unwrap_or(after);
                payload
            }
            None => {
                let (payload, after) = line(after);
                rest = after;
                payload
            }
        };
        let kind = headers["type"].as_str()?.to_owned();
        items.push(Item { kind, payload: serde_json::from_slice(payload).ok()? });
    }
    Some(items)
}

/// The first line, and what follows it.
fn line(bytes: &[u8]) -> (&[u8], &[u8]) {
    match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (bytes, &[]),
    }
}
