//! Cohere's own Python SDK against the simulator: whoever simulates Cohere must satisfy it.

use std::process::Command;

use crate::{Result, process::run, python};

const SCRIPT: &str = "crates/testkit/tests/cohere_sdk/run.py";
const REQUIREMENTS: &str = "crates/testkit/tests/cohere_sdk/requirements.txt";

/// Runs the script with the pinned SDK.
pub(crate) fn cohere_sdk() -> Result {
    let python = python::environment("cohere-sdk-venv", REQUIREMENTS)?;
    run(Command::new(python).arg(SCRIPT))
}
