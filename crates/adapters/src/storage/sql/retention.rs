//! Old turns, and how they go.

use std::collections::BTreeMap;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use todo_domain::{
    Timestamp, UserId,
    ports::{RetentionStore, StoreError},
};

use super::{
    Conn, Db,
    schema::{idempotency_keys, turns},
};
use crate::storage::{
    columns::{SqlTimestamp, SqlUuid},
    error::{Corrupt, Result},
    observers::Written,
    replica::Freshness,
};

/// The turns that ended longest ago, by user. They are read without a lock: a statement that locks
/// or writes names one user, so that users may lie on different machines.
async fn oldest_turns(
    conn: &mut Conn,
    ended_before: Timestamp,
    limit: u32,
) -> Result<BTreeMap<UserId, Vec<SqlUuid>>> {
    let oldest: Vec<(i64, SqlUuid)> = turns::table
        .filter(turns::finished_at.lt(SqlTimestamp(ended_before)))
        .order(turns::finished_at)
        .limit(i64::from(limit))
        .select((turns::user_id, turns::id))
        .load(conn)
        .await?;
    let mut by_user: BTreeMap<UserId, Vec<SqlUuid>> = BTreeMap::new();
    for (user, id) in oldest {
        let user = UserId::new(user).map_err(|_| Corrupt("turns.user_id"))?;
        by_user.entry(user).or_default().push(id);
    }
    Ok(by_user)
}

/// Removes turns of a user; returns how many.
async fn forget(
    conn: &mut Conn,
    user: UserId,
    ids: Vec<SqlUuid>,
    ended_before: Timestamp,
) -> Result<u64> {
    // A turn that is deleted with its conversation just now is not waited for: that could become
    // waiting for each other.
    let theirs = turns::table.filter(turns::user_id.eq(user.get())).filter(turns::id.eq_any(ids));
    // One that was resumed since it was read has not ended.
    let ended = theirs.filter(turns::finished_at.lt(SqlTimestamp(ended_before)));
    let free = for_update_skip_locked!(ended.select(turns::id));
    let free: Vec<SqlUuid> = free.load(conn).await?;
    // Steps, calls and effects go by the foreign keys.
    let theirs = turns::table.filter(turns::user_id.eq(user.get())).filter(turns::id.eq_any(free));
    Ok(diesel::delete(theirs).execute(conn).await? as u64)
}

/// The keys that came longest ago, by user, read without a lock.
async fn oldest_keys(
    conn: &mut Conn,
    came_before: Timestamp,
    limit: u32,
) -> Result<BTreeMap<UserId, Vec<String>>> {
    let oldest: Vec<(i64, String)> = idempotency_keys::table
        .filter(idempotency_keys::created_at.lt(SqlTimestamp(came_before)))
        .order(idempotency_keys::created_at)
        .limit(i64::from(limit))
        .select((idempotency_keys::user_id, idempotency_keys::key))
        .load(conn)
        .await?;
    let mut by_user: BTreeMap<UserId, Vec<String>> = BTreeMap::new();
    for (user, key) in oldest {
        let user = UserId::new(user).map_err(|_| Corrupt("idempotency_keys.user_id"))?;
        by_user.entry(user).or_default().push(key);
    }
    Ok(by_user)
}

/// Removes keys of a user; returns how many.
async fn forget_keys(
    conn: &mut Conn,
    user: UserId,
    keys: Vec<String>,
    came_before: Timestamp,
) -> Result<u64> {
    let theirs = idempotency_keys::table.filter(idempotency_keys::user_id.eq(user.get()));
    let old = theirs
        .filter(idempotency_keys::key.eq_any(keys))
        .filter(idempotency_keys::created_at.lt(SqlTimestamp(came_before)));
    // What is removed with its turn just now is left alone, as with turns.
    let free = for_update_skip_locked!(old.select(idempotency_keys::key));
    let free: Vec<String> = free.load(conn).await?;
    let old = theirs.filter(idempotency_keys::key.eq_any(free));
    Ok(diesel::delete(old).execute(conn).await? as u64)
}

#[async_trait]
impl RetentionStore for Db {
    async fn forget_turns(&self, ended_before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let oldest = self
            .select("retention.oldest", Freshness::Latest, move |conn| {
                oldest_turns(conn, ended_before, limit).boxed()
            })
            .await?;
        let mut removed = 0;
        for (user, ids) in oldest {
            let forgetting = self.write("retention.turns", Written::InNoName, move |conn| {
                forget(conn, user, ids, ended_before).boxed()
            });
            removed += forgetting.await?;
        }
        Ok(removed)
    }

    async fn forget_keys(&self, came_before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let oldest = self
            .select("retention.oldest_keys", Freshness::Latest, move |conn| {
                oldest_keys(conn, came_before, limit).boxed()
            })
            .await?;
        let mut removed = 0;
        for (user, keys) in oldest {
            let forgetting = self.write("retention.keys", Written::InNoName, move |conn| {
                forget_keys(conn, user, keys, came_before).boxed()
            });
            removed += forgetting.await?;
        }
        Ok(removed)
    }
}
