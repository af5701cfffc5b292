//! What a model is told of the conversation so far.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use todo_domain::{
    ConversationId, FailureCode, MessageCursor, Role, TaskEffect, TurnId, TurnStatus, UserId,
    ports::HistoryEntry,
};

use super::{
    Conn,
    ledger::{EffectRow, in_order},
    messages::before_place,
    schema::{effects, turns},
};
use crate::storage::{columns::SqlUuid, error::Result};

diesel::allow_tables_to_appear_in_same_query!(effects, turns);

/// What the last messages before a place tell.
pub(super) async fn history(
    conn: &mut Conn,
    user: UserId,
    conversation: ConversationId,
    before: MessageCursor,
    limit: u16,
) -> Result<Vec<HistoryEntry>> {
    let said = before_place(conn, user, conversation, usize::from(limit), Some(before)).await?;
    let asked = said.iter().filter(|message| message.role == Role::User);
    let asked = asked.map(|message| SqlUuid(message.turn_id.get())).collect();
    let mut unanswered = unanswered(conn, user, asked).await?;
    Ok(HistoryEntry::of(said.into_iter().rev(), |turn| unanswered.remove(&turn)))
}

/// What those of the turns changed that ended without an answer.
async fn unanswered(
    conn: &mut Conn,
    user: UserId,
    asked: Vec<SqlUuid>,
) -> Result<HashMap<TurnId, Vec<TaskEffect>>> {
    let silent = [
        TurnStatus::Failed(FailureCode::Internal).as_str(),
        TurnStatus::Cancelled.as_str(),
        TurnStatus::Interrupted.as_str(),
    ];
    let same_turn = turns::user_id.eq(effects::user_id).and(turns::id.eq(effects::turn_id));
    let rows: Vec<EffectRow> = effects::table
        .inner_join(turns::table.on(same_turn))
        .filter(turns::user_id.eq(user.get()))
        .filter(turns::id.eq_any(asked))
        .filter(turns::status.eq_any(silent))
        .order(in_order())
        .select(EffectRow::as_select())
        .load(conn)
        .await?;
    let mut by_turn: HashMap<TurnId, Vec<TaskEffect>> = HashMap::new();
    for row in rows {
        by_turn.entry(TurnId::new(row.turn_id.0)).or_default().push(row.effect()?);
    }
    Ok(by_turn)
}
