//! Several changes of tasks at once: decided first, and written only if none is refused.

use todo_domain::{Batch, BatchOutcome, Capacity, Timestamp, UserId};

use super::{
    Conn,
    accounts::lock_user,
    desk::{Desk, Need},
};
use crate::storage::error::Result;

/// Carries out all changes, or none. The user may have `max` tasks.
pub(super) async fn execute_all(
    conn: &mut Conn,
    user: UserId,
    max: Capacity,
    batch: Batch,
    now: Timestamp,
) -> Result<BatchOutcome> {
    lock_user(conn, user).await?;
    let mut desk = Desk::lay(conn, user, max, batch.changes().iter().map(Need::from)).await?;
    let mut done = Vec::with_capacity(batch.changes().len());
    for (index, change) in batch.into_changes().into_iter().enumerate() {
        let outcome = desk.decide(change, now)?;
        if !outcome.is_ok() {
            desk.abandon(conn).await?;
            return Ok(BatchOutcome::Refused { index, outcome });
        }
        done.push(outcome);
    }
    desk.close(conn).await?;
    Ok(BatchOutcome::Done(done))
}
