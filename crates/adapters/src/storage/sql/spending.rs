//! What users spend of the provider's tokens, day by day.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use todo_domain::{Timestamp, TokenUsage, TokensSpent, UserId};

use super::{Conn, schema::users};
use crate::storage::{columns::SqlDay, error::Result};

/// Locks a user's row, as [`lock_user`](super::accounts::lock_user) does, and tells their time zone
/// and what they have spent lately.
pub(super) async fn lock_spender(
    conn: &mut Conn,
    user: UserId,
) -> Result<Option<(String, Option<TokensSpent>)>> {
    let row = users::table.find(user.get()).select((
        users::time_zone,
        users::tokens_day,
        users::tokens_spent,
    ));
    let found: Option<(String, Option<SqlDay>, i64)> =
        for_update!(row).first(conn).await.optional()?;
    Ok(found.map(|(time_zone, day, tokens)| {
        let tokens = u64::try_from(tokens).unwrap_or_default();
        (time_zone, day.map(|SqlDay(day)| TokensSpent { day, tokens }))
    }))
}

/// Adds to what a user has spent on this day. Their row is locked.
pub(super) async fn spend(
    conn: &mut Conn,
    user: UserId,
    usage: TokenUsage,
    now: Timestamp,
) -> Result<()> {
    let tokens = i64::try_from(usage.total()).unwrap_or(i64::MAX);
    if tokens == 0 {
        return Ok(());
    }
    let day = Some(SqlDay(TokensSpent::day_of(now)));
    let same_day = users::table.find(user.get()).filter(users::tokens_day.eq(day));
    let added = diesel::update(same_day)
        .set(users::tokens_spent.eq(users::tokens_spent + tokens))
        .execute(conn)
        .await?;
    if added == 0 {
        diesel::update(users::table.find(user.get()))
            .set((users::tokens_day.eq(day), users::tokens_spent.eq(tokens)))
            .execute(conn)
            .await?;
    }
    Ok(())
}
