//! Which tokens are good.

use std::time::Duration;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use todo_domain::{
    RefreshClaims, Timestamp, TokenClaims, TokenEpoch, TokenFamily, TokenFamilyId, TokenId,
    TokenStatus, UserId,
    ports::{MAX_REVOKED_TOKENS, RefreshOutcome, StoreError, TokenStore},
};

use super::{
    Conn, Db,
    accounts::lock_user_amid_import,
    database_now, refresh_tokens,
    schema::{revoked_tokens, users},
};
use crate::storage::{
    columns::{SqlTimestamp, SqlUuid},
    error::Result,
    observers::Written,
    replica::Freshness,
};

/// So many tokens that were signed out are remembered however long ago they expired: a clock that is
/// ahead for a moment is no reason to forget them, and there are few of them.
const KEPT_IN_ANY_CASE: usize = 64;
/// More of them are remembered for this long beyond their time, as long as there is room: at the bound
/// those that expired first make room for others.
const CLOCK_MARGIN: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// One row for each token that was signed out, or one without.
async fn status(conn: &mut Conn, user: UserId) -> Result<Option<TokenStatus>> {
    let rows: Vec<(i64, bool, Option<SqlUuid>)> = users::table
        .left_join(revoked_tokens::table.on(revoked_tokens::user_id.eq(users::id)))
        .filter(users::id.eq(user.get()))
        .select((
            users::token_epoch,
            users::disabled_at.is_not_null(),
            revoked_tokens::token_id.nullable(),
        ))
        .load(conn)
        .await?;
    let Some(&(epoch, is_disabled, _)) = rows.as_slice().first() else { return Ok(None) };
    let revoked = rows.into_iter().filter_map(|(_, _, id)| id.map(|id| TokenId::new(id.0)));
    let (epoch, revoked) = (TokenEpoch::new(epoch), revoked.collect());
    Ok(Some(TokenStatus { epoch, is_disabled, revoked }))
}

async fn revoke(conn: &mut Conn, token: TokenClaims, now: Timestamp) -> Result<()> {
    let user = token.user;
    lock_user_amid_import(conn, user).await?;
    let Some(mut status) = status(conn, user).await? else { return Ok(()) };
    if status.revoked.len() >= KEPT_IN_ANY_CASE {
        // By the clock that is behind, should one of them be ahead.
        let now = now.min(database_now(conn).await?.0).saturating_sub(CLOCK_MARGIN);
        let theirs = revoked_tokens::table.filter(revoked_tokens::user_id.eq(user.get()));
        let expired = theirs.filter(revoked_tokens::expires_at.le(SqlTimestamp(now)));
        if diesel::delete(expired).execute(conn).await? > 0 {
            let Some(left) = self::status(conn, user).await? else { return Ok(()) };
            status = left;
        }
    }
    // Of a user who is disabled it counts as well: they may be enabled before it expires.
    if token.epoch != status.epoch || status.revoked.contains(&token.id) {
        return Ok(());
    }
    if status.revoked.len() >= MAX_REVOKED_TOKENS && !forget_expired(conn, user, now).await? {
        return begin_epoch(conn, user).await;
    }
    diesel::insert_into(revoked_tokens::table)
        .values((
            revoked_tokens::user_id.eq(user.get()),
            revoked_tokens::token_id.eq(SqlUuid(token.id.get())),
            revoked_tokens::expires_at.eq(SqlTimestamp(token.expires_at)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets the token of a user that expired first, if any has expired, by the clock that is behind.
async fn forget_expired(conn: &mut Conn, user: UserId, now: Timestamp) -> Result<bool> {
    let now = now.min(database_now(conn).await?.0);
    let oldest: Option<SqlUuid> = revoked_tokens::table
        .filter(revoked_tokens::user_id.eq(user.get()))
        .filter(revoked_tokens::expires_at.le(SqlTimestamp(now)))
        .order(revoked_tokens::expires_at)
        .select(revoked_tokens::token_id)
        .first(conn)
        .await
        .optional()?;
    let Some(oldest) = oldest else { return Ok(false) };
    diesel::delete(revoked_tokens::table.find((user.get(), oldest))).execute(conn).await?;
    Ok(true)
}

/// Makes all tokens of a user void, so that none of them has to be remembered.
pub(super) async fn begin_epoch(conn: &mut Conn, user: UserId) -> Result<()> {
    diesel::update(users::table.find(user.get()))
        .set(users::token_epoch.eq(users::token_epoch + 1))
        .execute(conn)
        .await?;
    let theirs = revoked_tokens::table.filter(revoked_tokens::user_id.eq(user.get()));
    diesel::delete(theirs).execute(conn).await?;
    refresh_tokens::end_all(conn, user).await
}

#[async_trait]
impl TokenStore for Db {
    async fn status(&self, user: UserId) -> Result<Option<TokenStatus>, StoreError> {
        self.select("token.status", Freshness::Latest, move |conn| status(conn, user).boxed()).await
    }

    async fn revoke(&self, token: TokenClaims, now: Timestamp) -> Result<(), StoreError> {
        self.write("token.revoke", Written::RowsOf(token.user), move |conn| {
            revoke(conn, token, now).boxed()
        })
        .await
    }

    async fn revoke_all(&self, user: UserId) -> Result<(), StoreError> {
        self.write("token.revoke_all", Written::RowsOf(user), move |conn| {
            begin_epoch(conn, user).boxed()
        })
        .await
    }

    async fn begin_family(&self, user: UserId, family: TokenFamily) -> Result<(), StoreError> {
        self.write("token.begin_family", Written::RowsOf(user), move |conn| {
            refresh_tokens::begin(conn, user, family).boxed()
        })
        .await
    }

    async fn refresh(
        &self,
        token: RefreshClaims,
        now: Timestamp,
    ) -> Result<RefreshOutcome, StoreError> {
        self.write("token.refresh", Written::RowsOf(token.user), move |conn| {
            refresh_tokens::refresh(conn, token, now).boxed()
        })
        .await
    }

    async fn end_family(&self, user: UserId, family: TokenFamilyId) -> Result<(), StoreError> {
        self.write("token.end_family", Written::RowsOf(user), move |conn| {
            refresh_tokens::end(conn, user, family).boxed()
        })
        .await
    }
}
