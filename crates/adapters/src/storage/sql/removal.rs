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

/// Deletes the rows of a user that pass the filter, if there is one, so many with each statement.
macro_rules! delete_in_parts {
    ($conn:expr, $user:expr, $table:ident($id:ty), $most:expr $(, $filter:expr)?) => {
        let ids: Vec<$id> = $table::table
            .filter($table::user_id.eq($user.get()))
            $(.filter($filter))?
            .select($table::id)
            .load($conn)
            .await?;
        for part in ids.chunks($most) {
            let rows = $table::table
                .filter($table::user_id.eq($user.get()))
                .filter($table::id.eq_any(part.to_vec()));
            diesel::delete(rows).execute($conn).await?;
        }
    };
}

/// Deletes the first so many rows of a user; tells whether there may be more.
macro_rules! delete_first {
    ($conn:expr, $user:expr, $table:ident($id:ty), $most:expr) => {{
        let theirs = $table::table.filter($table::user_id.eq($user.get()));
        let ids: Vec<$id> = theirs.select($table::id).limit($most as i64).load($conn).await?;
        let count = ids.len();
        if count > 0 {
            diesel::delete(theirs.filter($table::id.eq_any(ids))).execute($conn).await?;
        }
        count == $most
    }};
}

/// Removes some rows of a user, who is locked; tells whether any may be left.
pub(super) async fn remove_some(conn: &mut Conn, user: UserId) -> Result<bool> {
    Ok(delete_first!(conn, user, turns(SqlUuid), TURNS)
        || delete_first!(conn, user, messages(SqlUuid), ROWS)
        || delete_first!(conn, user, conversations(SqlUuid), ROWS)
        || delete_first!(conn, user, tasks(i64), ROWS))
}

/// Removes everything of a user's, who is locked, but for what is small and goes with the user.
pub(super) async fn empty_account(conn: &mut Conn, user: UserId) -> Result<()> {
    delete_in_parts!(conn, user, turns(SqlUuid), TURNS);
    delete_in_parts!(conn, user, messages(SqlUuid), ROWS);
    delete_in_parts!(conn, user, conversations(SqlUuid), ROWS);
    delete_in_parts!(conn, user, tasks(i64), ROWS);
    Ok(())
}

/// Removes what belongs to a conversation, whose user is locked.
pub(super) async fn empty_conversation(
    conn: &mut Conn,
    user: UserId,
    conversation: ConversationId,
) -> Result<()> {
    let home = SqlUuid(conversation.get());
    delete_in_parts!(conn, user, turns(SqlUuid), TURNS, turns::conversation_id.eq(home));
    delete_in_parts!(conn, user, messages(SqlUuid), ROWS, messages::conversation_id.eq(home));
    Ok(())
}
