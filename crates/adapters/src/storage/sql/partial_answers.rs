//! What had been said of answers when their turns were stopped or failed.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use todo_domain::{AnswerText, Turn, TurnId, TurnStatus, UserId};

use super::{Conn, schema::partial_answers, turn_rows::key};
use crate::storage::{
    columns::SqlUuid,
    error::{Corrupt, Result},
};

#[derive(Insertable)]
#[diesel(table_name = partial_answers)]
struct PartialAnswerRow<'a> {
    user_id: i64,
    turn_id: SqlUuid,
    body: &'a str,
}

/// Whether a turn that ended like this may have one.
const fn may_have(status: TurnStatus) -> bool {
    matches!(status, TurnStatus::Failed(_) | TurnStatus::Cancelled)
}

/// Keeps what the runner of a turn had said, which is locked and was theirs to the end.
pub(super) async fn keep(
    conn: &mut Conn,
    user: UserId,
    turn: TurnId,
    said: &AnswerText,
) -> Result<()> {
    forget(conn, user, turn).await?;
    let body = said.as_str();
    let row = PartialAnswerRow { user_id: user.get(), turn_id: SqlUuid(turn.get()), body };
    diesel::insert_into(partial_answers::table).values(row).execute(conn).await?;
    Ok(())
}

/// Forgets what was said before the turn went on.
pub(super) async fn forget(conn: &mut Conn, user: UserId, turn: TurnId) -> Result<()> {
    diesel::delete(partial_answers::table.find(key(user, turn))).execute(conn).await?;
    Ok(())
}

/// Adds to turns what had been said of their answers.
pub(super) async fn tell(conn: &mut Conn, user: UserId, turns: &mut [Turn]) -> Result<()> {
    let ended = turns.iter().filter(|turn| may_have(turn.status));
    let ids: Vec<_> = ended.map(|turn| SqlUuid(turn.id.get())).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let rows: Vec<(SqlUuid, String)> = partial_answers::table
        .filter(partial_answers::user_id.eq(user.get()))
        .filter(partial_answers::turn_id.eq_any(ids))
        .select((partial_answers::turn_id, partial_answers::body))
        .load(conn)
        .await?;
    let mut said: HashMap<_, _> =
        rows.into_iter().map(|(id, body)| (TurnId::new(id.0), body)).collect();
    for turn in turns {
        let body = said.remove(&turn.id).map(AnswerText::stored).transpose();
        turn.partial_answer = body.map_err(|_| Corrupt("partial_answers.body"))?;
    }
    Ok(())
}

/// Stores those of imported turns.
pub(super) async fn insert(conn: &mut Conn, user: UserId, turns: &[Turn]) -> Result<()> {
    let said = turns.iter().filter(|turn| may_have(turn.status));
    let rows = said.filter_map(|turn| {
        let (turn_id, body) = (SqlUuid(turn.id.get()), turn.partial_answer.as_ref()?.as_str());
        Some(PartialAnswerRow { user_id: user.get(), turn_id, body })
    });
    insert_in_parts!(conn, partial_answers::table, rows);
    Ok(())
}
