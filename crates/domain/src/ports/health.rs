//! Whether storage can do its work.

use async_trait::async_trait;

use crate::ports::StoreError;

/// What a database answered when asked how it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoreReport {
    /// Migrations this version needs that have not been applied, oldest first.
    pub pending_migrations: Vec<String>,
}

/// Asks a database how it is.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait StoreHealth: Send + Sync {
    /// Reads the list of applied migrations, which needs no privilege beyond SELECT.
    async fn check(&self) -> Result<StoreReport, StoreError>;
}
