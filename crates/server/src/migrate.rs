//! `chatbot-api migrate`: changes the database schema, or shows where it stands.

use std::{error::Error, io::Write, process::ExitCode};

use todo_adapters::Database;
use tokio::runtime::{self, Handle};

use crate::{
    answer::Answer,
    cli::MigrateStep,
    config::{DatabaseConfig, MigrateConfig},
};

/// Takes one step; the exit code tells whether a migration is pending.
///
/// # Errors
/// Whatever keeps the database from being migrated.
pub(crate) fn migrate(
    config: &MigrateConfig,
    step: MigrateStep,
) -> Result<ExitCode, Box<dyn Error>> {
    let runtime = runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(take(config, step))
}

async fn take(config: &MigrateConfig, step: MigrateStep) -> Result<ExitCode, Box<dyn Error>> {
    let DatabaseConfig { url, settings, .. } = &config.database;
    let database = Database::open_as_it_is(url, settings.clone(), Handle::current()).await?;
    let mut out = Answer::to_stdout();
    match step {
        MigrateStep::Up => {
            let applied = database.migrate_up().await?;
            for name in &applied {
                writeln!(out, "applied {name}")?;
            }
            if applied.is_empty() {
                writeln!(out, "nothing to apply")?;
            }
        }
        MigrateStep::Down => match database.migrate_down_one().await? {
            Some(name) => writeln!(out, "reverted {name}")?,
            None => writeln!(out, "nothing to revert")?,
        },
        MigrateStep::Status => {
            let states = database.migration_status().await?;
            for state in &states {
                writeln!(
                    out,
                    "{} {}",
                    if state.applied { "applied" } else { "pending" },
                    state.name
                )?;
            }
            if states.iter().any(|state| !state.applied) {
                return Ok(ExitCode::from(1));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// # Errors
/// Unless every migration is applied.
pub(crate) async fn insist(database: &Database) -> Result<(), Box<dyn Error>> {
    match database.stores().health.check().await?.pending_migrations.as_slice() {
        [] => Ok(()),
        _ => Err("the database lacks migrations: run `chatbot-api migrate up` first".into()),
    }
}

/// Tells the log of migrations that are missing: a service starts without, because they may come
/// any moment, but can do nothing until then.
pub(crate) async fn tell_pending(database: Database) {
    match database.stores().health.check().await.map(|report| report.pending_migrations.len()) {
        Ok(0) => {}
        Ok(pending) => tracing::warn!(
            pending,
            "Not ready: the database lacks migrations; run `chatbot-api migrate up`"
        ),
        // Whoever needs the database finds that out.
        Err(error) => tracing::debug!(error = %error, "The migrations can't be looked up"),
    }
}
