//! Turns, which make conversations and move them to the top of their list.

use std::sync::Arc;

use async_trait::async_trait;
use todo_domain::{
    Message, Turn, TurnId, UserId,
    ports::{
        BeginOutcome, BeginTurn, EndOutcome, FailTurn, FinishTurn, RunStep, StepOutcome,
        StoreError, TurnStore,
    },
};

use super::writes::Writes;

/// Sees to it that lists are forgotten that a turn has changed.
pub(super) struct WatchedTurns {
    pub(super) store: Arc<dyn TurnStore>,
    pub(super) writes: Writes,
}

#[async_trait]
impl TurnStore for WatchedTurns {
    async fn begin(&self, turn: BeginTurn) -> Result<BeginOutcome, StoreError> {
        let store = Arc::clone(&self.store);
        self.writes.change(turn.user_id, async move { store.begin(turn).await }).await
    }

    /// Tasks change, lists of conversations don't.
    async fn run_step(&self, step: RunStep) -> Result<StepOutcome, StoreError> {
        self.store.run_step(step).await
    }

    async fn finish(&self, end: FinishTurn) -> Result<EndOutcome<Message>, StoreError> {
        let store = Arc::clone(&self.store);
        self.writes.change(end.fence.user_id, async move { store.finish(end).await }).await
    }

    async fn fail(&self, end: FailTurn) -> Result<EndOutcome<()>, StoreError> {
        let store = Arc::clone(&self.store);
        self.writes.change(end.fence.user_id, async move { store.fail(end).await }).await
    }

    async fn turn(&self, user: UserId, id: TurnId) -> Result<Option<Turn>, StoreError> {
        self.store.turn(user, id).await
    }
}
