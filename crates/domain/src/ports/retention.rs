//! Where old records are removed.

use async_trait::async_trait;

use crate::{Timestamp, ports::StoreError};

/// Forgets what nobody needs any more, whosever it is.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait RetentionStore: Send + Sync {
    /// Removes turns that ended before an instant, with their ledger, the oldest first and at most
    /// so many; returns how many. Their messages stay. Turns that somebody else is just removing
    /// are left to them, so it may be fewer than there are.
    ///
    /// The one method that is several units of work: one for each user whose turns these are. What
    /// is removed before one of them fails stays removed.
    async fn forget_turns(&self, ended_before: Timestamp, limit: u32) -> Result<u64, StoreError>;

    /// Removes keys of requests that came before an instant, the oldest first and at most so many;
    /// returns how many. One unit of work for each user, as with turns.
    async fn forget_keys(&self, came_before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}
