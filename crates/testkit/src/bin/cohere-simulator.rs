//! Cohere's API on a port of this machine, for load tests, frontends and other languages' clients.
//!
//! Point the service at it: `COHERE_BASE_URL=http://127.0.0.1:8081 COHERE_API_KEY=anything`.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use actix_web::rt::System;
use clap::{Parser, ValueEnum};
use todo_testkit::cohere::{
    Cue, InjectedFault, RecordedRequest, Scenario, Settings, Verdict, serve,
};

/// Simulates Cohere's chat API, and refuses whatever Cohere refuses.
#[derive(Debug, Parser)]
#[command(name = "cohere-simulator", after_help = cues())]
struct Arguments {
    /// Where to listen; port 0 takes any that is free and tells which
    #[arg(long, default_value_t = 8081)]
    port: u16,
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,
    /// How long to think before each chat answer, in milliseconds
    #[arg(long, default_value_t = 0)]
    delay_ms: u64,
    /// The only key to accept; without one, any key will do
    #[arg(long)]
    api_key: Option<String>,
    /// Keep the limits of a trial key, and tell them in headers
    #[arg(long)]
    trial: bool,
    /// Send pieces that end within events and within characters
    #[arg(long)]
    split_chunks: bool,
    /// What to play to requests that do not ask for something themselves
    #[arg(long)]
    cue: Option<Cue>,
}

fn main() -> io::Result<()> {
    let Arguments { port, host, delay_ms, api_key, trial, split_chunks, cue } = Arguments::parse();
    let settings = Settings {
        api_key,
        delay: Duration::from_millis(delay_ms),
        trial,
        split_chunks,
        cue: cue.unwrap_or_default(),
    };
    let counts = Arc::new(Counts::default());
    let watched = Arc::clone(&counts);
    System::new().block_on(async move {
        let address = SocketAddr::new(host, port);
        let (address, server) = serve(address, settings, move |request| watched.count(&request))?;
        say(&format!("listening on http://{address}"));
        server.await
    })?;
    say(&counts.summary());
    Ok(())
}

#[derive(Debug, Default)]
struct Counts {
    answered: AtomicU64,
    failed: AtomicU64,
    refused: AtomicU64,
}

impl Counts {
    fn count(&self, request: &RecordedRequest) {
        let count = match &request.verdict {
            Verdict::Answered => &self.answered,
            Verdict::Failed { .. } => &self.failed,
            Verdict::Refused { status, message } => {
                say(&format!("refused {} with {status}: {message}", request.path));
                &self.refused
            }
        };
        count.fetch_add(1, Ordering::Relaxed);
    }

    fn summary(&self) -> String {
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        format!(
            "answered {}, failed on demand {}, refused {}",
            count(&self.answered),
            count(&self.failed),
            count(&self.refused)
        )
    }
}

/// The names for `--cue`, the header `x-simulate` and the marker `[[simulate:…]]`.
fn cues() -> String {
    let mut text = "Cues, for --cue, the header `x-simulate` or `[[simulate:…]]` in the user's \
                    message, joined by commas; `=20` sets milliseconds, `*2` at the end means \
                    twice for the same request:\n"
        .to_owned();
    let values = Scenario::value_variants().iter().filter_map(Scenario::to_possible_value);
    let faults =
        InjectedFault::value_variants().iter().filter_map(InjectedFault::to_possible_value);
    for value in values.chain(faults) {
        let help = value.get_help().map(ToString::to_string).unwrap_or_default();
        text += &format!("  {:<28} {help}\n", value.get_name());
    }
    text
}

#[expect(clippy::print_stdout, reason = "this program's log is its standard output")]
fn say(line: &str) {
    println!("{line}");
}
