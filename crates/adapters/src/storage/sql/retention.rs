//! Old turns, and how they go.

use std::collections::HashMap;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use todo_domain::{
    Timestamp,
    ports::{RetentionStore, StoreError},
};

use super::{Conn, Db, schema::turns};
use crate::storage::{
    columns::{SqlTimestamp, SqlUuid},
    error::Result,
    observers::Written,
};

async fn forget_turns(conn: &mut Conn, ended_before: Timestamp, limit: u32) -> Result<u64> {
    // A turn that is deleted with its conversation just now is not waited for: that could become
    // waiting for each other. A subquery of the deletion could be run more than once, and take
    // others each time, so the oldest are chosen first.
    let oldest = turns::table
        .filter(turns::finished_at.lt(SqlTimestamp(ended_before)))
        .order(turns::finished_at)
        .limit(i64::from(limit))
        .select((turns::user_id, turns::id));
    let oldest: Vec<(i64, SqlUuid)> = for_update_skip_locked!(oldest).load(conn).await?;
    let mut ids: HashMap<i64, Vec<SqlUuid>> = HashMap::new();
    for (user, id) in oldest {
        ids.entry(user).or_default().push(id);
    }
    let mut removed = 0;
    for (user, ids) in ids {
        // Steps, calls and effects go by the foreign keys.
        let theirs = turns::table.filter(turns::user_id.eq(user)).filter(turns::id.eq_any(ids));
        removed += diesel::delete(theirs).execute(conn).await? as u64;
    }
    Ok(removed)
}

#[async_trait]
impl RetentionStore for Db {
    async fn forget_turns(&self, ended_before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write("retention.turns", Written::InNoName, move |conn| {
            forget_turns(conn, ended_before, limit).boxed()
        })
        .await
    }
}
