//! Undoing turns: which one, and what takes its effects back.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use todo_domain::{
    CallResult, Closing, ConversationId, FailureCode, Timestamp, Turn, TurnFence, TurnId,
    TurnStatus, UndoChain, UndoChains, UndoDirection, UndoLink, UserId, UserLimit,
    ports::{UndoOutcome, UndoTurn, UndoneTurn},
};

use super::{
    Conn,
    accounts::lock_user,
    actions, conversations, database_now,
    ledger::{LedgerRows, effects_of},
    schema::{effects, turns},
    task_batch::TaskBatch,
    turn_end::interrupt,
    turn_rows::{EndedTurn, key},
};
use crate::storage::{
    columns::{SqlTimestamp, SqlUuid},
    error::{Failure, Result},
};

diesel::allow_tables_to_appear_in_same_query!(effects, turns);

/// A turn as far as an undo needs to know it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = turns)]
struct TurnToUndo {
    status: String,
    lease_until: SqlTimestamp,
    #[diesel(embed)]
    link: LinkRow,
}

impl TurnToUndo {
    async fn find(conn: &mut Conn, user: UserId, id: TurnId) -> Result<Option<Self>> {
        let row = turns::table.find(key(user, id)).select(Self::as_select());
        Ok(for_update!(row).first(conn).await.optional()?)
    }

    /// That it runs; `None` if it has ended, or ends now because its lease is over.
    async fn runs(
        &self,
        conn: &mut Conn,
        user: UserId,
        now: Timestamp,
    ) -> Result<Option<UndoOutcome>> {
        if self.status != TurnStatus::Running.as_str() {
            return Ok(None);
        }
        let (turn_id, lease_until) = (self.link.turn(), self.lease_until.0);
        let database_now = database_now(conn).await?.0;
        if lease_until > database_now {
            let retry_after = lease_until.since(database_now);
            return Ok(Some(UndoOutcome::Running { turn_id, retry_after }));
        }
        interrupt(conn, user, turn_id, now).await?;
        Ok(None)
    }
}

/// Undoes a turn, and records that as a turn of its own, unless it is undone already. The user may
/// have `max` tasks.
pub(super) async fn undo(conn: &mut Conn, undo: UndoTurn, max: UserLimit) -> Result<UndoOutcome> {
    let (user, now) = (undo.user_id, undo.now);
    if lock_user(conn, user).await?.is_none() {
        return Err(Failure::NoUser);
    }
    let home = turns::table.find(key(user, undo.turn_id)).select(turns::conversation_id);
    let home: Option<SqlUuid> = home.first(conn).await.optional()?;
    let Some(home) = home.map(|id| ConversationId::new(id.0)) else {
        return Ok(UndoOutcome::NotFound);
    };
    if !conversations::lock(conn, user, home).await? {
        return Ok(UndoOutcome::NotFound);
    }
    let Some(named) = TurnToUndo::find(conn, user, undo.turn_id).await? else {
        return Ok(UndoOutcome::NotFound);
    };
    if let Some(running) = named.runs(conn, user, now).await? {
        return Ok(running);
    }
    let (first, number) = named.link.position();
    let chain = chain(conn, user, first).await?;
    if let Some(undone_by) = chain.undone_by(number) {
        let effects = effects_of(conn, user, undone_by).await?;
        return Ok(UndoOutcome::Undone(UndoneTurn { undone_by, effects }));
    }
    let (last, _) = chain.last;
    if last != undo.turn_id
        && let Some(last) = TurnToUndo::find(conn, user, last).await?
        && let Some(running) = last.runs(conn, user, now).await?
    {
        return Ok(running);
    }
    let effects = effects_of(conn, user, last).await?;
    let mut batch = TaskBatch::load(conn, user, max, std::iter::empty()).await?;
    let outcomes = match batch.undo(conn, &effects, now).await? {
        Ok(outcomes) => outcomes,
        Err(refusal) => return Ok(UndoOutcome::Refused(refusal)),
    };
    batch.close(conn).await?;
    if let Some(action) = actions::of_turn(conn, user, undo.turn_id).await? {
        actions::close(conn, user, &action, Closing::Cancelled, None).await?;
    }
    give_up(conn, user, undo.turn_id).await?;
    let turn = Turn::undoing(&undo, home, chain.next(), outcomes);
    let row = EndedTurn::of(user, &turn);
    diesel::insert_into(turns::table).values(row).execute(conn).await?;
    LedgerRows::of(user, &turn)?.insert(conn).await?;
    Ok(UndoOutcome::Undone(UndoneTurn { undone_by: turn.id, effects: turn.effects().collect() }))
}

/// Makes a turn without an answer a cancelled one, so that no request resumes what is undone.
async fn give_up(conn: &mut Conn, user: UserId, id: TurnId) -> Result<()> {
    let unanswered =
        [TurnStatus::Failed(FailureCode::Internal).as_str(), TurnStatus::Interrupted.as_str()];
    diesel::update(turns::table.find(key(user, id)).filter(turns::status.eq_any(unanswered)))
        .set((
            turns::status.eq(TurnStatus::Cancelled.as_str()),
            turns::failure_code.eq(None::<String>),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Undoes or redoes the latest turn of a conversation that can be, within a running turn of it,
/// which is locked.
pub(super) async fn undo_latest(
    conn: &mut Conn,
    fence: &TurnFence,
    batch: &mut TaskBatch,
    direction: UndoDirection,
    now: Timestamp,
) -> Result<CallResult> {
    let user = fence.user_id;
    let chains = chains(conn, user, fence.conversation_id).await?;
    // Whatever undoes is undone itself as a whole: it can undo one turn.
    if chains.ends_with(fence.turn_id) {
        return Ok(CallResult::NothingToUndo);
    }
    let first = match direction {
        UndoDirection::Redo => chains.undone().next(),
        UndoDirection::Undo => latest(conn, fence, &chains).await?,
    };
    let Some(first) = first else { return Ok(CallResult::NothingToUndo) };
    let chain = chains.chain_of(first);
    let effects = effects_of(conn, user, chain.last.0).await?;
    let result = CallResult::of_undo(batch.undo(conn, &effects, now).await?);
    if let CallResult::Each(_) = result {
        give_up(conn, user, first).await?;
        let UndoLink { first, number } = chain.next();
        diesel::update(turns::table.find(key(user, fence.turn_id)))
            .set((
                turns::undo_of.eq(Some(SqlUuid(first.get()))),
                turns::undo_number.eq(Some(number)),
            ))
            .execute(conn)
            .await?;
    }
    Ok(result)
}

/// The chain of the latest turn of the conversation that changed tasks and holds, named by its first
/// turn: one that undid nothing or redid something, and is not undone.
async fn latest(conn: &mut Conn, fence: &TurnFence, chains: &UndoChains) -> Result<Option<TurnId>> {
    let undone: Vec<_> = chains.undone().map(|id| SqlUuid(id.get())).collect();
    let of_turn = effects::user_id.eq(turns::user_id).and(effects::turn_id.eq(turns::id));
    let found: Option<LinkRow> = turns::table
        .filter(turns::user_id.eq(fence.user_id.get()))
        .filter(turns::conversation_id.eq(SqlUuid(fence.conversation_id.get())))
        .filter(turns::id.ne(SqlUuid(fence.turn_id.get())))
        .filter(turns::id.ne_all(undone.clone()))
        .filter(turns::undo_of.is_null().or(turns::undo_of.assume_not_null().ne_all(undone)))
        .filter(diesel::dsl::exists(effects::table.filter(of_turn)))
        .order((turns::started_at.desc(), turns::id.desc()))
        .select(LinkRow::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(found.map(|row| row.position().0))
}

/// The chain that a turn begins.
async fn chain(conn: &mut Conn, user: UserId, first: TurnId) -> Result<UndoChain> {
    let last: Option<(SqlUuid, Option<i32>)> = turns::table
        .filter(turns::user_id.eq(user.get()))
        .filter(turns::undo_of.eq(SqlUuid(first.get())))
        .order(turns::undo_number.desc())
        .select((turns::id, turns::undo_number))
        .first(conn)
        .await
        .optional()?;
    let mut chain = UndoChain::of(first);
    if let Some((last, Some(number))) = last {
        chain.join(TurnId::new(last.0), number);
    }
    Ok(chain)
}

/// The chains of a conversation.
async fn chains(conn: &mut Conn, user: UserId, conversation: ConversationId) -> Result<UndoChains> {
    let rows: Vec<LinkRow> = turns::table
        .filter(turns::user_id.eq(user.get()))
        .filter(turns::conversation_id.eq(SqlUuid(conversation.get())))
        .filter(turns::undo_of.is_not_null())
        .order((turns::started_at.desc(), turns::id.desc()))
        .select(LinkRow::as_select())
        .load(conn)
        .await?;
    Ok(UndoChains::of(rows.iter().filter_map(LinkRow::link)))
}

/// The chains that some turns begin, in no order.
pub(super) async fn chains_of(
    conn: &mut Conn,
    user: UserId,
    first: impl IntoIterator<Item = TurnId>,
) -> Result<UndoChains> {
    let first: Vec<_> = first.into_iter().map(|id| SqlUuid(id.get())).collect();
    let rows: Vec<LinkRow> = turns::table
        .filter(turns::user_id.eq(user.get()))
        .filter(turns::undo_of.eq_any(first))
        .select(LinkRow::as_select())
        .load(conn)
        .await?;
    Ok(UndoChains::of(rows.iter().filter_map(LinkRow::link)))
}

/// A turn and where it stands in its chain.
#[derive(Queryable, Selectable)]
#[diesel(table_name = turns)]
pub(super) struct LinkRow {
    id: SqlUuid,
    undo_of: Option<SqlUuid>,
    undo_number: Option<i32>,
}

impl LinkRow {
    pub(super) fn turn(&self) -> TurnId {
        TurnId::new(self.id.0)
    }

    /// Its chain's first turn, and its own number in the chain.
    pub(super) fn position(&self) -> (TurnId, i32) {
        self.link().map_or((self.turn(), 0), |(_, link)| (link.first, link.number))
    }

    pub(super) fn link(&self) -> Option<(TurnId, UndoLink)> {
        let (first, number) = self.undo_of.zip(self.undo_number)?;
        Some((self.turn(), UndoLink { first: TurnId::new(first.0), number }))
    }
}
