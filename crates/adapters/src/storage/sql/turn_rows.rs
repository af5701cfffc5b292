//! The rows of turns.

use diesel::prelude::*;
use todo_domain::{
    ConversationId, MessageId, ModelIdentity, Turn, TurnId, TurnStatus, UndoLink, UserId,
};

use super::{
    actions,
    ledger::{token_columns, usage_of},
    schema::turns,
};
use crate::storage::{
    columns::{SqlTimestamp, SqlUuid},
    error::Corrupt,
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
pub(super) const fn status_column(status: TurnStatus) -> &'static str {
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

pub(super) fn failure_code(status: TurnStatus) -> Option<&'static str> {
    match status {
        TurnStatus::Failed(code) => Some(code.as_str()),
        _ => None,
    }
}
