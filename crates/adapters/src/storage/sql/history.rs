//! What a model is shown of the conversation so far.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use todo_domain::{
    ConversationId, FailureCode, MessageCursor, TaskEffect, TurnId, TurnStatus, UndoChains, UserId,
    ports::HistoryEntry,
};

use super::{
    Conn,
    ledger::effects_of_each,
    messages::before_position,
    schema::turns,
    undo::{LinkRow, chains_of},
};
use crate::storage::{columns::SqlUuid, error::Result};

/// What the last messages before a position tell.
pub(super) async fn history(
    conn: &mut Conn,
    user: UserId,
    conversation: ConversationId,
    before: MessageCursor,
    limit: u16,
) -> Result<Vec<HistoryEntry>> {
    let said = before_position(conn, user, conversation, usize::from(limit), Some(before)).await?;
    let shown = said.iter().map(|message| message.turn_id).collect();
    let Fates { mut unanswered, undone } = fates(conn, user, &shown).await?;
    Ok(HistoryEntry::of(said.into_iter().rev(), |turn| unanswered.remove(&turn), &undone))
}

/// What became of turns.
struct Fates {
    /// What those changed that ended without an answer.
    unanswered: HashMap<TurnId, Vec<TaskEffect>>,
    /// Those that are undone now.
    undone: HashSet<TurnId>,
}

/// One query, and more only where a turn ended without an answer, or undid one that is not shown.
async fn fates(conn: &mut Conn, user: UserId, shown: &HashSet<TurnId>) -> Result<Fates> {
    let ids: Vec<_> = shown.iter().map(|id| SqlUuid(id.get())).collect();
    let rows: Vec<(String, LinkRow)> = turns::table
        .filter(turns::user_id.eq(user.get()))
        .filter(turns::id.nullable().eq_any(ids.clone()).or(turns::undo_of.eq_any(ids)))
        .select((turns::status, LinkRow::as_select()))
        .load(conn)
        .await?;
    let links = rows.iter().filter_map(|(_, row)| row.link());
    let mut chains = UndoChains::of(links);
    let theirs = || rows.iter().filter(|(_, row)| shown.contains(&row.turn()));
    let silent: Vec<_> =
        theirs().filter(|(status, _)| is_silent(status)).map(|(_, row)| row.turn()).collect();
    let elsewhere: Vec<_> =
        theirs().map(|(_, row)| row.position().0).filter(|first| !shown.contains(first)).collect();
    if !elsewhere.is_empty() {
        chains.extend(chains_of(conn, user, elsewhere).await?);
    }
    let is_undone = |row: &LinkRow| {
        let (first, number) = row.position();
        chains.chain_of(first).undone_by(number).is_some()
    };
    let undone = theirs().filter(|(_, row)| is_undone(row)).map(|(_, row)| row.turn()).collect();
    let unanswered = match silent.is_empty() {
        true => HashMap::new(),
        false => effects_of_each(conn, user, &silent).await?,
    };
    Ok(Fates { unanswered, undone })
}

/// Whether a turn of this status has ended without an answer.
fn is_silent(status: &str) -> bool {
    [TurnStatus::Failed(FailureCode::Internal), TurnStatus::Cancelled, TurnStatus::Interrupted]
        .iter()
        .any(|silent| silent.as_str() == status)
}
