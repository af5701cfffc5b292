//! Old turns, and how they go.

use async_trait::async_trait;
use diesel::{dsl::sql, prelude::*, sql_types::Bool};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use todo_domain::{
    Timestamp,
    ports::{RetentionStore, StoreError},
};

use super::{
    Conn, Db, SKIPPING_LOCKED,
    column::{BigInt, Instant},
    schema::turns,
};
use crate::storage::{columns::SqlTimestamp, error::Result};

async fn forget_turns(conn: &mut Conn, ended_before: Timestamp, limit: u32) -> Result<u64> {
    // A turn that is deleted with its conversation just now is not waited for: that could become
    // waiting for each other. Steps, calls and effects go by the foreign keys.
    let oldest =
        sql::<Bool>("(user_id, id) IN (SELECT user_id, id FROM turns WHERE finished_at < ")
            .bind::<Instant, _>(SqlTimestamp(ended_before))
            .sql(" ORDER BY finished_at LIMIT ")
            .bind::<BigInt, _>(i64::from(limit))
            .sql(SKIPPING_LOCKED);
    let removed = diesel::delete(turns::table.filter(oldest)).execute(conn).await?;
    Ok(removed as u64)
}

#[async_trait]
impl RetentionStore for Db {
    async fn forget_turns(&self, ended_before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write("retention.turns", None, move |conn| {
            forget_turns(conn, ended_before, limit).boxed()
        })
        .await
    }
}
