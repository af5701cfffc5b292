//! A collector of telemetry: takes OTLP as protobuf over HTTP, and shows what it was sent.

mod span;

use std::{
    fmt, io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    dev::ServerHandle,
    rt::System,
    web::{Bytes, Data, PayloadConfig, to},
};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use tokio::sync::watch;

pub use span::{ExportedSpan, tree};

const MAX_BODY: usize = 16 * 1024 * 1024;

/// One request to a collector.
#[derive(Debug, Clone)]
struct Export {
    path: String,
    body: Bytes,
}

/// A collector in this process, on a port of its own, until it is dropped.
pub struct Collector {
    address: SocketAddr,
    exports: Arc<Mutex<Vec<Export>>>,
    answers: watch::Sender<bool>,
    server: ServerHandle,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Collector {
    /// Starts one that takes what it is sent.
    pub async fn start() -> Self {
        Self::start_with(true).await
    }

    /// Starts one that accepts connections and requests and answers none of them, until
    /// [`Collector::release`].
    pub async fn stalled() -> Self {
        Self::start_with(false).await
    }

    async fn start_with(answers: bool) -> Self {
        let exports = Arc::new(Mutex::new(Vec::new()));
        let (answers, may_answer) = watch::channel(answers);
        let (started, bound) = tokio::sync::oneshot::channel();
        let state = Data::new(State { exports: Arc::clone(&exports), may_answer });
        let thread = thread::spawn(move || {
            System::new().block_on(async move {
                let server = HttpServer::new(move || {
                    App::new()
                        .app_data(PayloadConfig::new(MAX_BODY))
                        .app_data(Data::clone(&state))
                        .default_service(to(take))
                })
                .workers(1)
                .disable_signals()
                .shutdown_timeout(0)
                .bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
                let address = server.addrs()[0];
                let server = server.run();
                // Only fails if the test is over already.
                let _ = started.send((address, server.handle()));
                server.await
            })
        });
        let (address, server) = bound.await.expect("a port is free");
        Self { address, exports, answers, server, thread: Some(thread) }
    }

    /// What to configure as `OTEL_EXPORTER_OTLP_ENDPOINT`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers from now on, also what came before.
    pub fn release(&self) {
        self.answers.send_replace(true);
    }

    /// The bodies that were sent to a path such as `/v1/traces` so far, in order.
    #[must_use]
    pub fn bodies(&self, path: &str) -> Vec<Bytes> {
        let exports = self.exports.lock().unwrap_or_else(PoisonError::into_inner);
        exports.iter().filter(|export| export.path == path).map(|it| it.body.clone()).collect()
    }

    /// The spans so far, by their beginning.
    ///
    /// # Panics
    /// If something else was sent.
    #[must_use]
    pub fn spans(&self) -> Vec<ExportedSpan> {
        let mut spans = Vec::new();
        for body in self.bodies("/v1/traces") {
            let request = ExportTraceServiceRequest::decode(body).expect("the body is protobuf");
            for of_resource in request.resource_spans {
                let resource =
                    span::attributes(of_resource.resource.unwrap_or_default().attributes);
                let of_scopes = of_resource.scope_spans.into_iter();
                let spans_of_it = of_scopes.flat_map(|of_scope| of_scope.spans);
                spans.extend(spans_of_it.map(|span| ExportedSpan::new(span, resource.clone())));
            }
        }
        spans.sort_by_key(|span| span.started);
        spans
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.release();
        drop(self.server.stop(false));
        if let Some(thread) = self.thread.take() {
            // How it ended is of no interest any more.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collector").field("address", &self.address).finish_non_exhaustive()
    }
}

struct State {
    exports: Arc<Mutex<Vec<Export>>>,
    may_answer: watch::Receiver<bool>,
}

async fn take(state: Data<State>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let export = Export { path: request.path().to_owned(), body };
    state.exports.lock().unwrap_or_else(PoisonError::into_inner).push(export);
    // Fails when the collector is dropped; then nobody waits for the answer.
    let _ = state.may_answer.clone().wait_for(|may_answer| *may_answer).await;
    // An empty message: everything was taken.
    HttpResponse::Ok().content_type("application/x-protobuf").finish()
}
