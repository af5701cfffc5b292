//! How a turn is cancelled, and how its runner learns of it.

use std::collections::{BTreeSet, HashSet};

use diesel::{dsl::sql, prelude::*, sql_types::Bool};
use diesel_async::RunQueryDsl;
use todo_domain::{
    Closing, ConversationId, Timestamp, TurnFence, TurnId, TurnStatus, UserId, ports::CancelOutcome,
};

use super::{
    Conn,
    accounts::lock_user_amid_import,
    actions, conversations,
    schema::turns,
    turn_end::{TurnEnd, end},
    turn_rows::key,
    turns::turn,
};
use crate::storage::{columns::SqlUuid, error::Result};

/// Of how many users one statement reads the running turns. SQLite takes no more than 32,766 values.
const USERS_AT_ONCE: usize = 10_000;
/// A literal and no parameter: only so the index of the running turns answers it.
pub(super) const IS_RUNNING: &str = "status = 'running'";

/// Cancels a turn that runs or waits.
pub(super) async fn cancel(
    conn: &mut Conn,
    user: UserId,
    id: TurnId,
    now: Timestamp,
) -> Result<CancelOutcome> {
    if !lock_user_amid_import(conn, user).await? {
        return Ok(CancelOutcome::NotFound);
    }
    let home: Option<SqlUuid> = turns::table
        .find(key(user, id))
        .select(turns::conversation_id)
        .first(conn)
        .await
        .optional()?;
    let Some(home) = home else { return Ok(CancelOutcome::NotFound) };
    conversations::lock(conn, user, ConversationId::new(home.0)).await?;
    let row = turns::table.find(key(user, id)).select(turns::status);
    let status: Option<String> = for_update!(row).first(conn).await.optional()?;
    let runs = status.as_deref() == Some(TurnStatus::Running.as_str());
    let asked = actions::of_turn(conn, user, id).await?;
    if let Some(action) = &asked {
        actions::close(conn, user, action, Closing::Cancelled, None).await?;
    }
    let is_unfinished = runs || asked.is_some();
    if is_unfinished {
        end(conn, user, id, TurnEnd::of_no_runner(TurnStatus::Cancelled, now)).await?;
    }
    Ok(match turn(conn, user, id).await? {
        None => CancelOutcome::NotFound,
        Some(turn) if is_unfinished => CancelOutcome::Cancelled(turn),
        Some(turn) => CancelOutcome::Ended(turn),
    })
}

/// Which of these no longer run under their attempt.
pub(super) async fn fenced_off(conn: &mut Conn, fences: Vec<TurnFence>) -> Result<Vec<TurnFence>> {
    let mut running = HashSet::new();
    let users: BTreeSet<i64> = fences.iter().map(|fence| fence.user_id.get()).collect();
    let users: Vec<i64> = users.into_iter().collect();
    for part in users.chunks(USERS_AT_ONCE) {
        let rows: Vec<(i64, SqlUuid, i32)> = turns::table
            .filter(turns::user_id.eq_any(part.to_vec()))
            .filter(sql::<Bool>(IS_RUNNING))
            .select((turns::user_id, turns::id, turns::attempt))
            .load(conn)
            .await?;
        running.extend(rows);
    }
    let is_lost = |fence: &TurnFence| {
        let row = (fence.user_id.get(), SqlUuid(fence.turn_id.get()), fence.attempt);
        !running.contains(&row)
    };
    Ok(fences.into_iter().filter(is_lost).collect())
}
