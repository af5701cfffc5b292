//! `cargo xtask nightly`: what takes too long for CI. It fails only after all of it has run.

use crate::{Result, attacks, deploy};

/// Something to run, by name.
type Check = (&'static str, fn() -> Result);

const CHECKS: [Check; 2] = [
    ("attack --release", || attacks::attack(&["--release".to_owned()])),
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
