//! A load balancer in front of several processes of the service, as nginx would be one.

use std::{
    fmt,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    dev::ServerHandle,
    http::StatusCode,
    web::{self, Bytes, Data, PayloadConfig},
};
use parking_lot::{Mutex, MutexGuard};
use reqwest::Method;
use tokio::{task::JoinHandle, time::sleep};

use crate::http_client;

/// How long it may take until as many processes are ready as should be.
const TIMEOUT: Duration = Duration::from_secs(60);
/// How long a process is left alone between two questions whether it is ready.
const INTERVAL: Duration = Duration::from_millis(50);
/// An answer to that question which takes longer is none.
const LONGEST_ANSWER: Duration = Duration::from_secs(2);
/// Longer than clients keep their idle connections.
const KEEP_ALIVE: Duration = Duration::from_secs(120);
/// What is meant for one connection, or is written anew for the other.
const HOP_BY_HOP: [&str; 4] = ["connection", "content-length", "host", "transfer-encoding"];

/// Sends each request to one of the processes that say at `/health/ready` that they are ready, by
/// turns. Connections are kept on both sides. A request is tried once: whatever goes wrong with it
/// is answered with 502, and with 503 as long as nobody is ready. It stops when dropped.
pub struct LoadBalancer {
    address: SocketAddr,
    shared: Data<Shared>,
    server: ServerHandle,
}

struct Shared {
    client: reqwest::Client,
    processes: Mutex<Vec<Process>>,
    turn: AtomicUsize,
}

/// A process, and the task that asks it whether it is ready.
struct Process {
    base_url: String,
    is_ready: Arc<AtomicBool>,
    watch: JoinHandle<()>,
}

impl LoadBalancer {
    /// Starts one that knows no process yet.
    #[must_use]
    pub fn start() -> Self {
        let (processes, turn) = (Mutex::default(), AtomicUsize::new(0));
        let shared = Data::new(Shared { client: http_client(), processes, turn });
        let served = Data::clone(&shared);
        let server = HttpServer::new(move || {
            App::new()
                .app_data(PayloadConfig::new(1024 * 1024))
                .app_data(Data::clone(&served))
                .default_service(web::to(forward))
        });
        let server = server
            .workers(1)
            .keep_alive(KEEP_ALIVE)
            .client_request_timeout(Duration::ZERO)
            .disable_signals()
            .bind(("127.0.0.1", 0))
            .expect("a port is free");
        let address = *server.addrs().first().expect("it is bound");
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { address, shared, server: handle }
    }

    /// Where it listens.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sends requests to one more process, once it is ready.
    pub fn add(&self, base_url: &str) {
        let (base_url, is_ready) = (base_url.to_owned(), Arc::new(AtomicBool::new(false)));
        let asking = watch(self.shared.client.clone(), base_url.clone(), Arc::clone(&is_ready));
        let watch = tokio::spawn(asking);
        self.shared.processes().push(Process { base_url, is_ready, watch });
    }

    /// Forgets a process.
    pub fn remove(&self, base_url: &str) {
        self.shared.processes().retain(|process| process.base_url != base_url);
    }

    /// Waits until exactly so many processes are ready.
    ///
    /// # Panics
    /// If they never are.
    pub async fn until_ready(&self, count: usize) {
        let started = Instant::now();
        let is_ready = |process: &&Process| process.is_ready.load(Ordering::Relaxed);
        while self.shared.processes().iter().filter(is_ready).count() != count {
            assert!(started.elapsed() < TIMEOUT, "{count} processes should be ready");
            sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for LoadBalancer {
    fn drop(&mut self) {
        self.shared.processes().clear();
        drop(self.server.stop(false));
    }
}

impl fmt::Debug for LoadBalancer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoadBalancer").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.watch.abort();
    }
}

impl Shared {
    /// The process whose turn it is.
    fn next(&self) -> Option<String> {
        let processes = self.processes();
        let mut ready: Vec<_> = processes.iter().collect();
        ready.retain(|process| process.is_ready.load(Ordering::Relaxed));
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        ready.get(turn.checked_rem(ready.len())?).map(|process| process.base_url.clone())
    }

    fn processes(&self) -> MutexGuard<'_, Vec<Process>> {
        self.processes.lock()
    }
}

async fn watch(client: reqwest::Client, base_url: String, is_ready: Arc<AtomicBool>) {
    let url = format!("{base_url}/health/ready");
    loop {
        let answer = client.get(&url).timeout(LONGEST_ANSWER).send().await;
        let ready = answer.is_ok_and(|answer| answer.status().is_success());
        is_ready.store(ready, Ordering::Relaxed);
        sleep(INTERVAL).await;
    }
}

async fn forward(request: HttpRequest, body: Bytes, shared: Data<Shared>) -> HttpResponse {
    let Some(base_url) = shared.next() else {
        return HttpResponse::ServiceUnavailable().body("no process is ready");
    };
    let answer = exchange(&shared.client, &base_url, &request, body).await;
    answer.unwrap_or_else(|error| HttpResponse::BadGateway().body(format!("{error:?}")))
}

async fn exchange(
    client: &reqwest::Client,
    base_url: &str,
    request: &HttpRequest,
    body: Bytes,
) -> reqwest::Result<HttpResponse> {
    let method = request.method().as_str().as_bytes();
    let method = Method::from_bytes(method).expect("a method is a method");
    let mut forwarded = client.request(method, format!("{base_url}{}", request.uri())).body(body);
    for (name, value) in request.headers() {
        if !HOP_BY_HOP.contains(&name.as_str()) {
            forwarded = forwarded.header(name.as_str(), value.as_bytes());
        }
    }
    let answer = forwarded.send().await?;
    let status = StatusCode::from_u16(answer.status().as_u16()).expect("a status is a status");
    let mut response = HttpResponse::build(status);
    for (name, value) in answer.headers() {
        if !HOP_BY_HOP.contains(&name.as_str()) {
            response.append_header((name.as_str(), value.as_bytes()));
        }
    }
    Ok(response.body(answer.bytes().await?))
}
