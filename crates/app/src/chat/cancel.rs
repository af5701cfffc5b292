//! Stopping turns.

use todo_domain::{
    ConversationId, Turn, TurnId, UserId,
    ports::{CancelOutcome, StoreError},
};

use super::Chat;

/// What came of [`Chat::cancel`].
#[derive(Debug, Clone, PartialEq)]
pub enum CancelledTurn {
    /// The turn ran or waited, and is cancelled now.
    Stopped(Turn),
    /// It had ended before.
    Ended(Turn),
}

impl Chat {
    /// Stops a turn: no step and no question to the model begins any more. What its steps did stays
    /// done. A runner in this process stops at once, one in another process within two seconds. `None`
    /// where the user has no such turn.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn cancel(
        &self,
        user: UserId,
        id: TurnId,
    ) -> Result<Option<CancelledTurn>, StoreError> {
        let services = &self.services;
        let outcome = services.turns.cancel(user, id, services.clock.now()).await?;
        Ok(match outcome {
            CancelOutcome::NotFound => None,
            CancelOutcome::Ended(turn) => Some(CancelledTurn::Ended(turn)),
            CancelOutcome::Cancelled(turn) => {
                services.running.stop(user, id);
                Some(CancelledTurn::Stopped(turn))
            }
        })
    }

    /// Stops the turn that runs or waits in a conversation, as [`Chat::cancel`] does; `None` where none
    /// does.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn stop(
        &self,
        user: UserId,
        conversation: ConversationId,
    ) -> Result<Option<Turn>, StoreError> {
        let Some(id) = self.services.turns.unfinished(user, conversation).await? else {
            return Ok(None);
        };
        Ok(match self.cancel(user, id).await? {
            Some(CancelledTurn::Stopped(turn)) => Some(turn),
            Some(CancelledTurn::Ended(_)) | None => None,
        })
    }
}
