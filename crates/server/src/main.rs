//! The service: a todo list you talk to. This binary reads the configuration, starts the log and
//! runs what the command line asks for.

mod answer;
mod backup;
mod banner;
mod cli;
mod config;
mod descriptors;
mod doctor;
mod healthcheck;
mod machine_account;
mod migrate;
mod pooler;
mod reload;
mod sanitize;
mod serve;
mod signing_secret;
mod stop_signal;
mod table;
mod telemetry;
mod terminal;
mod user;
mod user_selector;

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;
use todo_adapters::{Existing, error_chain};

use self::{
    cli::{Cli, Command},
    config::{Config, MigrateConfig, Variables},
    telemetry::{Sentry, resource::resource, traces::Traces},
};

/// Gives the 19 MiB that hashing a password takes back to the system. The C library of Linux keeps
/// them: sign-ins alone had the process grow beyond 1 GB.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let outcome = run(Cli::parse());
    telemetry::flush();
    match outcome {
        Ok(code) => code,
        Err(error) => {
            // Before the log is set up, and for whoever sits in front of a terminal afterwards.
            let _ = writeln!(io::stderr(), "chatbot-api: {}", error_chain(error.as_ref()));
            // As for a wrong command line; 1 is an answer of `migrate status` and of `user`.
            ExitCode::from(2)
        }
    }
}

fn run(cli: Cli) -> Result<ExitCode, Box<dyn Error>> {
    let variables = Variables::new(std::env::vars_os())?;
    match cli.command.unwrap_or_default() {
        Command::Serve => {
            let config = Config::read(variables)?;
            let sentry = config.sentry.as_ref().map(Sentry::start).transpose()?;
            let traces = Traces::start(&config.telemetry, resource(&config.telemetry))?;
            telemetry::start(config.logs, &traces, sentry.as_ref())?;
            let served = serve::serve(config, traces);
            if let Some(sentry) = sentry {
                sentry.close();
            }
            served
        }
        Command::Chat(arguments) => terminal::chat(arguments, variables),
        Command::Doctor => doctor::doctor(variables),
        Command::Healthcheck { live } => Ok(healthcheck::healthcheck(variables, live)),
        Command::Backup { file } => backup::backup(&MigrateConfig::read(variables)?, &file),
        Command::Restore { file, replace } => {
            let existing = if replace { Existing::SetAside } else { Existing::Stays };
            backup::restore(&MigrateConfig::read(variables)?, &file, existing)
        }
        Command::Migrate { step } => {
            let config = MigrateConfig::read(variables)?;
            telemetry::start(config.logs, &Traces::none(), None)?;
            migrate::migrate(&config, step)
        }
        // Without a log: what it prints is for people and pipes.
        Command::User { action } => user::user(config::storage(variables)?, action),
    }
}
