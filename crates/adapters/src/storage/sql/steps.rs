//! A step of a turn: the calls of one answer of the model, carried out and recorded together.

use std::{
    mem,
    time::{Duration, Instant},
};

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use todo_domain::{
    CallResult, Capacity, ModelIdentity, RecordedCall, Timestamp, TokenUsage, TurnFence, UserId,
    ports::{PreparedCall, RunStep, StepOutcome},
};

use super::{
    Conn,
    desk::{Desk, Need},
    ledger::{record, recorded, token_columns},
    schema::turns,
    turns::{holds, key},
};
use crate::storage::error::Result;

/// Carries out the calls of a step and records them, unless they are recorded already. The user may
/// have so many tasks.
pub(super) async fn run_step(
    conn: &mut Conn,
    mut step: RunStep,
    max: Capacity,
) -> Result<StepOutcome> {
    let fence = step.fence;
    if !holds(conn, &fence).await? {
        return Ok(StepOutcome::FencedOff);
    }
    if let Some(calls) = recorded(conn, fence.user_id, fence.turn_id, step.number).await? {
        return Ok(StepOutcome::Recorded(calls));
    }
    let (calls, now) = (mem::take(&mut step.calls), step.now);
    let done = step.done(carry_out(conn, fence.user_id, max, calls, now).await?);
    record(conn, fence.user_id, fence.turn_id, &done, now).await?;
    count(conn, &fence, &done.identity, done.usage).await?;
    Ok(StepOutcome::Recorded(done.calls))
}

async fn carry_out(
    conn: &mut Conn,
    user: UserId,
    max: Capacity,
    calls: Vec<PreparedCall>,
    now: Timestamp,
) -> Result<Vec<RecordedCall>> {
    let operations = calls.iter().filter_map(|call| call.operation.as_ref().ok());
    let mut desk = Desk::lay(conn, user, max, operations.filter_map(Need::of)).await?;
    let mut done = Vec::with_capacity(calls.len());
    for call in calls {
        let start = Instant::now();
        let result = match call.operation.clone() {
            Ok(operation) => CallResult::Outcome(desk.carry_out(conn, operation, now).await?),
            Err(rejection) => CallResult::Rejected(rejection),
        };
        // As exact as the ledger is, so that a replay says the same.
        let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
        done.push(call.recorded(result, Duration::from_micros(micros)));
    }
    desk.close(conn).await?;
    Ok(done)
}

/// Adds the cost of an answer to its turn, which tells who answered last even if it never ends.
async fn count(
    conn: &mut Conn,
    fence: &TurnFence,
    identity: &ModelIdentity,
    usage: TokenUsage,
) -> Result<()> {
    let (input_tokens, output_tokens) = token_columns(usage);
    diesel::update(turns::table.find(key(fence.user_id, fence.turn_id)))
        .set((
            turns::engine.eq(&identity.engine),
            turns::model.eq(&identity.model),
            turns::input_tokens.eq(turns::input_tokens + input_tokens),
            turns::output_tokens.eq(turns::output_tokens + output_tokens),
        ))
        .execute(conn)
        .await?;
    Ok(())
}
