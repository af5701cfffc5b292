//! A step of a turn: the calls of one answer of the model, carried out and recorded together.

use std::{
    collections::HashMap,
    mem,
    time::{Duration, Instant},
};

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use todo_domain::{
    CallOperation, CallResult, ModelIdentity, ModelUsage, RecordedCall, TaskPage, TaskQuery,
    Timestamp, TokenUsage, TurnFence, UserId, UserLimit,
    ports::{PreparedCall, RunStep, StepOutcome},
};

use super::{
    Conn,
    ledger::{record, recorded, token_columns},
    schema::turns,
    spending::spend,
    task_batch::{Prefetch, TaskBatch},
    task_list::list,
    turn_end::{Hold, hold},
    turn_rows::key,
};
use crate::{codec::recordable, storage::error::Result};

/// The calls of a step that look before anything is changed, by their index in it, and what they
/// found. They need no lock, so that however long they take nobody waits who writes.
pub(super) type Looked = HashMap<usize, (TaskPage, Duration)>;

/// The lists that a step begins with.
pub(super) fn first_lists(calls: &[PreparedCall]) -> Vec<(usize, TaskQuery)> {
    let changes = |call: &PreparedCall| {
        call.operation.as_ref().is_ok_and(|operation| !operation.only_reads())
    };
    let looks = calls.iter().take_while(|call| !changes(call)).enumerate();
    looks
        .filter_map(|(index, call)| match &call.operation {
            Ok(CallOperation::List(query)) => Some((index, query.clone())),
            _ => None,
        })
        .collect()
}

/// Whether any of the calls takes a look at everything.
pub(super) fn searches(calls: &[PreparedCall]) -> bool {
    calls.iter().any(|call| match &call.operation {
        Ok(CallOperation::List(query) | CallOperation::DeleteMatching(query)) => {
            query.filter.is_search()
        }
        _ => false,
    })
}

/// Looks.
pub(super) async fn look(
    conn: &mut Conn,
    user: UserId,
    lists: Vec<(usize, TaskQuery)>,
    now: Timestamp,
) -> Result<Looked> {
    let mut looked = Looked::new();
    for (index, query) in lists {
        let start = Instant::now();
        let page = list(conn, user, &query, now).await?;
        looked.insert(index, (page, start.elapsed()));
    }
    Ok(looked)
}

/// Whether a step may be run.
pub(super) enum Admitted {
    /// Its runner holds the turn, and it is not recorded.
    Yes,
    /// It is recorded already.
    Recorded(Vec<RecordedCall>),
    /// The turn is no longer its runner's.
    FencedOff,
}

/// Carries out the calls of a step and records them, unless they are recorded already. The user may
/// have so many tasks.
pub(super) async fn run_step(
    conn: &mut Conn,
    step: RunStep,
    looked: Looked,
    max: UserLimit,
) -> Result<StepOutcome> {
    Ok(match admit(conn, &step).await? {
        Admitted::Yes => StepOutcome::Recorded(run_admitted(conn, step, looked, max).await?),
        Admitted::Recorded(calls) => StepOutcome::Recorded(calls),
        Admitted::FencedOff => StepOutcome::FencedOff,
    })
}

/// Tells whether a step may be run. Its answer is counted if its turn was stopped meanwhile.
pub(super) async fn admit(conn: &mut Conn, step: &RunStep) -> Result<Admitted> {
    let fence = step.fence;
    match hold(conn, &fence).await? {
        Hold::Held(_) => {}
        Hold::Lost => return Ok(Admitted::FencedOff),
        Hold::Cancelled(_) => {
            // An earlier try may have recorded the step, and with it what its answer cost.
            if recorded(conn, fence.user_id, fence.turn_id, step.number).await?.is_some() {
                return Ok(Admitted::FencedOff);
            }
            count(conn, &fence, &step.identity, step.usage).await?;
            let usage = ModelUsage::answer(step.usage);
            spend(conn, fence.user_id, &step.identity, usage, step.now).await?;
            return Ok(Admitted::FencedOff);
        }
        Hold::Gone => {
            let usage = ModelUsage::answer(step.usage);
            spend(conn, fence.user_id, &step.identity, usage, step.now).await?;
            return Ok(Admitted::FencedOff);
        }
    }
    let recorded = recorded(conn, fence.user_id, fence.turn_id, step.number).await?;
    Ok(recorded.map_or(Admitted::Yes, Admitted::Recorded))
}

/// Carries out the calls of a step that is admitted, and records them.
pub(super) async fn run_admitted(
    conn: &mut Conn,
    mut step: RunStep,
    looked: Looked,
    max: UserLimit,
) -> Result<Vec<RecordedCall>> {
    let fence = step.fence;
    let (calls, now) = (mem::take(&mut step.calls), step.now);
    let done = step.done(carry_out(conn, &fence, max, calls, looked, now).await?);
    record(conn, fence.user_id, fence.turn_id, &done, now).await?;
    count(conn, &fence, &done.identity, done.usage).await?;
    spend(conn, fence.user_id, &done.identity, ModelUsage::answer(done.usage), now).await?;
    Ok(done.calls)
}

/// Carries out calls in order.
pub(super) async fn carry_out(
    conn: &mut Conn,
    fence: &TurnFence,
    max: UserLimit,
    calls: Vec<PreparedCall>,
    mut looked: Looked,
    now: Timestamp,
) -> Result<Vec<RecordedCall>> {
    let operations = calls.iter().filter_map(|call| call.operation.as_ref().ok());
    let mut batch =
        TaskBatch::load(conn, fence.user_id, max, operations.flat_map(Prefetch::of_call)).await?;
    let mut done = Vec::with_capacity(calls.len());
    for (index, call) in calls.into_iter().enumerate() {
        let start = Instant::now();
        let (result, took) = match (looked.remove(&index), call.operation.clone()) {
            (Some((page, took)), _) => (CallResult::Listed(page), took),
            (None, Ok(operation)) => {
                let result = batch.carry_out(conn, fence, operation, now).await?;
                (result, start.elapsed())
            }
            (None, Err(rejection)) => (CallResult::Rejected(rejection), start.elapsed()),
        };
        let result = match result {
            // Shown now as it will be by a replay.
            CallResult::Listed(page) => CallResult::Listed(recordable(page)?),
            other => other,
        };
        // As exact as the ledger is, so that a replay says the same.
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        done.push(call.recorded(result, Duration::from_micros(micros)));
    }
    batch.close(conn).await?;
    Ok(done)
}

/// Adds the cost of an answer to its turn, which tells who answered last even if it never ends.
pub(super) async fn count(
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
