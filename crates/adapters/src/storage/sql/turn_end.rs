//! Who may carry a turn on, and how it ends.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use todo_domain::{
    Message, ModelIdentity, ModelUsage, Role, Timestamp, TokenUsage, TurnFence, TurnId, TurnStatus,
    UserId,
    ports::{EndOutcome, FailTurn, FinishTurn},
};

use super::{
    Conn,
    accounts::lock_user_amid_import,
    conversations,
    ledger::{token_columns, usage_of},
    messages::{NewMessage, say},
    partial_answers,
    schema::turns,
    spending::spend,
    steps::count,
    turn_rows::{failure_code, key, status_column},
};
use crate::storage::{
    columns::{SqlTimestamp, SqlUuid},
    error::Result,
};

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

/// Whose the turn is that its runner ends now, with so many answers beyond its steps for certain. What its answers have cost is spent, as far as its steps have not said so. Of a turn
/// that is gone nobody knows how far, and it is all of it: asking and deleting is no way around a
/// budget.
async fn settle(
    conn: &mut Conn,
    fence: &TurnFence,
    identity: &ModelIdentity,
    usage: TokenUsage,
    answers: u64,
    now: Timestamp,
) -> Result<Hold> {
    let hold = hold(conn, fence).await?;
    let counted = match hold {
        Hold::Held(counted) | Hold::Cancelled(counted) => counted,
        Hold::Gone => TokenUsage::default(),
        Hold::Lost => return Ok(hold),
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
    Ok(hold)
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

pub(super) async fn finish(conn: &mut Conn, turn: FinishTurn) -> Result<EndOutcome<Message>> {
    let TurnFence { user_id, conversation_id, turn_id, .. } = turn.fence;
    match settle(conn, &turn.fence, &turn.identity, turn.usage, 1, turn.now).await? {
        Hold::Held(_) => {}
        Hold::Cancelled(_) => {
            // Whoever followed the turn has read all of it.
            partial_answers::keep(conn, user_id, turn_id, &turn.text).await?;
            return Ok(EndOutcome::FencedOff);
        }
        Hold::Lost | Hold::Gone => return Ok(EndOutcome::FencedOff),
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

pub(super) async fn fail(conn: &mut Conn, turn: FailTurn) -> Result<EndOutcome<()>> {
    let TurnFence { user_id, turn_id, .. } = turn.fence;
    let hold = settle(conn, &turn.fence, &turn.identity, turn.usage, 0, turn.now).await?;
    if let (Hold::Held(_) | Hold::Cancelled(_), Some(said)) = (&hold, &turn.partial_answer) {
        partial_answers::keep(conn, user_id, turn_id, said).await?;
    }
    if !matches!(hold, Hold::Held(_)) {
        return Ok(EndOutcome::FencedOff);
    }
    let ended =
        TurnEnd::of_runner(TurnStatus::Failed(turn.code), turn.identity, turn.usage, turn.now);
    end(conn, user_id, turn_id, ended).await?;
    Ok(EndOutcome::Ended(()))
}
