//! Several changes of tasks at once: decided first, and written only if none is refused.

use todo_domain::{Batch, BatchOutcome, Timestamp, UserId, UserLimit};

use super::{
    Conn,
    accounts::lock_user,
    task_batch::{Prefetch, TaskBatch},
};
use crate::storage::error::Result;

/// Carries out all changes, or none. The user may have `max` tasks.
pub(super) async fn execute_all(
    conn: &mut Conn,
    user: UserId,
    max: UserLimit,
    batch: Batch,
    now: Timestamp,
) -> Result<BatchOutcome> {
    lock_user(conn, user).await?;
    let mut tasks =
        TaskBatch::load(conn, user, max, batch.changes().iter().map(Prefetch::from)).await?;
    let mut done = Vec::with_capacity(batch.changes().len());
    for (index, change) in batch.into_changes().into_iter().enumerate() {
        let outcome = tasks.decide(change, now)?;
        if !outcome.is_ok() {
            tasks.discard(conn).await?;
            return Ok(BatchOutcome::Refused { index, outcome });
        }
        done.push(outcome);
    }
    tasks.close(conn).await?;
    Ok(BatchOutcome::Done(done))
}
