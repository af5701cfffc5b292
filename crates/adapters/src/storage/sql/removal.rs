//! Everything of a user's or of a conversation's, removed in parts: one statement that took it all
//! along by the foreign keys would need more time than a statement has.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use todo_domain::{ConversationId, UserId};

use super::{
    Conn,
    schema::{conversations, messages, tasks, turns},
};
use crate::storage::{columns::SqlUuid, error::Result};

/// How many rows go with one statement.
const ROWS: usize = 500;
/// How many turns: each may take 16 calls along, and what those changed.
const TURNS: usize = 50;

/// Deletes the rows of a user that have these ids, so many with each statement.
macro_rules! delete_in_parts {
    ($conn:expr, $table:ident, $user:expr, $ids:expr, $most:expr) => {
        for part in $ids.chunks($most) {
            let rows = $table::table
                .filter($table::user_id.eq($user.get()))
                .filter($table::id.eq_any(part.to_vec()));
            diesel::delete(rows).execute($conn).await?;
        }
    };
}

/// Removes everything of a user's, who is locked, but for what is small and goes with the user.
pub(super) async fn empty_account(conn: &mut Conn, user: UserId) -> Result<()> {
    let ids: Vec<SqlUuid> =
        turns::table.filter(turns::user_id.eq(user.get())).select(turns::id).load(conn).await?;
    delete_in_parts!(conn, turns, user, ids, TURNS);
    let ids: Vec<SqlUuid> = messages::table
        .filter(messages::user_id.eq(user.get()))
        .select(messages::id)
        .load(conn)
        .await?;
    delete_in_parts!(conn, messages, user, ids, ROWS);
    let ids: Vec<SqlUuid> = conversations::table
        .filter(conversations::user_id.eq(user.get()))
        .select(conversations::id)
        .load(conn)
        .await?;
    delete_in_parts!(conn, conversations, user, ids, ROWS);
    let ids: Vec<i64> =
        tasks::table.filter(tasks::user_id.eq(user.get())).select(tasks::id).load(conn).await?;
    delete_in_parts!(conn, tasks, user, ids, ROWS);
    Ok(())
}

/// Removes what belongs to a conversation, whose user is locked.
pub(super) async fn empty_conversation(
    conn: &mut Conn,
    user: UserId,
    conversation: ConversationId,
) -> Result<()> {
    let conversation = SqlUuid(conversation.get());
    let ids: Vec<SqlUuid> = turns::table
        .filter(turns::user_id.eq(user.get()))
        .filter(turns::conversation_id.eq(conversation))
        .select(turns::id)
        .load(conn)
        .await?;
    delete_in_parts!(conn, turns, user, ids, TURNS);
    let ids: Vec<SqlUuid> = messages::table
        .filter(messages::user_id.eq(user.get()))
        .filter(messages::conversation_id.eq(conversation))
        .select(messages::id)
        .load(conn)
        .await?;
    delete_in_parts!(conn, messages, user, ids, ROWS);
    Ok(())
}
