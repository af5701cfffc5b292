//! Turns: how they begin and end, and who may carry them on.

use std::time::Duration;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use todo_domain::{
    Action, ConversationId, Message, MessageId, ModelIdentity, ModelUsage, PageLimit, Role,
    Timestamp, TokenUsage, Turn, TurnFence, TurnId, TurnStatus, UndoLink, UserId,
    ports::{
        ActionRef, AskOutcome, AskStep, BeginOutcome, BeginTurn, CancelOutcome, DecideAction,
        DecideOutcome, EndOutcome, FailTurn, FinishTurn, PreparedCall, RecordedTurn, RunStep,
        StepOutcome, StoreError, TurnRef, TurnStore, UndoOutcome, UndoTurn,
    },
};
use tokio::time::Instant;

use super::{
    Conn, Db,
    accounts::lock_user_amid_import,
    action_ask, action_decide, actions, conversations, database_now,
    ledger::{steps, token_columns, usage_of},
    messages::{NewMessage, answer_of, say},
    partial_answers,
    schema::turns,
    spending::spend,
    steps::{Looked, count, first_lists, look, run_step, searches},
    turn_begin::{begin, running},
    turn_cancel::{cancel, fenced_off},
    undo::{chains_of, undo},
};
use crate::storage::{
    columns::{SqlTimestamp, SqlUuid},
    error::{Corrupt, Result},
    observers::Written,
    replica::Freshness,
    searches::SearchPermit,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = turns)]
pub(super) struct TurnRow {
    id: SqlUuid,
    conversation_id: SqlUuid,
    status: String,
    failure_code: Option<String>,
    engine: Option<String>,
    model: Option<String>,
    input_tokens: i64,
    output_tokens: i64,
    started_at: SqlTimestamp,
    finished_at: Option<SqlTimestamp>,
    answer_id: Option<SqlUuid>,
    undo_of: Option<SqlUuid>,
    undo_number: Option<i32>,
}

impl TryFrom<TurnRow> for Turn {
    type Error = Corrupt;

    fn try_from(row: TurnRow) -> Result<Self, Corrupt> {
        let identity = row.engine.zip(row.model);
        Ok(Self {
            id: TurnId::new(row.id.0),
            conversation_id: ConversationId::new(row.conversation_id.0),
            status: status_of(&row.status, row.failure_code.as_deref())?,
            answer_id: row.answer_id.map(|id| MessageId::new(id.0)),
            identity: identity.map(|(engine, model)| ModelIdentity { engine, model }),
            usage: usage_of(row.input_tokens, row.output_tokens),
            steps: Vec::new(),
            started_at: row.started_at.0,
            finished_at: row.finished_at.map(|at| at.0),
            undo: row
                .undo_of
                .zip(row.undo_number)
                .map(|(first, number)| UndoLink { first: TurnId::new(first.0), number }),
            undone_by: None,
            action: None,
            partial_answer: None,
        })
    }
}

/// What the column of the status says. Of a turn that waits it says what the version before knows;
/// its action tells that it waits.
const fn status_column(status: TurnStatus) -> &'static str {
    match status {
        TurnStatus::Waiting => actions::WAITING,
        TurnStatus::Running
        | TurnStatus::Completed
        | TurnStatus::Failed(_)
        | TurnStatus::Cancelled
        | TurnStatus::Interrupted => status.as_str(),
    }
}

fn status_of(status: &str, failure_code: Option<&str>) -> Result<TurnStatus, Corrupt> {
    let failure = || failure_code.unwrap_or_default().parse();
    match status {
        "running" => Ok(TurnStatus::Running),
        "completed" => Ok(TurnStatus::Completed),
        "failed" => failure().map(TurnStatus::Failed).map_err(|_| Corrupt("turns.failure_code")),
        "cancelled" => Ok(TurnStatus::Cancelled),
        "interrupted" => Ok(TurnStatus::Interrupted),
        _ => Err(Corrupt("turns.status")),
    }
}

/// The key of a turn's row.
pub(super) fn key(user: UserId, id: TurnId) -> (i64, SqlUuid) {
    (user.get(), SqlUuid(id.get()))
}

/// Whose a turn is.
pub(super) enum Hold {
    /// Its runner's still. Its steps have cost this.
    Held(TokenUsage),
    /// Cancelled while they ran it. Its answers have cost this so far.
    Cancelled(TokenUsage),
    /// Nobody's any more: it has ended, or another runs it.
    Lost,
    /// It was deleted with its conversation, and what it cost is nowhere to be read.
    Gone,
}

/// Whether the turn is still its runner's. If so, its user, its conversation and the turn itself
/// are locked, in this order.
pub(super) async fn hold(conn: &mut Conn, fence: &TurnFence) -> Result<Hold> {
    if !lock_user_amid_import(conn, fence.user_id).await? {
        return Ok(Hold::Lost);
    }
    if !conversations::lock(conn, fence.user_id, fence.conversation_id).await? {
        return Ok(Hold::Gone);
    }
    let row = turns::table
        .find(key(fence.user_id, fence.turn_id))
        .filter(turns::conversation_id.eq(SqlUuid(fence.conversation_id.get())))
        .select((turns::status, turns::attempt, turns::input_tokens, turns::output_tokens));
    let found: Option<(String, i32, i64, i64)> = for_update!(row).first(conn).await.optional()?;
    Ok(match found {
        None => Hold::Gone,
        Some((status, attempt, input_tokens, output_tokens)) if attempt == fence.attempt => {
            let usage = usage_of(input_tokens, output_tokens);
            if status == TurnStatus::Running.as_str() {
                Hold::Held(usage)
            } else if status == TurnStatus::Cancelled.as_str() {
                Hold::Cancelled(usage)
            } else {
                Hold::Lost
            }
        }
        Some(_) => Hold::Lost,
    })
}

/// Whether the turn is still its runner's, who ends it now, with so many answers beyond its steps
/// for certain. What its answers have cost is spent, as far as its steps have not said so. Of a turn
/// that is gone nobody knows how far, and it is all of it: asking and deleting is no way around a
/// budget.
async fn settle(
    conn: &mut Conn,
    fence: &TurnFence,
    identity: &ModelIdentity,
    usage: TokenUsage,
    answers: u64,
    now: Timestamp,
) -> Result<bool> {
    let hold = hold(conn, fence).await?;
    let counted = match hold {
        Hold::Held(counted) | Hold::Cancelled(counted) => counted,
        Hold::Gone => TokenUsage::default(),
        Hold::Lost => return Ok(false),
    };
    let rest = TokenUsage {
        input_tokens: usage.input_tokens.saturating_sub(counted.input_tokens),
        output_tokens: usage.output_tokens.saturating_sub(counted.output_tokens),
    };
    // What no step accounts for is one answer: each is run as a step before the next.
    let calls = answers.max(u64::from(rest.total() > 0));
    spend(conn, fence.user_id, identity, ModelUsage { calls, tokens: rest }, now).await?;
    if let Hold::Cancelled(_) = hold {
        count(conn, fence, identity, rest).await?;
    }
    Ok(matches!(hold, Hold::Held(_)))
}

/// The end of a turn. Its cost stays as its steps left it where nobody knows better.
#[derive(AsChangeset)]
#[diesel(table_name = turns)]
pub(super) struct TurnEnd {
    status: &'static str,
    failure_code: Option<&'static str>,
    engine: Option<String>,
    model: Option<String>,
    input_tokens: Option<i64>,
    output_tokens: Option<i64>,
    finished_at: SqlTimestamp,
}

impl TurnEnd {
    /// What others do to a turn, who do not know what its runner knows.
    pub(super) fn of_no_runner(status: TurnStatus, now: Timestamp) -> Self {
        Self {
            status: status_column(status),
            failure_code: None,
            engine: None,
            model: None,
            input_tokens: None,
            output_tokens: None,
            finished_at: SqlTimestamp(now),
        }
    }

    fn of_runner(
        status: TurnStatus,
        identity: ModelIdentity,
        usage: TokenUsage,
        now: Timestamp,
    ) -> Self {
        let (input_tokens, output_tokens) = token_columns(usage);
        Self {
            status: status_column(status),
            failure_code: failure_code(status),
            engine: Some(identity.engine),
            model: Some(identity.model),
            input_tokens: Some(input_tokens),
            output_tokens: Some(output_tokens),
            finished_at: SqlTimestamp(now),
        }
    }
}

/// Closes a turn whose lease is over.
pub(super) async fn interrupt(
    conn: &mut Conn,
    user: UserId,
    turn: TurnId,
    now: Timestamp,
) -> Result<()> {
    end(conn, user, turn, TurnEnd::of_no_runner(TurnStatus::Interrupted, now)).await
}

pub(super) async fn end(conn: &mut Conn, user: UserId, turn: TurnId, end: TurnEnd) -> Result<()> {
    diesel::update(turns::table.find(key(user, turn))).set(end).execute(conn).await?;
    Ok(())
}

async fn finish(conn: &mut Conn, turn: FinishTurn) -> Result<EndOutcome<Message>> {
    let TurnFence { user_id, conversation_id, turn_id, .. } = turn.fence;
    if !settle(conn, &turn.fence, &turn.identity, turn.usage, 1, turn.now).await? {
        return Ok(EndOutcome::FencedOff);
    }
    let message = NewMessage {
        id: turn.message_id,
        role: Role::Assistant,
        text: turn.text.as_str(),
        turn_id,
        now: turn.now,
    };
    let message = say(conn, user_id, conversation_id, message).await?;
    let ended = TurnEnd::of_runner(TurnStatus::Completed, turn.identity, turn.usage, turn.now);
    end(conn, user_id, turn_id, ended).await?;
    Ok(EndOutcome::Ended(message))
}

async fn fail(conn: &mut Conn, turn: FailTurn) -> Result<EndOutcome<()>> {
    let is_held = settle(conn, &turn.fence, &turn.identity, turn.usage, 0, turn.now).await?;
    if let Some(said) = &turn.partial_answer {
        partial_answers::keep(conn, &turn.fence, said).await?;
    }
    if !is_held {
        return Ok(EndOutcome::FencedOff);
    }
    let TurnFence { user_id, turn_id, .. } = turn.fence;
    let ended =
        TurnEnd::of_runner(TurnStatus::Failed(turn.code), turn.identity, turn.usage, turn.now);
    end(conn, user_id, turn_id, ended).await?;
    Ok(EndOutcome::Ended(()))
}

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

/// A turn that has ended, as it is written whole.
#[derive(Insertable)]
#[diesel(table_name = turns)]
pub(super) struct EndedTurn<'a> {
    user_id: i64,
    id: SqlUuid,
    conversation_id: SqlUuid,
    status: &'static str,
    failure_code: Option<&'static str>,
    attempt: i32,
    lease_until: SqlTimestamp,
    engine: Option<&'a str>,
    model: Option<&'a str>,
    input_tokens: i64,
    output_tokens: i64,
    started_at: SqlTimestamp,
    finished_at: Option<SqlTimestamp>,
    answer_id: Option<SqlUuid>,
    undo_of: Option<SqlUuid>,
    undo_number: Option<i32>,
}

impl<'a> EndedTurn<'a> {
    pub(super) fn of(user: UserId, turn: &'a Turn) -> Self {
        let (input_tokens, output_tokens) = token_columns(turn.usage);
        let identity = turn.identity.as_ref();
        Self {
            user_id: user.get(),
            id: SqlUuid(turn.id.get()),
            conversation_id: SqlUuid(turn.conversation_id.get()),
            status: status_column(turn.status),
            failure_code: failure_code(turn.status),
            attempt: 1,
            lease_until: SqlTimestamp(turn.started_at),
            engine: identity.map(|identity| identity.engine.as_str()),
            model: identity.map(|identity| identity.model.as_str()),
            input_tokens,
            output_tokens,
            started_at: SqlTimestamp(turn.started_at),
            finished_at: turn.finished_at.map(SqlTimestamp),
            answer_id: turn.answer_id.map(|id| SqlUuid(id.get())),
            undo_of: turn.undo.map(|link| SqlUuid(link.first.get())),
            undo_number: turn.undo.map(|link| link.number),
        }
    }
}

fn failure_code(status: TurnStatus) -> Option<&'static str> {
    match status {
        TurnStatus::Failed(code) => Some(code.as_str()),
        _ => None,
    }
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
            async move {
                let outcome = begin(conn, turn, max).await;
                drop(permit);
                outcome
            }
            .boxed()
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
            async move {
                let outcome = run_step(conn, step, looked, max).await;
                drop(permit);
                outcome
            }
            .boxed()
        })
        .await
    }

    async fn ask(&self, ask: AskStep) -> Result<AskOutcome, StoreError> {
        let (user, max) = (ask.step.fence.user_id, self.user_limits.tasks);
        let start = Instant::now();
        let permit = self.permit_for("turn.ask", user, &ask.step.calls, start).await?;
        self.write_since(start, "turn.ask", Written::RowsOf(user), move |conn| {
            async move {
                let outcome = action_ask::ask(conn, ask, max).await;
                drop(permit);
                outcome
            }
            .boxed()
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
            async move {
                let outcome = action_decide::decide(conn, decide, max).await;
                drop(permit);
                outcome
            }
            .boxed()
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
