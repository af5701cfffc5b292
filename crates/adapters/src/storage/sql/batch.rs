//! Changes of tasks: decided first, and written only if none is refused.

use todo_domain::{
    Batch, BatchOutcome, BatchRefusal, KeyedRequest, TaskDone, Timestamp, UserId, UserLimit,
};

use super::{
    Conn,
    accounts::lock_user,
    idempotency::{self, KeyUse},
    task_batch::{Prefetch, TaskBatch},
};
use crate::{
    codec::{batch_from_json, batch_to_json},
    storage::error::Result,
};

/// Carries out all changes, or none. The user may have `max` tasks.
pub(super) async fn change(
    conn: &mut Conn,
    user: UserId,
    max: UserLimit,
    batch: Batch,
    now: Timestamp,
) -> Result<std::result::Result<Batch<TaskDone>, BatchRefusal>> {
    lock_user(conn, user).await?;
    change_locked(conn, user, max, batch, now).await
}

/// The same, once for this request.
pub(super) async fn change_once(
    conn: &mut Conn,
    user: UserId,
    max: UserLimit,
    batch: Batch,
    request: KeyedRequest,
    now: Timestamp,
) -> Result<BatchOutcome> {
    lock_user(conn, user).await?;
    match idempotency::use_of(conn, user, &request).await? {
        None => {}
        Some(KeyUse::Answer(answer)) => {
            return Ok(BatchOutcome::Replayed(batch_from_json(&answer)?));
        }
        Some(KeyUse::Turn(_) | KeyUse::OtherRequest) => return Ok(BatchOutcome::KeyReused),
    }
    let done = change_locked(conn, user, max, batch, now).await?;
    if let Ok(done) = &done {
        idempotency::store_answer(conn, user, &request, &batch_to_json(done)?, now).await?;
    }
    Ok(done.into())
}

async fn change_locked(
    conn: &mut Conn,
    user: UserId,
    max: UserLimit,
    batch: Batch,
    now: Timestamp,
) -> Result<std::result::Result<Batch<TaskDone>, BatchRefusal>> {
    let mut tasks = TaskBatch::load(conn, user, max, batch.iter().map(Prefetch::from)).await?;
    let done = batch.decide(|change| tasks.decide(change, now))?;
    match done {
        Ok(_) => tasks.close(conn).await?,
        Err(_) => tasks.discard(conn).await?,
    }
    Ok(done)
}
