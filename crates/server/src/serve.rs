//! `chatbot-api serve`: wires the adapters to the use-cases and those to the HTTP server.

use std::{error::Error, process::ExitCode};

use crate::config::Config;

/// Runs the service until it is told to stop.
///
/// # Errors
/// Whatever keeps it from starting.
pub(crate) fn serve(_config: Config) -> Result<ExitCode, Box<dyn Error>> {
    Err("serving is not wired yet".into())
}
