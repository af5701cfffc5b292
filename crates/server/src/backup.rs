//! `chatbot-api backup` and `chatbot-api restore`: copies of the SQLite database.

use std::{error::Error, io::Write, path::Path, process::ExitCode};

use todo_adapters::{Copied, Existing, KeptSecret, SecretOutcome, SystemClock};
use todo_domain::ports::Clock;

use crate::{
    answer::Answer,
    config::{DatabaseConfig, MigrateConfig, SigningSecret},
};

const NO_SECRET: &str = "The secret of access tokens (JWT_SECRET, or jwt_secret in DATA_DIR) is not in \
                         it; under another one everybody signs in again.";

const NEW_SECRET: &str = "Where the service is given a JWT_SECRET, give it another before it starts, and no \
                          JWT_PREVIOUS_SECRETS: tokens of people who signed out after the backup \
                          would be good again. Everybody signs in again. Accounts that were \
                          deleted after the backup are back.";

const SECRET_STAYS: &str = "is used with another database, and stays. Serve this one with another DATA_DIR \
                            or a JWT_SECRET of its own: tokens of people who signed out after the \
                            backup would be good again. Accounts that were deleted after the backup \
                            are back.";

/// Copies the database into a new file.
///
/// # Errors
/// Whatever keeps the copy from being whole.
pub(crate) fn backup(config: &MigrateConfig, file: &Path) -> Result<ExitCode, Box<dyn Error>> {
    let Copied { counts, difference } = todo_adapters::backup(&config.database.url, file)?;
    let mut out = Answer::to_stdout();
    writeln!(out, "backed up {counts}")?;
    if let Some(difference) = difference {
        writeln!(out, "warning: the database is not as this service makes it: {difference}")?;
        writeln!(out, "`restore` refuses this backup until that is undone in it")?;
    }
    writeln!(out, "{NO_SECRET}")?;
    Ok(ExitCode::SUCCESS)
}

/// Puts a copy instead of the database.
///
/// # Errors
/// Whatever is wrong with the copy, or in its way.
pub(crate) fn restore(
    config: &MigrateConfig,
    file: &Path,
    existing: Existing,
) -> Result<ExitCode, Box<dyn Error>> {
    let DatabaseConfig { url, data_dir, .. } = &config.database;
    let secret = KeptSecret {
        file: SigningSecret::file_in(data_dir),
        database: DatabaseConfig::file_in(data_dir),
    };
    let restored = todo_adapters::restore(url, file, existing, &secret, SystemClock.now())?;
    let mut out = Answer::to_stdout();
    writeln!(out, "restored {} to {}", restored.counts, restored.file.display())?;
    if let Some(former) = restored.former {
        writeln!(out, "the former database is {}", former.display())?;
    }
    match restored.secret {
        SecretOutcome::None => writeln!(out, "{NEW_SECRET}")?,
        SecretOutcome::SetAside(former) => {
            writeln!(out, "the former secret of access tokens is {}", former.display())?;
            writeln!(out, "{NEW_SECRET}")?;
        }
        SecretOutcome::Stays(file) => {
            writeln!(out, "the secret of access tokens in {} {SECRET_STAYS}", file.display())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
