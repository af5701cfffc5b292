//! Several changes of tasks at once: decided first, and written only if none is refused.

use todo_domain::{Batch, BatchOutcome, KeyedRequest, Timestamp, UserId, UserLimit};

use super::{
    Conn,
    accounts::lock_user,
    idempotency::{self, KeyUse},
    task_batch::{Prefetch, TaskBatch},
};
use crate::{
    codec::{outcomes_from_json, outcomes_to_json},
    storage::error::Result,
};

/// Carries out all changes, or none; those of a request with a key once. The user may have `max` tasks.
pub(super) async fn execute_all(
    conn: &mut Conn,
    user: UserId,
    max: UserLimit,
    batch: Batch,
    keyed: Option<KeyedRequest>,
    now: Timestamp,
) -> Result<BatchOutcome> {
    lock_user(conn, user).await?;
    if let Some(request) = &keyed {
        match idempotency::use_of(conn, user, request).await? {
            None => {}
            Some(KeyUse::Answer(answer)) => {
                return Ok(BatchOutcome::Replayed(outcomes_from_json(&answer)?));
            }
            Some(KeyUse::Turn(_) | KeyUse::OtherRequest) => return Ok(BatchOutcome::KeyReused),
        }
    }
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
    if let Some(request) = &keyed {
        idempotency::store_answer(conn, user, request, &outcomes_to_json(&done)?, now).await?;
    }
    Ok(BatchOutcome::Done(done))
}
