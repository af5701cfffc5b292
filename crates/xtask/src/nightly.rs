//! `cargo xtask nightly`: what takes too long for CI. It fails only after all of it has run.

use crate::{
    Result, attacks, crowd, deploy, features,
    test::{TestOptions, test},
};

/// Something to run, by name.
type Check = (&'static str, fn() -> Result);

const CHECKS: [Check; 5] = [
    ("exactly_once", exactly_once),
    ("crowd --release", || crowd::crowd(&["--release".to_owned()])),
    ("attack --release", || attacks::attack(&["--release".to_owned()])),
    ("combinations of features", features::combinations),
    ("deploy-check --full", || deploy::command(&["--full".to_owned()])),
];

/// Runs everything.
pub(crate) fn nightly() -> Result {
    let mut failed = Vec::new();
    for (name, check) in CHECKS {
        println!("=== {name}");
        if let Err(error) = check() {
            println!("{name}: {error}");
            failed.push(name);
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", ")).into()) }
}

/// The process is killed 500 times over each engine, the database 100 times, all connections are cut
/// 300 times.
fn exactly_once() -> Result {
    let arguments = ["--test", "exactly_once", "--", "--nocapture"].map(str::to_owned).to_vec();
    test(&TestOptions {
        arguments,
        variables: &[
            ("CRASH_KILLS", "500"),
            ("DATABASE_RESTARTS", "100"),
            ("CONNECTION_CUTS", "300"),
        ],
        ..TestOptions::default()
    })
}
