//! `chatbot-api doctor`: looks at everything the service needs and says what is wrong with it.

mod cohere;
mod database;
mod finding;
mod redis;
mod secrets;

use std::{error::Error, io::Write, process::ExitCode};

use tokio::runtime;

use crate::{
    answer::Answer,
    config::{Config, ConfigError, Variables},
};

use self::finding::{Finding, Verdict};

/// Looks at everything and prints what it finds; the exit code is 1 if something must be mended
/// before the service can work.
///
/// # Errors
/// Whatever keeps it from looking.
pub(crate) fn doctor(variables: Variables) -> Result<ExitCode, Box<dyn Error>> {
    let findings = match Config::read(variables) {
        // Everything else depends on it.
        Err(error) => vec![wrong(&error)],
        Ok(config) => {
            let mut builder = runtime::Builder::new_multi_thread();
            builder.worker_threads(1).enable_all().build()?.block_on(examine(&config))
        }
    };
    let mut out = Answer::to_stdout();
    for finding in &findings {
        writeln!(out, "{finding}")?;
    }
    let is_ill = findings.iter().any(|finding| finding.verdict == Verdict::Fail);
    Ok(if is_ill { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn examine(config: &Config) -> Vec<Finding> {
    let mut findings = vec![Finding::ok("configuration", "every variable is understood")];
    findings.extend(secrets::examine(config));
    findings.push(database::password(&config.database.url));
    let timeout = config.database.settings.timeout;
    let tls = database::encryption("TLS", &config.database.url, timeout).await;
    let is_reachable = tls.verdict != Verdict::Fail;
    findings.push(tls);
    findings.extend(database::pooler("pooler", &config.database.url, timeout).await);
    if is_reachable {
        findings.extend(database::schema(&config.database).await);
    } else {
        findings.push(Finding::warn("database", "not looked at", "mend TLS first, see above"));
    }
    if let Some(replica) = &config.database.replica {
        findings.push(database::encryption("replica's TLS", &replica.url, timeout).await);
        findings.extend(database::pooler("replica pooler", &replica.url, timeout).await);
    }
    findings.extend(database::replica(&config.database).await);
    if let Some(settings) = &config.redis {
        findings.push(redis::examine(settings).await);
    }
    findings.extend(cohere::examine(&config.chat.engine).await);
    findings
}

fn wrong(error: &ConfigError) -> Finding {
    Finding::fail("configuration", error.to_string(), ".env.example lists every variable")
}
