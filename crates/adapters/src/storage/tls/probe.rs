//! Whether a connection is encrypted in fact.

use std::time::Duration;

use tokio::time::timeout;

use super::{
    TlsFailure, Verification,
    connect::{ConnectError, is_local},
};
use crate::storage::url::{DatabaseUrl, Target};

/// How what travels to a database and back is protected from those on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// It does not leave the machine: a file, or a Unix socket.
    Local,
    /// It is not.
    Plain,
    /// It is encrypted, for a server that had to prove this much.
    Encrypted(Verification),
}

/// Why that can't be known.
#[derive(Debug, thiserror::Error)]
pub enum ProtectionError {
    /// Encryption itself failed.
    #[error(transparent)]
    Tls(#[from] TlsFailure),
    /// There is no connection for other reasons.
    #[error("the database can't be reached")]
    Unreachable,
}

impl DatabaseUrl {
    /// Opens a connection and looks.
    ///
    /// # Errors
    /// [`ProtectionError`], also when it takes longer than `limit`.
    pub async fn protection(&self, limit: Duration) -> Result<Protection, ProtectionError> {
        let url = match &self.0 {
            Target::Postgres(url) if !is_local(&url.config) => url,
            _ => return Ok(Protection::Local),
        };
        match timeout(limit, url.tls.connect(&url.config)).await {
            Ok(Ok(connected)) => {
                // It says good-bye to the server as soon as the client is gone.
                tokio::spawn(connected.connection);
                Ok(match connected.is_encrypted {
                    true => Protection::Encrypted(url.tls.verification),
                    false => Protection::Plain,
                })
            }
            Ok(Err(ConnectError::Tls(failure))) => Err(failure.into()),
            Ok(Err(ConnectError::Server(_) | ConnectError::UnnamedPooler)) | Err(_) => {
                Err(ProtectionError::Unreachable)
            }
        }
    }
}
