//! Undoing a turn that a program names. The model has a tool for it.

use todo_domain::{
    TurnId, UndoRefusal, UserId,
    ports::{StoreError, UndoOutcome, UndoTurn},
};
use tokio::time::Instant;

use super::{Chat, begin::wait_for_answer, tools};

impl Chat {
    /// Undoes a turn: all tasks that it changed become what they were, or none of them does.
    ///
    /// # Errors
    /// When the store fails. Asking again is safe: a turn is undone once.
    pub async fn undo(&self, user_id: UserId, turn_id: TurnId) -> Result<UndoOutcome, StoreError> {
        let services = &self.services;
        let undo = UndoTurn {
            user_id,
            turn_id,
            undo_id: TurnId::new(services.ids.next()),
            now: services.clock.now(),
        };
        let asked = Instant::now();
        let outcome = services.turns.undo(undo).await;
        let label = match &outcome {
            Ok(UndoOutcome::Undone(_)) => "ok",
            Ok(UndoOutcome::Refused(UndoRefusal::Conflict(_))) => "undo_conflict",
            Ok(UndoOutcome::Refused(UndoRefusal::LimitReached { .. })) => "task_limit_reached",
            Ok(UndoOutcome::Running { .. }) => "turn_in_progress",
            Ok(UndoOutcome::NotFound) => "turn_not_found",
            Err(_) => "failed",
        };
        services.metrics.called(Some(tools::UNDO), label, asked.elapsed());
        outcome.map(|outcome| match outcome {
            UndoOutcome::Running { turn_id, retry_after } => {
                let retry_after = wait_for_answer(services.settings.lease, retry_after);
                UndoOutcome::Running { turn_id, retry_after }
            }
            outcome => outcome,
        })
    }
}
