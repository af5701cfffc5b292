//! `chatbot-api migrate`: changes the database schema, or shows where it stands.

use std::{error::Error, process::ExitCode};

use crate::{cli::MigrateStep, config::MigrateConfig};

/// Takes one step; the exit code tells whether a migration is pending.
///
/// # Errors
/// Whatever keeps the database from being migrated.
pub(crate) fn migrate(
    _config: MigrateConfig,
    _step: MigrateStep,
) -> Result<ExitCode, Box<dyn Error>> {
    Err("migrating is not wired yet".into())
}
