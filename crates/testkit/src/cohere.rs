//! A simulator of Cohere's API that refuses whatever Cohere refuses.
//!
//! It serves `POST /v2/chat` (blocking and streaming), `GET /v1/models`, `GET /v1/models/{model}`
//! and `POST /v1/check-api-key`, in a test by [`CohereSimulator::start`] or as a program of its own
//! (`cargo run -p todo-testkit --bin cohere-simulator -- --help`).
//!
//! # What it answers
//!
//! Left alone, a small planner: it understands "add milk", "add tasks: milk, bread", "show my
//! list", "what's left?", "complete 2", "reopen 2", "delete the milk task", "complete it", and
//! these in a row with ", then". It may be told otherwise by a [`Cue`]: some [`Scenario`], some
//! [`InjectedFault`], or a [`Reply`] word by word. A cue comes from, the first of them counts,
//!
//! 1. the request header `x-simulate: slow=20, three-steps`,
//! 2. a marker in the user's last message, `[[simulate:stall]]`,
//! 3. in a test, the queue of [`CohereSimulator::script`], for chat requests,
//! 4. [`CohereSimulator::always`], or `--cue` of the program.
//!
//! The names are those of [`Scenario`] and [`InjectedFault`], listed by the program's `--help`. `=20` sets
//! milliseconds, `*2` at the end means that a request which comes a third time, unchanged, is
//! answered as if nothing had been said. Endpoints other than chat play faults, and what delays or
//! damages an answer.
//!
//! # What is not known of Cohere, and decided here
//!
//! What is missing or out of range is 400, what is unknown 422. Only the models for which
//! `tool_choice` is known to work take it. Limits of a trial key are counted after everything else
//! is found to be right. Citations, where they are wanted, are one per answer, and count
//! characters.

mod answer;
mod checks;
mod cue;
mod delivery;
mod endpoints;
mod events;
mod fault;
mod generation;
mod ids;
mod log;
mod message_rules;
mod message_text;
mod model;
mod models;
mod planner;
mod reply;
mod request;
mod scenario;
mod scene;
mod simulated_error;
mod stage;
mod text_or;
mod tokens;
mod tool_rules;
mod trial;

use std::{
    fmt, io,
    net::SocketAddr,
    sync::Arc,
    thread::{self, JoinHandle},
};

use actix_web::{
    App, HttpServer,
    dev::{Server, ServerHandle},
    rt::System,
    web::{Data, PayloadConfig},
};
use parking_lot::Mutex;

use self::stage::Stage;
pub use self::{
    cue::Cue,
    fault::InjectedFault,
    log::{RecordedRequest, Verdict},
    model::{model_at, slow_retrying_model_at},
    reply::Reply,
    scenario::Scenario,
    stage::Settings,
};
pub use todo_adapters::CircuitBreakerSettings;

/// No conversation of ours comes near this.
const MAX_BODY: usize = 16 * 1024 * 1024;

/// A simulator in this process, on a port of its own, until it is dropped.
pub struct CohereSimulator {
    address: SocketAddr,
    stage: Arc<Stage>,
    requests: Arc<Mutex<Vec<RecordedRequest>>>,
    server: ServerHandle,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl CohereSimulator {
    /// Starts one that takes any key.
    pub async fn start() -> Self {
        Self::start_with(Settings::default()).await
    }

    /// Starts one that behaves like this.
    pub async fn start_with(settings: Settings) -> Self {
        let requests = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&requests);
        let stage = Arc::new(Stage::new(settings, move |request| {
            log.lock().push(request);
        }));
        let (started, bound) = tokio::sync::oneshot::channel();
        let served = Arc::clone(&stage);
        // A thread of its own: the test's runtime may have its clock stopped, or be busy.
        let thread = thread::spawn(move || {
            System::new().block_on(async move {
                let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
                let (address, server) = bind(any_port, served, 1, Signals::Ignored)?;
                // Only fails if the test is over already.
                let _ = started.send((address, server.handle()));
                server.await
            })
        });
        let (address, server) = bound.await.expect("a port is free");
        Self { address, stage, requests, server, thread: Some(thread) }
    }

    /// What to configure instead of `https://api.cohere.com`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Plays these, one to each of the next chat requests that do not ask for something
    /// themselves. A cue for some times stands for as many.
    pub fn script(&self, cues: impl IntoIterator<Item = impl Into<Cue>>) {
        self.stage.queue(cues.into_iter().map(Into::into));
    }

    /// Plays this from now on to every request, whatever its endpoint, when the script has run
    /// out.
    pub fn always(&self, cue: impl Into<Cue>) {
        self.stage.always(cue.into());
    }

    /// Every request so far, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.requests.lock().clone()
    }

    /// The chat requests so far, in order.
    #[must_use]
    pub fn chats(&self) -> Vec<RecordedRequest> {
        self.requests().into_iter().filter(|request| request.path == "/v2/chat").collect()
    }

    /// Those that Cohere would not have taken.
    #[must_use]
    pub fn refused(&self) -> Vec<RecordedRequest> {
        self.requests().into_iter().filter(RecordedRequest::is_refused).collect()
    }
}

impl Drop for CohereSimulator {
    fn drop(&mut self) {
        // The command is sent at once; its completion is awaited by joining the thread, after which
        // connections are refused.
        drop(self.server.stop(false));
        if let Some(thread) = self.thread.take() {
            // How it ended is of no interest any more.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for CohereSimulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CohereSimulator").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Serves until the process is told to end, in an actix system. `observe` sees every request. The
/// address comes back with the port that was chosen, if none was asked for.
///
/// # Errors
/// If it can't listen there.
pub fn serve(
    address: SocketAddr,
    settings: Settings,
    observe: impl Fn(RecordedRequest) + Send + Sync + 'static,
) -> io::Result<(SocketAddr, Server)> {
    bind(address, Arc::new(Stage::new(settings, observe)), 2, Signals::End)
}

/// What signals to the process do.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Signals {
    End,
    Ignored,
}

fn bind(
    address: SocketAddr,
    stage: Arc<Stage>,
    workers: usize,
    signals: Signals,
) -> io::Result<(SocketAddr, Server)> {
    let server = HttpServer::new(move || {
        App::new()
            .app_data(PayloadConfig::new(MAX_BODY))
            .app_data(Data::from(Arc::clone(&stage)))
            .configure(endpoints::configure)
    })
    .workers(workers)
    .tcp_nodelay(true)
    // A client that gave up on a stalled answer has gone: it is not to hold a connection.
    .h1_allow_half_closed(false)
    .shutdown_timeout(1)
    .bind(address)?;
    let bound = server.addrs().first().copied().unwrap_or(address);
    let server = match signals {
        Signals::End => server,
        Signals::Ignored => server.disable_signals(),
    };
    Ok((bound, server.run()))
}
