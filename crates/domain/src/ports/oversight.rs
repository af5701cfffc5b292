//! What operators see of all users together.

use async_trait::async_trait;

use crate::{ConversationId, DailyUsage, Timestamp, TurnId, UsageSpan, UserId, ports::StoreError};

/// A turn that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunningTurn {
    /// Whose it is.
    pub user: UserId,
    /// Which one.
    pub turn: TurnId,
    /// In which conversation.
    pub conversation: ConversationId,
    /// How often it was begun, counted from 1.
    pub attempt: i32,
    /// When its message came.
    pub started_at: Timestamp,
    /// How long it may run.
    pub lease_until: Timestamp,
}

/// Reads what is of no single user. Nothing that anybody wrote is among it.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait OversightStore: Send + Sync {
    /// What all users together took of models on some days, by day and model, in order. What a user
    /// took goes with them.
    async fn usage_of_all(&self, span: UsageSpan) -> Result<Vec<DailyUsage>, StoreError>;

    /// The turns that run and whose lease has not run out, the longest running first, and at most so
    /// many.
    async fn running_turns(&self, limit: u32) -> Result<Vec<RunningTurn>, StoreError>;
}
