//! How a turn begins: with a new message, or once more with the one that it failed to answer.

use std::time::Duration;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use todo_domain::{
    ConversationId, ConversationTitle, MessageId, Role, TimeZone, Timestamp, Turn, TurnFence,
    TurnId, TurnStatus, TurnStep, UserId, UserLimits,
    ports::{BeginOutcome, BeginTurn, Begun, ConversationRef, ReplayedTurn},
};

use super::{
    Conn,
    accounts::lock_user,
    actions, conversations, database_now,
    history::history,
    idempotency::{self, KeyUse},
    ledger::{record, steps},
    messages::{self, NewMessage, position_of_question, say},
    partial_answers,
    schema::turns,
    spending::spent,
    steps::{Looked, carry_out},
    turn_end::{TurnEnd, end},
    turn_rows::{TurnRow, key},
};
use crate::storage::{
    columns::{SqlTimestamp, SqlUuid},
    error::{Corrupt, Result},
};

/// Begins a turn, goes on with one, or tells what there is already.
pub(super) async fn begin(
    conn: &mut Conn,
    turn: BeginTurn,
    max: UserLimits,
) -> Result<BeginOutcome> {
    let user = turn.user_id;
    let Some(time_zone) = lock_user(conn, user).await? else {
        return Ok(BeginOutcome::UserNotFound);
    };
    let time_zone = time_zone.parse().map_err(|_| Corrupt("users.time_zone"))?;
    let earlier = match &turn.keyed {
        None => None,
        Some(request) => match idempotency::use_of(conn, user, request).await? {
            None => None,
            Some(KeyUse::OtherRequest | KeyUse::Answer(_)) => return Ok(BeginOutcome::KeyReused),
            Some(KeyUse::Turn(id)) => find(conn, user, id).await?,
        },
    };
    let database_now = database_now(conn).await?.0;
    if let Some(earlier) = &earlier
        && let Some(settled) = settled(conn, user, earlier, database_now).await?
    {
        return Ok(settled);
    }
    if let Some(budget) = turn.budget {
        let spent = spent(conn, user, turn.now).await?;
        if let Some(retry_after) = budget.exhausted_for(Some(spent), turn.now) {
            return Ok(BeginOutcome::BudgetSpent { budget, retry_after });
        }
    }
    match earlier {
        Some(earlier) if lock(conn, user, &earlier.turn).await? => {
            let BeginTurn { lease, history, now, .. } = turn;
            let resumption =
                Resumption { user, lease, history, now, answer_id: Some(turn.answer_id) };
            resume(conn, resumption, earlier, time_zone, database_now).await
        }
        _ => start(conn, turn, max, time_zone, database_now).await,
    }
}

/// A turn that began before, without its ledger.
pub(super) struct Earlier {
    pub(super) turn: Turn,
    pub(super) attempt: i32,
    lease_until: Timestamp,
}

/// The outcome of a turn that is not to go on; `None` if it failed, was interrupted, or its runner is
/// dead.
pub(super) async fn settled(
    conn: &mut Conn,
    user: UserId,
    earlier: &Earlier,
    database_now: Timestamp,
) -> Result<Option<BeginOutcome>> {
    let Earlier { turn, lease_until, .. } = earlier;
    Ok(match turn.status {
        TurnStatus::Completed | TurnStatus::Cancelled | TurnStatus::Waiting => {
            Some(replay(conn, user, turn.clone()).await?)
        }
        TurnStatus::Running if *lease_until > database_now => Some(BeginOutcome::TurnInProgress {
            turn_id: turn.id,
            retry_after: lease_until.since(database_now),
            is_same_request: true,
        }),
        TurnStatus::Running | TurnStatus::Failed(_) | TurnStatus::Interrupted => None,
    })
}

/// A turn of a user, who is locked: nobody begins, ends or resumes it meanwhile.
pub(super) async fn find(conn: &mut Conn, user: UserId, id: TurnId) -> Result<Option<Earlier>> {
    let row = turns::table.find(key(user, id));
    let row = row.select((TurnRow::as_select(), turns::attempt, turns::lease_until));
    let found: Option<(TurnRow, i32, SqlTimestamp)> = row.first(conn).await.optional()?;
    let Some((row, attempt, lease_until)) = found else { return Ok(None) };
    let mut turns = [row.try_into()?];
    actions::tell(conn, user, &mut turns).await?;
    let [turn] = turns;
    Ok(Some(Earlier { turn, attempt, lease_until: lease_until.0 }))
}

/// Locks the conversation of a turn and the turn itself, whose user is locked; `false` if it was
/// deleted since it was read, by the retention job or with its conversation.
pub(super) async fn lock(conn: &mut Conn, user: UserId, turn: &Turn) -> Result<bool> {
    conversations::lock(conn, user, turn.conversation_id).await?;
    let row = turns::table.find(key(user, turn.id)).select(turns::user_id);
    let found: Option<i64> = for_update!(row).first(conn).await.optional()?;
    Ok(found.is_some())
}

async fn replay(conn: &mut Conn, user: UserId, mut turn: Turn) -> Result<BeginOutcome> {
    turn.steps = steps(conn, user, &[turn.id]).await?.remove(&turn.id).unwrap_or_default();
    let answer = match (turn.status, turn.answer_id) {
        (TurnStatus::Completed, Some(id)) => {
            let answer = messages::find(conn, user, id).await?;
            Some(answer.ok_or(Corrupt("turns.answer_id"))?)
        }
        _ => None,
    };
    Ok(BeginOutcome::Replayed(Box::new(ReplayedTurn { turn, answer })))
}

/// How a turn goes on.
pub(super) struct Resumption {
    pub(super) user: UserId,
    pub(super) lease: Duration,
    pub(super) history: u16,
    pub(super) now: Timestamp,
    /// The id of its answer, if it has got none yet.
    pub(super) answer_id: Option<MessageId>,
}

/// Goes on with a turn, which is locked, as its next attempt.
pub(super) async fn resume(
    conn: &mut Conn,
    request: Resumption,
    earlier: Earlier,
    time_zone: TimeZone,
    database_now: Timestamp,
) -> Result<BeginOutcome> {
    let (user, Earlier { turn: known, attempt, .. }) = (request.user, earlier);
    let now = request.now;
    let fence = TurnFence {
        user_id: user,
        conversation_id: known.conversation_id,
        turn_id: known.id,
        attempt: attempt.saturating_add(1),
    };
    if known.status != TurnStatus::Running
        && let Some(busy) = make_way(conn, user, known.conversation_id, now, database_now).await?
    {
        return Ok(busy);
    }
    actions::close_waiting(conn, &fence, None, now).await?;
    let answer_id = known.answer_id.or(request.answer_id);
    let answer_id = answer_id.unwrap_or_else(|| MessageId::new(known.id.get()));
    diesel::update(turns::table.find(key(user, known.id)))
        .set((
            turns::status.eq(TurnStatus::Running.as_str()),
            turns::failure_code.eq(None::<String>),
            turns::attempt.eq(fence.attempt),
            turns::lease_until.eq(SqlTimestamp(database_now.saturating_add(request.lease))),
            turns::finished_at.eq(None::<SqlTimestamp>),
            turns::answer_id.eq(Some(SqlUuid(answer_id.get()))),
        ))
        .execute(conn)
        .await?;
    partial_answers::forget(conn, user, known.id).await?;
    let position = position_of_question(conn, user, fence.conversation_id, known.id).await?;
    let history = history(conn, user, fence.conversation_id, position, request.history).await?;
    let steps = steps(conn, user, &[known.id]).await?.remove(&known.id).unwrap_or_default();
    Ok(BeginOutcome::Begun(Begun {
        fence,
        answer_id,
        is_new_conversation: false,
        asked_at: known.started_at,
        time_zone,
        history,
        steps,
        usage: known.usage,
    }))
}

/// Stores the message, and begins the turn that is to answer it.
async fn start(
    conn: &mut Conn,
    mut turn: BeginTurn,
    max: UserLimits,
    time_zone: TimeZone,
    database_now: Timestamp,
) -> Result<BeginOutcome> {
    let (user, fence) = (turn.user_id, turn.fence());
    let id = fence.conversation_id;
    let is_found = match turn.conversation {
        // To create it shows whether it is there.
        ConversationRef::New(_) => false,
        ConversationRef::Existing(_) | ConversationRef::NewOrExisting(_) => {
            conversations::lock(conn, user, id).await?
        }
    };
    let mut approved = None;
    if is_found {
        if let Some(busy) = make_way(conn, user, id, turn.now, database_now).await? {
            return Ok(busy);
        }
        approved = actions::close_waiting(conn, &fence, turn.decides.take(), turn.now).await?;
    } else if let ConversationRef::Existing(_) = turn.conversation {
        return Ok(BeginOutcome::ConversationNotFound);
    } else {
        if !conversations::has_room(conn, user, max.conversations).await? {
            if conversations::lock(conn, user, id).await? {
                return Ok(BeginOutcome::ConversationExists);
            }
            return Ok(BeginOutcome::ConversationLimitReached { max: max.conversations });
        }
        let title = ConversationTitle::of_first_message(&turn.text);
        if !conversations::create(conn, user, id, title, turn.now).await? {
            return Ok(BeginOutcome::ConversationExists);
        }
    }
    insert(conn, &turn, database_now.saturating_add(turn.lease)).await?;
    if let Some(request) = &turn.keyed {
        idempotency::store_turn(conn, user, request, turn.turn_id, turn.now).await?;
    }
    let message = NewMessage {
        id: turn.message_id,
        role: Role::User,
        text: turn.text.as_str(),
        turn_id: turn.turn_id,
        now: turn.now,
    };
    let message = say(conn, user, id, message).await?;
    let history = history(conn, user, id, message.position, turn.history).await?;
    let mut begun = turn.begun(time_zone, history);
    if let Some((identity, calls)) = approved {
        let calls = carry_out(conn, &fence, max.tasks, calls, Looked::new(), turn.now).await?;
        let step = TurnStep::approved(identity, calls);
        record(conn, user, turn.turn_id, &step, turn.now).await?;
        begun.steps.push(step);
    }
    Ok(BeginOutcome::Begun(Begun { is_new_conversation: !is_found, ..begun }))
}

/// Closes the running turn of a conversation, whose lease has run out; or tells that it has not.
pub(super) async fn make_way(
    conn: &mut Conn,
    user: UserId,
    conversation: ConversationId,
    now: Timestamp,
    database_now: Timestamp,
) -> Result<Option<BeginOutcome>> {
    let Some((turn_id, lease_until)) = running(conn, user, conversation).await? else {
        return Ok(None);
    };
    if lease_until > database_now {
        let retry_after = lease_until.since(database_now);
        let is_same_request = false;
        return Ok(Some(BeginOutcome::TurnInProgress { turn_id, retry_after, is_same_request }));
    }
    end(conn, user, turn_id, TurnEnd::of_no_runner(TurnStatus::Interrupted, now)).await?;
    Ok(None)
}

/// The running turn of a conversation, and until when it may run.
pub(super) async fn running(
    conn: &mut Conn,
    user: UserId,
    conversation: ConversationId,
) -> Result<Option<(TurnId, Timestamp)>> {
    let row: Option<(SqlUuid, SqlTimestamp)> = turns::table
        .filter(turns::user_id.eq(user.get()))
        .filter(turns::conversation_id.eq(SqlUuid(conversation.get())))
        .filter(turns::status.eq(TurnStatus::Running.as_str()))
        .select((turns::id, turns::lease_until))
        .first(conn)
        .await
        .optional()?;
    Ok(row.map(|(id, lease_until)| (TurnId::new(id.0), lease_until.0)))
}

async fn insert(conn: &mut Conn, turn: &BeginTurn, lease_until: Timestamp) -> Result<()> {
    let fence = turn.fence();
    diesel::insert_into(turns::table)
        .values((
            turns::user_id.eq(fence.user_id.get()),
            turns::id.eq(SqlUuid(fence.turn_id.get())),
            turns::conversation_id.eq(SqlUuid(fence.conversation_id.get())),
            turns::status.eq(TurnStatus::Running.as_str()),
            turns::attempt.eq(fence.attempt),
            turns::lease_until.eq(SqlTimestamp(lease_until)),
            turns::started_at.eq(SqlTimestamp(turn.now)),
            turns::answer_id.eq(SqlUuid(turn.answer_id.get())),
        ))
        .execute(conn)
        .await?;
    Ok(())
}
