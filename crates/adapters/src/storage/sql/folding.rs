//! Rows of before are folded as new ones are.

use async_trait::async_trait;
use diesel::{dsl::sql, prelude::*, sql_types::Bool};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use todo_domain::{
    UserId,
    ports::{FoldingStore, StoreError},
};

use super::{
    Conn, Db, TO_FOLD,
    accounts::lock_user_amid_import,
    schema::{conversations, messages, tasks},
    search, tags,
};
use crate::storage::{
    columns::SqlUuid,
    error::{Corrupt, Result},
    observers::Written,
};

/// Somebody with a row to fold. Only the index of such rows is read.
async fn next_user(conn: &mut Conn) -> Result<Option<i64>> {
    macro_rules! first_of {
        ($table:ident) => {
            $table::table
                .filter(sql::<Bool>(TO_FOLD))
                .order($table::user_id)
                .select($table::user_id)
                .first(conn)
                .await
                .optional()?
        };
    }
    let mut user = first_of!(tasks);
    if user.is_none() {
        user = first_of!(conversations);
    }
    if user.is_none() {
        user = first_of!(messages);
    }
    Ok(user)
}

/// Folds some rows of somebody. Their row is locked as for any other write of theirs, so that
/// nobody changes a text meanwhile.
async fn fold_some(conn: &mut Conn, limit: u32) -> Result<Option<u64>> {
    let Some(user) = next_user(conn).await? else { return Ok(None) };
    lock_user_amid_import(conn, UserId::new(user).map_err(|_| Corrupt("users.id"))?).await?;
    let mut folded = tasks_of(conn, user, limit.into()).await?;
    folded += conversations_of(conn, user, i64::from(limit) - folded).await?;
    folded += messages_of(conn, user, i64::from(limit) - folded).await?;
    Ok(Some(folded.unsigned_abs()))
}

async fn tasks_of(conn: &mut Conn, user: i64, limit: i64) -> Result<i64> {
    let rows: Vec<(i64, String, Option<String>, String)> = tasks::table
        .filter(tasks::user_id.eq(user))
        .filter(sql::<Bool>(TO_FOLD))
        .limit(limit)
        .select((tasks::id, tasks::title, tasks::description, tasks::tags))
        .load(conn)
        .await?;
    let count = rows.len() as i64;
    for (id, title, description, tags) in rows {
        let texts = [title.as_str(), description.as_deref().unwrap_or_default()];
        // As they are kept today. What is no tag any more stays as it is.
        let tags =
            tags::tags_of(&tags)?.to_string().parse().map_or(tags, |it| tags::column_of(&it));
        diesel::update(tasks::table.find((user, id)))
            .set((tasks::search_text.eq(search::column_of(texts)), tasks::tags.eq(tags)))
            .execute(conn)
            .await?;
    }
    Ok(count)
}

async fn conversations_of(conn: &mut Conn, user: i64, limit: i64) -> Result<i64> {
    let rows: Vec<(SqlUuid, String)> = conversations::table
        .filter(conversations::user_id.eq(user))
        .filter(sql::<Bool>(TO_FOLD))
        .limit(limit)
        .select((conversations::id, conversations::title))
        .load(conn)
        .await?;
    let count = rows.len() as i64;
    for (id, title) in rows {
        diesel::update(conversations::table.find((user, id)))
            .set(conversations::search_text.eq(search::column_of([title.as_str()])))
            .execute(conn)
            .await?;
    }
    Ok(count)
}

async fn messages_of(conn: &mut Conn, user: i64, limit: i64) -> Result<i64> {
    let rows: Vec<(SqlUuid, i64, String)> = messages::table
        .filter(messages::user_id.eq(user))
        .filter(sql::<Bool>(TO_FOLD))
        .limit(limit)
        .select((messages::conversation_id, messages::seq, messages::body))
        .load(conn)
        .await?;
    let count = rows.len() as i64;
    for (conversation, seq, body) in rows {
        diesel::update(messages::table.find((user, conversation, seq)))
            .set(messages::search_text.eq(search::column_of([body.as_str()])))
            .execute(conn)
            .await?;
    }
    Ok(count)
}

#[async_trait]
impl FoldingStore for Db {
    async fn fold_some(&self, limit: u32) -> Result<Option<u64>, StoreError> {
        self.write("folding.rows", Written::InNoName, move |conn| fold_some(conn, limit).boxed())
            .await
    }
}
