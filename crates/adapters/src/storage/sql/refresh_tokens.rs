//! Families of refresh tokens.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use todo_domain::{
    RefreshClaims, RefreshDecision, Timestamp, TokenFamily, TokenFamilyId, UserId,
    ports::RefreshOutcome,
};

use super::{
    Conn,
    accounts::{self, lock_user_amid_import},
    schema::refresh_tokens,
};
use crate::storage::{
    columns::{SqlTimestamp, SqlUuid},
    error::{Failure, Result},
};

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = refresh_tokens)]
struct FamilyRow {
    family_id: SqlUuid,
    generation: i64,
    rotated_at: SqlTimestamp,
    expires_at: SqlTimestamp,
}

impl From<TokenFamily> for FamilyRow {
    fn from(family: TokenFamily) -> Self {
        Self {
            family_id: SqlUuid(family.id.get()),
            generation: family.generation,
            rotated_at: SqlTimestamp(family.rotated_at),
            expires_at: SqlTimestamp(family.expires_at),
        }
    }
}

impl From<FamilyRow> for TokenFamily {
    fn from(row: FamilyRow) -> Self {
        Self {
            id: TokenFamilyId::new(row.family_id.0),
            generation: row.generation,
            rotated_at: row.rotated_at.0,
            expires_at: row.expires_at.0,
        }
    }
}

fn key(user: UserId, family: TokenFamilyId) -> (i64, SqlUuid) {
    (user.get(), SqlUuid(family.get()))
}

pub(super) async fn begin(conn: &mut Conn, user: UserId, family: TokenFamily) -> Result<()> {
    if !lock_user_amid_import(conn, user).await? {
        return Err(Failure::NoUser);
    }
    let theirs = refresh_tokens::table.filter(refresh_tokens::user_id.eq(user.get()));
    let now = SqlTimestamp(family.rotated_at);
    diesel::delete(theirs.filter(refresh_tokens::expires_at.le(now))).execute(conn).await?;
    let by_use: Vec<SqlUuid> = theirs
        .order((refresh_tokens::rotated_at.desc(), refresh_tokens::family_id))
        .select(refresh_tokens::family_id)
        .load(conn)
        .await?;
    for oldest in by_use.into_iter().skip(TokenFamily::MAX_OF_USER - 1) {
        diesel::delete(refresh_tokens::table.find((user.get(), oldest))).execute(conn).await?;
    }
    diesel::insert_into(refresh_tokens::table)
        .values((refresh_tokens::user_id.eq(user.get()), FamilyRow::from(family)))
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn refresh(
    conn: &mut Conn,
    token: RefreshClaims,
    now: Timestamp,
) -> Result<RefreshOutcome> {
    let RefreshClaims { user, family, generation } = token;
    lock_user_amid_import(conn, user).await?;
    let row = refresh_tokens::table.find(key(user, family)).select(FamilyRow::as_select());
    let found: Option<TokenFamily> = row.first(conn).await.optional()?.map(FamilyRow::into);
    let (Some(found), Some(owner)) = (found, accounts::user(conn, user).await?) else {
        return Ok(RefreshOutcome::SignedOut);
    };
    if owner.disabled_at.is_some() {
        return Ok(RefreshOutcome::SignedOut);
    }
    let generation = match found.decide(generation, now) {
        RefreshDecision::Rotate(next) => {
            diesel::update(refresh_tokens::table.find(key(user, family)))
                .set(FamilyRow::from(next))
                .execute(conn)
                .await?;
            next.generation
        }
        RefreshDecision::Repeat => found.generation,
        RefreshDecision::Reused => {
            end(conn, user, family).await?;
            return Ok(RefreshOutcome::Reused);
        }
        RefreshDecision::Expired => {
            end(conn, user, family).await?;
            return Ok(RefreshOutcome::SignedOut);
        }
    };
    let token = RefreshClaims { generation, ..token };
    Ok(RefreshOutcome::Refreshed { user: owner, token })
}

pub(super) async fn end(conn: &mut Conn, user: UserId, family: TokenFamilyId) -> Result<()> {
    diesel::delete(refresh_tokens::table.find(key(user, family))).execute(conn).await?;
    Ok(())
}

/// Ends all families of a user.
pub(super) async fn end_all(conn: &mut Conn, user: UserId) -> Result<()> {
    let theirs = refresh_tokens::table.filter(refresh_tokens::user_id.eq(user.get()));
    diesel::delete(theirs).execute(conn).await?;
    Ok(())
}
