//! `chatbot-api backup` and `chatbot-api restore`: copies of the SQLite database.

use std::{
    error::Error,
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

use todo_adapters::{Existing, SystemClock};
use todo_domain::ports::Clock;

use crate::config::MigrateConfig;

const NO_SECRET: &str = "The secret of access tokens (JWT_SECRET, or jwt_secret in DATA_DIR) is not in \
                         it; under another one everybody signs in again.";

/// Copies the database into a new file.
///
/// # Errors
/// Whatever keeps the copy from being whole.
pub(crate) fn backup(config: &MigrateConfig, file: &Path) -> Result<ExitCode, Box<dyn Error>> {
    let holdings = todo_adapters::backup(&config.database.url, file)?;
    let mut out = io::stdout();
    writeln!(out, "backed up {holdings}")?;
    writeln!(out, "{NO_SECRET}")?;
    Ok(ExitCode::SUCCESS)
}

/// Puts a copy in the place of the database.
///
/// # Errors
/// Whatever is wrong with the copy, or in its way.
pub(crate) fn restore(
    config: &MigrateConfig,
    file: &Path,
    existing: Existing,
) -> Result<ExitCode, Box<dyn Error>> {
    let restored = todo_adapters::restore(&config.database.url, file, existing, SystemClock.now())?;
    let mut out = io::stdout();
    writeln!(out, "restored {} to {}", restored.holdings, restored.file.display())?;
    if let Some(former) = restored.former {
        writeln!(out, "the former database is {}", former.display())?;
    }
    writeln!(out, "{NO_SECRET}")?;
    Ok(ExitCode::SUCCESS)
}
