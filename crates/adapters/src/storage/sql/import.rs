//! An import: its beginning, parts and end are a transaction each, and the account is its own until
//! then.

use std::time::Duration;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use todo_domain::{
    ArchivePart, ArchiveSummary, ConversationId, ImportId, KeyedRequest, Message, Timestamp, Turn,
    UserId,
    ports::{BeginImport, ImportFence, ImportStep, UndoneImport},
};

use super::{
    Conn,
    conversations::{self, NewConversation},
    database_now, idempotency,
    ledger::LedgerRows,
    messages::NewMessageRow,
    partial_answers,
    removal::remove_some,
    schema::{conversations as talks, messages, tasks, turns, users},
    tasks::TaskValues,
    turn_rows::EndedTurn,
};
use crate::{
    codec::import_answer_to_json,
    storage::{
        columns::{SqlTimestamp, SqlUuid},
        error::{Corrupt, Result},
    },
};

/// How many turns are made rows of at a time.
const TURNS: usize = 20;

/// Which import has an account, and until when.
type Marker = Option<(SqlUuid, SqlTimestamp)>;

/// Locks a user's row and reads which import has the account; `None` without a user.
async fn lock_marker(conn: &mut Conn, user: UserId) -> Result<Option<Marker>> {
    let row = users::table.find(user.get());
    let row = row.select((users::import_id, users::import_lease_until));
    let found: Option<(Option<SqlUuid>, Option<SqlTimestamp>)> =
        for_update!(row).first(conn).await.optional()?;
    Ok(found.map(|(id, lease_until)| id.zip(lease_until)))
}

/// Marks the account of a user, who is locked, as an import's.
async fn mark(conn: &mut Conn, import: ImportFence, lease: Duration) -> Result<()> {
    let lease_until = database_now(conn).await?.0.saturating_add(lease);
    diesel::update(users::table.find(import.user.get()))
        .set((
            users::import_id.eq(Some(SqlUuid(import.id.get()))),
            users::import_lease_until.eq(Some(SqlTimestamp(lease_until))),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Whether the account is still the import's. If so, its user is locked and the lease renewed.
async fn hold(conn: &mut Conn, import: ImportFence, lease: Duration) -> Result<ImportStep> {
    match lock_marker(conn, import.user).await? {
        None => Ok(ImportStep::UserNotFound),
        Some(Some((id, _))) if id.0 == import.id.get() => {
            mark(conn, import, lease).await?;
            Ok(ImportStep::Done)
        }
        Some(_) => Ok(ImportStep::FencedOff),
    }
}

/// Whether an import has the account.
pub(super) async fn is_importing(conn: &mut Conn, user: UserId) -> Result<bool> {
    let row = users::table.find(user.get()).select(users::import_id.is_not_null());
    Ok(row.first(conn).await.optional()?.unwrap_or(false))
}

/// Begins, if there is nothing.
pub(super) async fn begin(
    conn: &mut Conn,
    import: ImportFence,
    lease: Duration,
) -> Result<BeginImport> {
    match lock_marker(conn, import.user).await? {
        None => return Ok(BeginImport::UserNotFound),
        Some(Some((_, SqlTimestamp(until)))) if until > database_now(conn).await?.0 => {
            return Ok(BeginImport::InProgress);
        }
        Some(Some(_)) => return Ok(BeginImport::LeftBehind),
        Some(None) => {}
    }
    if !is_empty(conn, import.user).await? {
        return Ok(BeginImport::AccountNotEmpty);
    }
    mark(conn, import, lease).await?;
    Ok(BeginImport::Begun)
}

/// Writes a part.
pub(super) async fn write(
    conn: &mut Conn,
    import: ImportFence,
    part: ArchivePart,
    lease: Duration,
) -> Result<ImportStep> {
    let held = hold(conn, import, lease).await?;
    if held != ImportStep::Done {
        return Ok(held);
    }
    let user = import.user;
    insert_in_parts!(conn, tasks::table, part.tasks.iter().map(|task| TaskValues::of(user, task)));
    let rows = part.conversations.iter().map(|it| NewConversation::of(user, it));
    insert_in_parts!(conn, talks::table, rows);
    for turns in part.turns.chunks(TURNS) {
        insert_turns(conn, user, turns).await?;
    }
    insert_messages(conn, user, part.messages).await?;
    Ok(ImportStep::Done)
}

/// Ends it, and makes the account what the export says.
pub(super) async fn finish(
    conn: &mut Conn,
    import: ImportFence,
    summary: ArchiveSummary,
    keyed: Option<KeyedRequest>,
    now: Timestamp,
) -> Result<ImportStep> {
    let held = hold(conn, import, Duration::ZERO).await?;
    if held != ImportStep::Done {
        return Ok(held);
    }
    let row = users::table.find(import.user.get());
    // Numbers of tasks that were deleted here are not used again either.
    let last: i64 = row.select(users::last_task_number).first(conn).await?;
    diesel::update(row)
        .set((
            users::name.eq(summary.name.as_str()),
            users::time_zone.eq(summary.time_zone.name()),
            users::last_task_number.eq(last.max(summary.last_task_number)),
            users::updated_at.eq(SqlTimestamp(now)),
        ))
        .execute(conn)
        .await?;
    if let Some(request) = &keyed {
        let answer = import_answer_to_json(summary.counts)?;
        idempotency::store_answer(conn, import.user, request, &answer, now).await?;
    }
    end(conn, import.user).await?;
    Ok(ImportStep::Done)
}

/// Removes some of what it has written, and ends it when nothing is left.
pub(super) async fn undo(
    conn: &mut Conn,
    import: ImportFence,
    lease: Duration,
) -> Result<UndoneImport> {
    match hold(conn, import, lease).await? {
        ImportStep::Done if remove_some(conn, import.user).await? => Ok(UndoneImport::Partly),
        ImportStep::Done => {
            end(conn, import.user).await?;
            Ok(UndoneImport::Wholly)
        }
        ImportStep::FencedOff | ImportStep::UserNotFound => Ok(UndoneImport::Wholly),
    }
}

/// Takes over one whose lease is over.
pub(super) async fn take_over(
    conn: &mut Conn,
    id: ImportId,
    lease: Duration,
) -> Result<Option<ImportFence>> {
    let now = database_now(conn).await?;
    let left = users::table
        .filter(users::import_lease_until.le(now))
        .order(users::import_lease_until)
        .select(users::id);
    let left: Option<i64> = for_update_skip_locked!(left).first(conn).await.optional()?;
    let Some(user) = left else { return Ok(None) };
    let import = ImportFence { user: UserId::new(user).map_err(|_| Corrupt("users.id"))?, id };
    mark(conn, import, lease).await?;
    Ok(Some(import))
}

async fn end(conn: &mut Conn, user: UserId) -> Result<()> {
    diesel::update(users::table.find(user.get()))
        .set((
            users::import_id.eq(None::<SqlUuid>),
            users::import_lease_until.eq(None::<SqlTimestamp>),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

async fn is_empty(conn: &mut Conn, user: UserId) -> Result<bool> {
    let task = tasks::table.filter(tasks::user_id.eq(user.get())).select(tasks::id);
    let task: Option<i64> = task.first(conn).await.optional()?;
    let talk = talks::table.filter(talks::user_id.eq(user.get())).select(talks::user_id);
    let talk = talk.first::<i64>(conn).await.optional()?;
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
    partial_answers::insert(conn, user, ended).await?;
    ledger.insert(conn).await
}

/// Inserts messages, and counts them in their conversations.
async fn insert_messages(
    conn: &mut Conn,
    user: UserId,
    said: Vec<(ConversationId, Message)>,
) -> Result<()> {
    // Of each conversation the last one, which has the greatest position.
    let last: std::collections::HashMap<_, _> =
        said.iter().map(|(home, message)| (*home, message.position)).collect();
    let rows = said.into_iter().map(|(home, message)| NewMessageRow::of(user, home, message));
    insert_in_parts!(conn, messages::table, rows);
    for (home, position) in last {
        conversations::set_last_position(conn, user, home, position).await?;
    }
    Ok(())
}
