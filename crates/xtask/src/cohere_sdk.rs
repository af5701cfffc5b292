//! Cohere's own Python SDK against the simulator: whoever simulates Cohere must satisfy it.

use std::process::Command;

use crate::{
    Result,
    process::{find, run},
};

const SCRIPT: &str = "crates/testkit/tests/cohere_sdk/run.py";

/// Runs the script, which brings the SDK into the target directory.
pub(crate) fn cohere_sdk() -> Result {
    let python = find("python3").ok_or(
        "python3 is not installed; it runs Cohere's SDK against the simulator. \
         Try: apt-get install python3 python3-venv",
    )?;
    run(Command::new(python).arg(SCRIPT))
}
