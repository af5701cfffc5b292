//! Keys of requests: with which request each came, and what was made of it.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use todo_domain::{
    IdempotencyKey, KeyedRequest, RequestDigest, Timestamp, TurnId, UserId, ports::KeyedImport,
};

use super::{Conn, schema::idempotency_keys};
use crate::{
    codec::import_answer_from_json,
    storage::{
        columns::{SqlTimestamp, SqlUuid},
        error::Result,
    },
};

/// What a user's key was used for before.
pub(super) enum KeyUse {
    /// For another request.
    OtherRequest,
    /// For this message, which this turn answers.
    Turn(TurnId),
    /// For this request, which got this answer, as JSON.
    Answer(String),
}

/// A key as it is read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = idempotency_keys)]
struct KeyRow {
    request: Vec<u8>,
    turn_id: Option<SqlUuid>,
    answer: Option<String>,
}

/// What the key of a request of a user, who is locked, was used for before, if it was.
pub(super) async fn use_of(
    conn: &mut Conn,
    user: UserId,
    request: &KeyedRequest,
) -> Result<Option<KeyUse>> {
    let found = find(conn, user, &request.key).await?;
    Ok(found.map(|row| {
        if row.request != request.digest.bytes() {
            return KeyUse::OtherRequest;
        }
        match (row.turn_id, row.answer) {
            (Some(turn), _) => KeyUse::Turn(TurnId::new(turn.0)),
            (None, answer) => KeyUse::Answer(answer.unwrap_or_default()),
        }
    }))
}

/// What the key of an import was used for before, if it was.
pub(super) async fn import_of(
    conn: &mut Conn,
    user: UserId,
    key: &IdempotencyKey,
) -> Result<Option<KeyedImport>> {
    let row = find(conn, user, key).await?;
    Ok(row.map(|row| {
        let counts = row.answer.as_deref().and_then(import_answer_from_json);
        match (counts, row.request.try_into()) {
            (Some(counts), Ok(digest)) => {
                KeyedImport::Ended { digest: RequestDigest::new(digest), counts }
            }
            _ => KeyedImport::OtherRequest,
        }
    }))
}

async fn find(conn: &mut Conn, user: UserId, key: &IdempotencyKey) -> Result<Option<KeyRow>> {
    let row = idempotency_keys::table.find((user.get(), key.as_str()));
    Ok(row.select(KeyRow::as_select()).first(conn).await.optional()?)
}

/// Stores that a turn answers the message with this key.
pub(super) async fn store_turn(
    conn: &mut Conn,
    user: UserId,
    request: &KeyedRequest,
    turn: TurnId,
    now: Timestamp,
) -> Result<()> {
    store(conn, user, request, (Some(turn), None), now).await
}

/// Stores the answer to the request with this key, as JSON.
pub(super) async fn store_answer(
    conn: &mut Conn,
    user: UserId,
    request: &KeyedRequest,
    answer: &str,
    now: Timestamp,
) -> Result<()> {
    store(conn, user, request, (None, Some(answer)), now).await
}

async fn store(
    conn: &mut Conn,
    user: UserId,
    request: &KeyedRequest,
    (turn, answer): (Option<TurnId>, Option<&str>),
    now: Timestamp,
) -> Result<()> {
    diesel::insert_into(idempotency_keys::table)
        .values((
            idempotency_keys::user_id.eq(user.get()),
            idempotency_keys::key.eq(request.key.as_str()),
            idempotency_keys::request.eq(request.digest.bytes().as_slice()),
            idempotency_keys::turn_id.eq(turn.map(|turn| SqlUuid(turn.get()))),
            idempotency_keys::answer.eq(answer),
            idempotency_keys::created_at.eq(SqlTimestamp(now)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}
