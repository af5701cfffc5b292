//! `chatbot-api healthcheck`: asks the service of this machine whether it is ready.

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

use serde::Deserialize;
use todo_adapters::error_chain;
use tokio::runtime;

use crate::config::{OwnAddress, Variables};

/// How long the answer may take: the database is given as long.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Asks, says in a line what is wrong, and answers with 0 or 1: other exit codes of a check mean
/// nothing to Docker.
pub(crate) fn healthcheck(variables: Variables, live: bool) -> ExitCode {
    let path = if live { "/health" } else { "/health/ready" };
    match ask(variables, path) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "chatbot-api: {}", error_chain(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

fn ask(variables: Variables, path: &str) -> Result<(), Box<dyn Error>> {
    let url = OwnAddress::read(variables)?.url.join(path)?;
    let client = todo_adapters::http_client(&url, TIMEOUT)?;
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let answer = client.get(url.clone()).send().await?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let code = answer.json().await.map_or_else(|_| String::new(), |Problem { code }| code);
        Err(format!("{url} answers {} {code}", status.as_u16()).into())
    })
}

/// What of a problem tells the reason.
#[derive(Deserialize)]
struct Problem {
    code: String,
}
