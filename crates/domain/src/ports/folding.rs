//! Where texts of before are folded for searching.

use async_trait::async_trait;

use crate::{UserId, ports::StoreError};

/// Folds the texts that a version with a lower [`crate::FoldedText::VERSION`] wrote. Until then they
/// are found by their lower case. Texts of a higher version are left as they are.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait FoldingStore: Send + Sync {
    /// The first user after this one who has texts to fold; `None` where nobody has.
    async fn next_to_fold(&self, after: Option<UserId>) -> Result<Option<UserId>, StoreError>;

    /// Folds some rows of a user: as many as have no more than so many characters in all, but one at
    /// least. Returns how many, without those that were changed meanwhile, or `None` where all are
    /// folded. Several may fold at once.
    async fn fold_some(&self, user: UserId, characters: u32) -> Result<Option<u64>, StoreError>;
}
