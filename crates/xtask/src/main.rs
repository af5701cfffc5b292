//! What a developer and CI run: `cargo xtask test` and `cargo xtask ci`.
#![expect(clippy::print_stdout, reason = "telling what happens is what this tool is for")]

mod attacks;
mod ci;
mod cohere_sdk;
mod crowd;
mod deny;
mod deploy;
mod features;
mod footprint;
mod gates;
mod manual;
mod metrics;
mod nightly;
mod npm;
mod openapi;
mod package;
mod packages;
mod page;
mod pgbouncer;
#[path = "../../testkit/src/ports.rs"]
#[expect(clippy::expect_used, unreachable_pub, reason = "shared with the kit of tests")]
mod ports;
mod postgres;
mod process;
mod python;
mod redis;
mod scratch;
mod service;
mod simulator;
mod streams;
mod test;

use std::{
    env,
    error::Error,
    path::{Path, PathBuf},
    process::ExitCode,
};

use self::test::TestOptions;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

const USAGE: &str = "\
cargo xtask test [--private-postgres] [ARGUMENTS]
    Finds PostgreSQL or starts one, finds or brings Redis, builds the service, runs all tests. ARGUMENTS go to
    `cargo test`, for example: -p todo-app, or -- some_test.
    --private-postgres starts one even though another is running.

cargo xtask ci [--private-postgres] [STEP…]
    Runs what CI runs, or only the named steps: fmt secrets sql clippy features doc
    deny cohere-sdk metrics manual openapi streams page deploy test pgbouncer package

cargo xtask deploy-check [--full] [CHECK…]
    Shows the files of deploy/ to the tools they are for, or only the named checks, and prints a line
    for each: the tool, its version, what came of it. --full also runs what takes long or starts much.

cargo xtask attack [--release] [search] [import]
    One account takes as much as it can, on both engines: 30 clients search in the most expensive way for
    20 seconds; a file as large as allowed is imported. Says what another user waits for, and fails where
    that is more than a second or no success.

cargo xtask crowd [--release]
    A thousand people are answered at the same time, each through a stream, by a model that thinks for
    five seconds, over a pool of twenty connections. Says how long they wait and what memory it takes.

cargo xtask nightly
    What takes too long for CI: the attacks and the crowd on a release build, a thousand crashes under
    messages with keys, and all checks of deploy/.

cargo xtask footprint
    Builds the release and says what it takes: bytes, time to start, memory before and after 1,000
    chats.";

fn main() -> ExitCode {
    match env::set_current_dir(repository()).map_err(Into::into).and_then(|()| run()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("\nxtask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result {
    let mut arguments: Vec<String> = env::args().skip(1).collect();
    if arguments.is_empty() {
        return Err(USAGE.into());
    }
    let task = arguments.remove(0);
    let private = arguments.first().is_some_and(|first| first == "--private-postgres");
    if private {
        arguments.remove(0);
    }
    match task.as_str() {
        "test" => test::test(&TestOptions {
            private_postgres: private,
            arguments,
            ..TestOptions::default()
        }),
        "ci" => ci::ci(private, &arguments),
        "deploy-check" => deploy::command(&arguments),
        "attack" => attacks::attack(&arguments),
        "crowd" => crowd::crowd(&arguments),
        "nightly" => nightly::nightly(),
        "footprint" => footprint::footprint(),
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(())
        }
        _ => Err(USAGE.into()),
    }
}

/// Asked of `cargo run` first: a binary outlives the move of its sources.
fn repository() -> PathBuf {
    let manifest = env::var_os("CARGO_MANIFEST_DIR");
    let manifest = manifest.unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&manifest).join("../..")
}
