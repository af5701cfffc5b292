//! An archive, written into an empty account in one transaction.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use todo_domain::{Archive, ArchivedConversation, Timestamp, Turn, UserId, ports::ImportOutcome};

use super::{
    Conn,
    accounts::lock_user,
    conversations::NewConversation,
    ledger::LedgerRows,
    messages::NewMessageRow,
    schema::{conversations, messages, tasks, turns, users},
    tasks::TaskValues,
    turns::EndedTurn,
};
use crate::storage::{columns::SqlTimestamp, error::Result};

/// How many turns are made rows of at a time.
const TURNS: usize = 20;

/// Writes everything, if there is nothing.
pub(super) async fn import(
    conn: &mut Conn,
    user: UserId,
    archive: Archive,
    now: Timestamp,
) -> Result<ImportOutcome> {
    if lock_user(conn, user).await?.is_none() {
        return Ok(ImportOutcome::UserNotFound);
    }
    if !is_empty(conn, user).await? {
        return Ok(ImportOutcome::AccountNotEmpty);
    }
    let Archive { name, time_zone, tasks, conversations, last_task_number } = archive;
    let row = users::table.find(user.get());
    // Numbers of tasks that were deleted here are not used again either.
    let last: i64 = row.select(users::last_task_number).first(conn).await?;
    diesel::update(row)
        .set((
            users::name.eq(name.as_str()),
            users::time_zone.eq(time_zone.name()),
            users::last_task_number.eq(last.max(last_task_number)),
            users::updated_at.eq(SqlTimestamp(now)),
        ))
        .execute(conn)
        .await?;
    insert_in_parts!(conn, tasks::table, tasks.iter().map(|task| TaskValues::of(user, task)));
    let rows = conversations
        .iter()
        .map(|it| NewConversation::of(user, &it.conversation, it.messages.len() as i64));
    insert_in_parts!(conn, conversations::table, rows);
    for ArchivedConversation { conversation, turns, messages } in conversations {
        for turns in turns.chunks(TURNS) {
            insert_turns(conn, user, turns).await?;
        }
        let rows = messages.into_iter();
        let rows = rows.map(|message| NewMessageRow::of(user, conversation.id, message));
        insert_in_parts!(conn, messages::table, rows);
    }
    Ok(ImportOutcome::Imported)
}

async fn is_empty(conn: &mut Conn, user: UserId) -> Result<bool> {
    let task = tasks::table.filter(tasks::user_id.eq(user.get())).select(tasks::id);
    let task: Option<i64> = task.first(conn).await.optional()?;
    let talk = conversations::table.filter(conversations::user_id.eq(user.get()));
    let talk = talk.select(conversations::user_id).first::<i64>(conn).await.optional()?;
    Ok(task.is_none() && talk.is_none())
}

async fn insert_turns(conn: &mut Conn, user: UserId, ended: &[Turn]) -> Result<()> {
    let mut ledger = LedgerRows::default();
    for turn in ended {
        for step in &turn.steps {
            ledger.add(user, turn.id, step, turn.started_at)?;
        }
    }
    let rows: Vec<_> = ended.iter().map(|turn| EndedTurn::of(user, turn)).collect();
    insert_all!(conn, turns::table, rows)?;
    ledger.insert(conn).await
}
