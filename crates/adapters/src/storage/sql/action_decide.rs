//! Deciding an action by its id.

use std::collections::HashMap;

use todo_domain::{
    Action, CallResult, Closing, RecordedCall, TimeZone, Timestamp, TurnFence, UserLimit,
    ports::{ActionDecision, BeginOutcome, DecideAction, DecideOutcome, DecidedTurn},
};

use super::{
    Conn,
    accounts::lock_user,
    actions::{Fate, Found, close_with_question, find, mark, settle},
    database_now, messages,
    steps::{Looked, carry_out},
    turn_begin::{self, Resumption, make_way, resume, settled},
};
use crate::storage::error::{Corrupt, Failure, Result};

/// Decides an action, whose turn goes on then.
pub(super) async fn decide(
    conn: &mut Conn,
    decide: DecideAction,
    max: UserLimit,
) -> Result<DecideOutcome> {
    let (user, now, kind) = (decide.user_id, decide.now, decide.decision.kind());
    let Some(time_zone) = lock_user(conn, user).await? else { return Err(Failure::NoUser) };
    let time_zone: TimeZone = time_zone.parse().map_err(|_| Corrupt("users.time_zone"))?;
    // Whoever writes actions of the user holds that lock.
    let Some(Found { action, fate }) = find(conn, user, decide.action_id).await? else {
        return Ok(DecideOutcome::NotFound);
    };
    let database_now = database_now(conn).await?.0;
    let turn_id = match fate {
        Fate::Closed => return Ok(DecideOutcome::Expired),
        Fate::Decided(decided, _) if decided != kind => {
            return Ok(DecideOutcome::DecidedOtherwise(decided));
        }
        Fate::Decided(_, turn) => turn,
        Fate::Waits => action.turn_id,
    };
    let Some(earlier) = turn_begin::find(conn, user, turn_id).await? else {
        // The turn of the message that decided it was removed.
        return Ok(DecideOutcome::Expired);
    };
    if !turn_begin::lock(conn, user, &earlier.turn).await? {
        return Ok(DecideOutcome::Expired);
    }
    let (home, lease) = (earlier.turn.conversation_id, decide.lease);
    if let Fate::Waits = fate {
        if action.has_expired(now) {
            close_with_question(conn, user, &action, Closing::Expired, None, now).await?;
            return Ok(DecideOutcome::Expired);
        }
        if let Some(busy) = make_way(conn, user, home, now, database_now).await? {
            return Ok(DecideOutcome::instead(busy, false));
        }
        mark(conn, user, action.id, Some((kind, turn_id))).await?;
        let fence = TurnFence {
            user_id: user,
            conversation_id: home,
            turn_id,
            attempt: earlier.attempt.saturating_add(1),
        };
        carry_out_decision(conn, &fence, &action, decide.decision, now, max).await?;
    } else if let Some(settled) = settled(conn, user, &earlier, database_now).await? {
        return Ok(DecideOutcome::instead(settled, true));
    }
    let text = messages::question_of(conn, user, home, turn_id).await?;
    let resumption =
        Resumption { user, lease, history: decide.history, now, answer_id: earlier.turn.answer_id };
    Ok(match resume(conn, resumption, earlier, time_zone, database_now).await? {
        BeginOutcome::Begun(begun) => DecideOutcome::Decided(Box::new(DecidedTurn { begun, text })),
        other => DecideOutcome::instead(other, false),
    })
}

/// Carries out all calls that wait or none of them, and records that over them.
async fn carry_out_decision(
    conn: &mut Conn,
    fence: &TurnFence,
    action: &Action,
    decision: ActionDecision,
    now: Timestamp,
    max: UserLimit,
) -> Result<()> {
    let user = fence.user_id;
    let calls = match decision {
        ActionDecision::Reject => {
            let denied = |call| RecordedCall { result: CallResult::Denied(action.id), ..call };
            return settle(conn, user, action, denied).await;
        }
        ActionDecision::Approve(calls) => calls,
    };
    let done = carry_out(conn, fence, max, calls, Looked::new(), now).await?;
    let mut done: HashMap<String, RecordedCall> =
        done.into_iter().map(|call| (call.id.clone(), call)).collect();
    let result = |call: RecordedCall| {
        let closed = || CallResult::Rejected(Closing::MovedOn.rejection());
        match done.remove(&call.id) {
            Some(done) => RecordedCall { result: done.result, duration: done.duration, ..call },
            None => RecordedCall { result: closed(), ..call },
        }
    };
    settle(conn, user, action, result).await
}
