//! Turns as they are read, and the store of them.

use std::time::Duration;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use todo_domain::{
    Action, ConversationId, Message, PageLimit, Timestamp, Turn, TurnFence, TurnId, TurnStatus,
    UserId,
    ports::{
        ActionRef, AskOutcome, AskStep, BeginOutcome, BeginTurn, CancelOutcome, DecideAction,
        DecideOutcome, EndOutcome, FailTurn, FinishTurn, PreparedCall, RecordedTurn, RunStep,
        StepOutcome, StoreError, TurnRef, TurnStore, UndoOutcome, UndoTurn,
    },
};
use tokio::time::Instant;

use super::{
    Conn, Db, action_ask, action_decide, actions, database_now,
    ledger::steps,
    messages::answer_of,
    partial_answers,
    schema::turns,
    steps::{Looked, first_lists, look, run_step, searches},
    turn_begin::{begin, running},
    turn_cancel::{cancel, fenced_off},
    turn_end::{fail, finish},
    turn_rows::{TurnRow, key},
    undo::{chains_of, undo},
};
use crate::storage::{
    columns::{SqlTimestamp, SqlUuid},
    error::Result,
    observers::Written,
    replica::Freshness,
    searches::SearchPermit,
};

/// A turn with its ledger.
pub(super) async fn turn(conn: &mut Conn, user: UserId, id: TurnId) -> Result<Option<Turn>> {
    let row = turns::table.find(key(user, id)).select(TurnRow::as_select());
    let Some(row) = row.first(conn).await.optional()? else { return Ok(None) };
    Ok(complete(conn, user, vec![row]).await?.pop())
}

/// The turns of these rows, each with its ledger and the turn by which it is undone.
async fn complete(conn: &mut Conn, user: UserId, rows: Vec<TurnRow>) -> Result<Vec<Turn>> {
    let mut turns = rows.into_iter().map(Turn::try_from).collect::<Result<Vec<_>, _>>()?;
    let ids: Vec<TurnId> = turns.iter().map(|turn| turn.id).collect();
    let mut steps = steps(conn, user, &ids).await?;
    let first = turns.iter().map(|turn| turn.undo_position().0);
    let chains = chains_of(conn, user, first).await?;
    actions::tell(conn, user, &mut turns).await?;
    partial_answers::tell(conn, user, &mut turns).await?;
    for turn in &mut turns {
        turn.steps = steps.remove(&turn.id).unwrap_or_default();
        let (first, number) = turn.undo_position();
        turn.undone_by = chains.chain_of(first).undone_by(number);
    }
    Ok(turns)
}

async fn recorded(conn: &mut Conn, user: UserId, which: TurnRef) -> Result<Option<RecordedTurn>> {
    let mut query = turns::table
        .filter(turns::user_id.eq(user.get()))
        .limit(1)
        .select((TurnRow::as_select(), turns::attempt, turns::lease_until))
        .into_boxed();
    query = match which {
        TurnRef::Turn(id) => query.filter(turns::id.eq(SqlUuid(id.get()))),
        TurnRef::LatestOf(conversation) => {
            let asked_for = turns::undo_of.is_null().or(turns::answer_id.is_not_null());
            let is_running = turns::status.eq(TurnStatus::Running.as_str());
            query
                .filter(turns::conversation_id.eq(SqlUuid(conversation.get())))
                .filter(asked_for)
                .order((is_running.desc(), turns::started_at.desc(), turns::id.desc()))
        }
    };
    let row: Option<(TurnRow, i32, SqlTimestamp)> = query.first(conn).await.optional()?;
    let Some((row, attempt, lease_until)) = row else { return Ok(None) };
    let Some(turn) = complete(conn, user, vec![row]).await?.pop() else { return Ok(None) };
    let lease_left = match turn.status {
        TurnStatus::Running => lease_until.0.since(database_now(conn).await?.0),
        _ => Duration::ZERO,
    };
    let answer = match turn.status {
        TurnStatus::Completed => answer_of(conn, user, turn.conversation_id, turn.id).await?,
        _ => None,
    };
    Ok(Some(RecordedTurn { turn, attempt, lease_left, answer }))
}

/// These turns, each with its ledger, in the order in which they began.
pub(super) async fn of_ids(conn: &mut Conn, user: UserId, ids: &[TurnId]) -> Result<Vec<Turn>> {
    let keys: Vec<SqlUuid> = ids.iter().map(|id| SqlUuid(id.get())).collect();
    let rows: Vec<TurnRow> = turns::table
        .filter(turns::user_id.eq(user.get()))
        .filter(turns::id.eq_any(keys))
        .order((turns::started_at, turns::id))
        .select(TurnRow::as_select())
        .load(conn)
        .await?;
    complete(conn, user, rows).await
}

/// Turns of a conversation after one of them, by id, each with its ledger.
pub(super) async fn after(
    conn: &mut Conn,
    user: UserId,
    conversation: ConversationId,
    after: Option<TurnId>,
    limit: PageLimit,
) -> Result<Vec<Turn>> {
    let mut query = turns::table
        .filter(turns::user_id.eq(user.get()))
        .filter(turns::conversation_id.eq(SqlUuid(conversation.get())))
        .order(turns::id)
        .limit(i64::from(limit.get()))
        .select(TurnRow::as_select())
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(turns::id.gt(SqlUuid(after.get())));
    }
    let rows: Vec<TurnRow> = query.load(conn).await?;
    complete(conn, user, rows).await
}

impl Db {
    /// The permit that calls need if any of them takes a look at everything.
    async fn permit_for(
        &self,
        operation: &'static str,
        user: UserId,
        calls: &[PreparedCall],
        start: Instant,
    ) -> Result<Option<SearchPermit>, StoreError> {
        if !searches(calls) {
            return Ok(None);
        }
        self.may_search(operation, user, start).await.map(Some)
    }
}

#[async_trait]
impl TurnStore for Db {
    async fn begin(&self, turn: BeginTurn) -> Result<BeginOutcome, StoreError> {
        let (user, max, start) = (turn.user_id, self.user_limits, Instant::now());
        let approved = turn.decides.as_ref().map_or(&[][..], |spoken| spoken.decision.approved());
        let permit = self.permit_for("turn.begin", user, approved, start).await?;
        self.write_since(start, "turn.begin", Written::ConversationsOf(user), move |conn| {
            SearchPermit::keep(permit, begin(conn, turn, max)).boxed()
        })
        .await
    }

    async fn run_step(&self, step: RunStep) -> Result<StepOutcome, StoreError> {
        let (user, max) = (step.fence.user_id, self.user_limits.tasks);
        // One time for all of it: a lease counts on that.
        let start = Instant::now();
        let permit = self.permit_for("turn.run_step", user, &step.calls, start).await?;
        let (lists, now) = (first_lists(&step.calls), step.now);
        let looked = match lists.is_empty() {
            true => Looked::new(),
            // What the model has done in earlier steps is on the primary.
            false => {
                self.read_since(start, "turn.look", Freshness::Latest, move |conn| {
                    look(conn, user, lists, now).boxed()
                })
                .await?
            }
        };
        self.write_since(start, "turn.run_step", Written::RowsOf(user), move |conn| {
            SearchPermit::keep(permit, run_step(conn, step, looked, max)).boxed()
        })
        .await
    }

    async fn ask(&self, ask: AskStep) -> Result<AskOutcome, StoreError> {
        let (user, max) = (ask.step.fence.user_id, self.user_limits.tasks);
        let start = Instant::now();
        let permit = self.permit_for("turn.ask", user, &ask.step.calls, start).await?;
        self.write_since(start, "turn.ask", Written::RowsOf(user), move |conn| {
            SearchPermit::keep(permit, action_ask::ask(conn, ask, max)).boxed()
        })
        .await
    }

    async fn action(&self, user: UserId, which: ActionRef) -> Result<Option<Action>, StoreError> {
        self.select("turn.action", Freshness::Latest, move |conn| {
            actions::action(conn, user, which).boxed()
        })
        .await
    }

    async fn decide(&self, decide: DecideAction) -> Result<DecideOutcome, StoreError> {
        let (user, max, start) = (decide.user_id, self.user_limits.tasks, Instant::now());
        let permit =
            self.permit_for("turn.decide", user, decide.decision.approved(), start).await?;
        self.write_since(start, "turn.decide", Written::ConversationsOf(user), move |conn| {
            SearchPermit::keep(permit, action_decide::decide(conn, decide, max)).boxed()
        })
        .await
    }

    async fn finish(&self, end: FinishTurn) -> Result<EndOutcome<Message>, StoreError> {
        self.write("turn.finish", Written::ConversationsOf(end.fence.user_id), |conn| {
            finish(conn, end).boxed()
        })
        .await
    }

    async fn fail(&self, end: FailTurn) -> Result<EndOutcome<()>, StoreError> {
        self.write("turn.fail", Written::ConversationsOf(end.fence.user_id), |conn| {
            fail(conn, end).boxed()
        })
        .await
    }

    async fn cancel(
        &self,
        user: UserId,
        id: TurnId,
        now: Timestamp,
    ) -> Result<CancelOutcome, StoreError> {
        self.write("turn.cancel", Written::ConversationsOf(user), move |conn| {
            cancel(conn, user, id, now).boxed()
        })
        .await
    }

    async fn unfinished(
        &self,
        user: UserId,
        conversation: ConversationId,
    ) -> Result<Option<TurnId>, StoreError> {
        self.read("turn.unfinished", Freshness::Latest, move |conn| {
            async move {
                if let Some((id, _)) = running(conn, user, conversation).await? {
                    return Ok(Some(id));
                }
                let waiting = ActionRef::WaitingIn(conversation);
                let action = actions::action(conn, user, waiting).await?;
                Ok(action.map(|action| action.turn_id))
            }
            .boxed()
        })
        .await
    }

    async fn fenced_off(&self, runners: Vec<TurnFence>) -> Result<Vec<TurnFence>, StoreError> {
        self.select("turn.fenced_off", Freshness::Latest, move |conn| {
            fenced_off(conn, runners).boxed()
        })
        .await
    }

    async fn undo(&self, turn: UndoTurn) -> Result<UndoOutcome, StoreError> {
        let max = self.user_limits.tasks;
        self.write("turn.undo", Written::RowsOf(turn.user_id), move |conn| {
            undo(conn, turn, max).boxed()
        })
        .await
    }

    async fn turn(&self, user: UserId, id: TurnId) -> Result<Option<Turn>, StoreError> {
        // A replica that lags might show a cancelled turn as running.
        self.read("turn.turn", Freshness::Latest, move |conn| turn(conn, user, id).boxed()).await
    }

    async fn recorded(
        &self,
        user: UserId,
        turn: TurnRef,
    ) -> Result<Option<RecordedTurn>, StoreError> {
        self.read("turn.recorded", Freshness::OwnWrites(user), move |conn| {
            recorded(conn, user, turn).boxed()
        })
        .await
    }
}
