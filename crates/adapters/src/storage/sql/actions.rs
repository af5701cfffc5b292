//! Actions: what turns that wait ask their users, and what became of it.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use todo_domain::{
    Action, ActionId, CallResult, Closing, ConversationId, Decision, MessageId, ModelIdentity,
    RecordedCall, Role, Timestamp, Turn, TurnFence, TurnId, TurnStatus, UserId,
    ports::{ActionDecision, ActionRef, PreparedCall, SpokenDecision},
};

use super::{
    Conn,
    ledger::{identity_of, recorded, rewrite},
    messages::{NewMessage, say},
    schema::{actions, turns},
    turn_end::{TurnEnd, end},
    turn_rows::key,
};
use crate::{
    codec::{action_calls_from_json, action_calls_to_json},
    storage::{
        columns::{SqlTimestamp, SqlUuid},
        error::{Corrupt, Failure, Result},
    },
};

/// What is written of an action that is over and was not decided.
const CLOSED: &str = "closed";

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = actions)]
struct ActionRow {
    user_id: i64,
    id: SqlUuid,
    turn_id: SqlUuid,
    attempt: i32,
    step: i32,
    expires_at: SqlTimestamp,
    time_zone: String,
    calls: String,
    decision: Option<String>,
    decided_turn_id: Option<SqlUuid>,
}

/// An action, and what became of it.
pub(super) struct Found {
    pub(super) action: Action,
    pub(super) fate: Fate,
}

/// What became of an action.
pub(super) enum Fate {
    /// Its turn waits for it.
    Waits,
    /// This turn goes on with the decision.
    Decided(Decision, TurnId),
    /// It can't be decided any more.
    Closed,
}

/// The row of an action with the conversation, the status and the attempt of its turn.
type Joined = (ActionRow, SqlUuid, String, i32);

impl TryFrom<Joined> for Found {
    type Error = Failure;

    fn try_from((row, conversation, status, attempt): Joined) -> Result<Self> {
        let waits = status == WAITING && attempt == row.attempt;
        let decided = row.decided_turn_id.map(|id| TurnId::new(id.0));
        let known = [Decision::Approved, Decision::Rejected];
        let fate = match (row.decision.as_deref(), decided) {
            (None, _) if waits => Fate::Waits,
            (None | Some(CLOSED), _) => Fate::Closed,
            (Some(name), Some(turn)) => {
                let decision = known.into_iter().find(|decision| decision.as_str() == name);
                Fate::Decided(decision.ok_or(Corrupt("actions.decision"))?, turn)
            }
            (Some(_), None) => return Err(Corrupt("actions.decided_turn_id").into()),
        };
        let action = Action {
            id: ActionId::new(row.id.0),
            conversation_id: ConversationId::new(conversation.0),
            turn_id: TurnId::new(row.turn_id.0),
            step: row.step,
            expires_at: row.expires_at.0,
            time_zone: row.time_zone.parse().map_err(|_| Corrupt("actions.time_zone"))?,
            calls: action_calls_from_json(&row.calls)?,
        };
        Ok(Self { action, fate })
    }
}

/// What the row of a turn says that waits: the version before would not know another word.
pub(super) const WAITING: &str = TurnStatus::Interrupted.as_str();

/// Actions of a user with their turns.
macro_rules! of_user {
    ($user:expr) => {
        actions::table
            .inner_join(
                turns::table
                    .on(turns::user_id.eq(actions::user_id).and(turns::id.eq(actions::turn_id))),
            )
            .filter(actions::user_id.eq($user.get()))
            .select((ActionRow::as_select(), turns::conversation_id, turns::status, turns::attempt))
    };
}

/// An action of this id.
pub(super) async fn find(conn: &mut Conn, user: UserId, id: ActionId) -> Result<Option<Found>> {
    let row = of_user!(user).filter(actions::id.eq(SqlUuid(id.get())));
    let row: Option<Joined> = row.first(conn).await.optional()?;
    row.map(Found::try_from).transpose()
}

/// The actions that turns of a conversation wait for, the latest first.
pub(super) async fn waiting_in(
    conn: &mut Conn,
    user: UserId,
    conversation: ConversationId,
) -> Result<Vec<Action>> {
    let rows = of_user!(user)
        .filter(actions::decision.is_null())
        .filter(turns::conversation_id.eq(SqlUuid(conversation.get())))
        .order((turns::started_at.desc(), turns::id.desc()));
    waiting(rows.load(conn).await?)
}

/// The actions that these turns wait for, by turn.
async fn of_turns(
    conn: &mut Conn,
    user: UserId,
    ids: impl Iterator<Item = TurnId>,
) -> Result<HashMap<TurnId, Action>> {
    let ids: Vec<_> = ids.map(|id| SqlUuid(id.get())).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows =
        of_user!(user).filter(actions::decision.is_null()).filter(actions::turn_id.eq_any(ids));
    let actions = waiting(rows.load(conn).await?)?;
    Ok(actions.into_iter().map(|action| (action.turn_id, action)).collect())
}

/// The action that a turn waits for.
pub(super) async fn of_turn(conn: &mut Conn, user: UserId, id: TurnId) -> Result<Option<Action>> {
    Ok(of_turns(conn, user, [id].into_iter()).await?.remove(&id))
}

/// Tells those of some turns that wait what they wait for.
pub(super) async fn tell(conn: &mut Conn, user: UserId, turns: &mut [Turn]) -> Result<()> {
    let may_wait = turns.iter().filter(|turn| turn.status == TurnStatus::Interrupted);
    let mut actions = of_turns(conn, user, may_wait.map(|turn| turn.id)).await?;
    for turn in turns {
        if let Some(action) = actions.remove(&turn.id) {
            turn.status = TurnStatus::Waiting;
            turn.action = Some(action);
        }
    }
    Ok(())
}

fn waiting(rows: Vec<Joined>) -> Result<Vec<Action>> {
    let mut waiting = Vec::new();
    for row in rows {
        let Found { action, fate } = Found::try_from(row)?;
        if let Fate::Waits = fate {
            waiting.push(action);
        }
    }
    Ok(waiting)
}

pub(super) async fn action(
    conn: &mut Conn,
    user: UserId,
    which: ActionRef,
) -> Result<Option<Action>> {
    Ok(match which {
        ActionRef::Action(id) => find(conn, user, id).await?.map(|found| found.action),
        ActionRef::WaitingIn(conversation) => {
            waiting_in(conn, user, conversation).await?.into_iter().next()
        }
    })
}

/// Stores an action of this attempt.
pub(super) async fn insert(conn: &mut Conn, fence: &TurnFence, action: &Action) -> Result<()> {
    let row = ActionRow {
        user_id: fence.user_id.get(),
        id: SqlUuid(action.id.get()),
        turn_id: SqlUuid(fence.turn_id.get()),
        attempt: fence.attempt,
        step: action.step,
        expires_at: SqlTimestamp(action.expires_at),
        time_zone: action.time_zone.name().to_owned(),
        calls: action_calls_to_json(&action.calls)?,
        decision: None,
        decided_turn_id: None,
    };
    diesel::insert_into(actions::table).values(row).execute(conn).await?;
    Ok(())
}

/// Notes that an action is over: with a decision and the turn that goes on with it, or without.
pub(super) async fn mark(
    conn: &mut Conn,
    user: UserId,
    id: ActionId,
    decided: Option<(Decision, TurnId)>,
) -> Result<()> {
    diesel::update(actions::table.find((user.get(), SqlUuid(id.get()))))
        .set((
            actions::decision.eq(decided.map_or(CLOSED, |(decision, _)| decision.as_str())),
            actions::decided_turn_id.eq(decided.map(|(_, turn)| SqlUuid(turn.get()))),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes results instead of those that wait.
pub(super) async fn settle(
    conn: &mut Conn,
    user: UserId,
    action: &Action,
    mut result: impl FnMut(RecordedCall) -> RecordedCall,
) -> Result<()> {
    let calls = recorded(conn, user, action.turn_id, action.step).await?.unwrap_or_default();
    let settled = calls.into_iter().map(|call| if call.is_waiting() { result(call) } else { call });
    rewrite(conn, user, action.turn_id, action.step, settled.collect()).await
}

/// Closes an action whose turn does not go on, and records that for its calls.
pub(super) async fn close(
    conn: &mut Conn,
    user: UserId,
    action: &Action,
    closing: Closing,
    decided: Option<(Decision, TurnId)>,
) -> Result<()> {
    mark(conn, user, action.id, decided).await?;
    let over = |call| RecordedCall { result: CallResult::Rejected(closing.rejection()), ..call };
    settle(conn, user, action, over).await
}

/// Closes an action, and completes its turn with the question as its answer.
pub(super) async fn close_with_question(
    conn: &mut Conn,
    user: UserId,
    action: &Action,
    closing: Closing,
    decided: Option<(Decision, TurnId)>,
    now: Timestamp,
) -> Result<()> {
    close(conn, user, action, closing, decided).await?;
    let answer: Option<SqlUuid> =
        turns::table.find(key(user, action.turn_id)).select(turns::answer_id).first(conn).await?;
    let question = action.question();
    let message = NewMessage {
        id: MessageId::new(answer.ok_or(Corrupt("turns.answer_id"))?.0),
        role: Role::Assistant,
        text: &question,
        turn_id: action.turn_id,
        now,
    };
    say(conn, user, action.conversation_id, message).await?;
    end(conn, user, action.turn_id, TurnEnd::of_no_runner(TurnStatus::Completed, now)).await
}

/// Closes what waits in a conversation, before this turn of it begins or goes on. If its message
/// approves it, these are the calls to carry out, and who had asked for them.
pub(super) async fn close_waiting(
    conn: &mut Conn,
    fence: &TurnFence,
    spoken: Option<SpokenDecision>,
    now: Timestamp,
) -> Result<Option<(ModelIdentity, Vec<PreparedCall>)>> {
    let user = fence.user_id;
    let mut approved = None;
    for action in waiting_in(conn, user, fence.conversation_id).await? {
        let spoken = spoken.as_ref().filter(|spoken| spoken.action_id == action.id);
        let Some(spoken) = spoken.filter(|_| !action.has_expired(now)) else {
            close_with_question(conn, user, &action, Closing::MovedOn, None, now).await?;
            continue;
        };
        let decided = Some((spoken.decision.kind(), fence.turn_id));
        let closing = match &spoken.decision {
            ActionDecision::Reject => Closing::MovedOn,
            ActionDecision::Approve(calls) => {
                let asked_by = identity_of(conn, user, action.turn_id, action.step).await?;
                approved = Some((asked_by.ok_or(Corrupt("actions.step"))?, calls.clone()));
                Closing::AnsweredInWords
            }
        };
        close_with_question(conn, user, &action, closing, decided, now).await?;
    }
    Ok(approved)
}
