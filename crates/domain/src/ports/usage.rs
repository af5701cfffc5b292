//! Where it is kept what users take of models.

use async_trait::async_trait;

use crate::{DailyUsage, UsageSpan, UserId, ports::StoreError};

/// Tells what users took of models. A [`TurnStore`](super::TurnStore) keeps the record, together
/// with the steps and ends of turns.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait UsageStore: Send + Sync {
    /// What a user took on some days, by day and model, in order. Days on which they took nothing
    /// are left out. Turns that failed or were interrupted count like others, and so do those that
    /// are gone since.
    async fn usage(&self, user: UserId, span: UsageSpan) -> Result<Vec<DailyUsage>, StoreError>;
}
