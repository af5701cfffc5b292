//! Where texts of before are folded for searching.

use async_trait::async_trait;

use crate::ports::StoreError;

/// Folds the texts that another version wrote, or another folding of this one: see
/// [`crate::FoldedText::VERSION`]. Until then they are found by their lower case.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait FoldingStore: Send + Sync {
    /// Folds at most so many rows of one user, whose other writes wait for it; returns how many, or
    /// `None` where all rows of all users are folded. Several may fold at once.
    async fn fold_some(&self, limit: u32) -> Result<Option<u64>, StoreError>;
}
