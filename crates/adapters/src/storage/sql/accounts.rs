//! Users.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use todo_domain::{
    Email, NewUser, PageLimit, PasswordHash, Timestamp, TokenEpoch, User, UserChange, UserId,
    UserName,
    ports::{AccountStore, CreateUser, StoreError, UserPage},
};

use super::{
    Conn, Db, database_now, removal::empty_account, schema::users, split_page, tokens::begin_epoch,
};
use crate::storage::{
    columns::SqlTimestamp,
    error::{Corrupt, Failure, Result},
    observers::Written,
    replica::Freshness,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
struct UserRow {
    id: i64,
    email: String,
    name: String,
    time_zone: String,
    created_at: SqlTimestamp,
    token_epoch: i64,
    disabled_at: Option<SqlTimestamp>,
    operator_since: Option<SqlTimestamp>,
}

impl TryFrom<UserRow> for User {
    type Error = Corrupt;

    fn try_from(row: UserRow) -> Result<Self, Corrupt> {
        Ok(Self {
            id: UserId::new(row.id).map_err(|_| Corrupt("users.id"))?,
            email: Email::new(&row.email).map_err(|_| Corrupt("users.email"))?,
            name: UserName::stored(row.name).map_err(|_| Corrupt("users.name"))?,
            time_zone: row.time_zone.parse().map_err(|_| Corrupt("users.time_zone"))?,
            created_at: row.created_at.0,
            token_epoch: TokenEpoch::new(row.token_epoch),
            disabled_at: row.disabled_at.map(|at| at.0),
            operator_since: row.operator_since.map(|at| at.0),
        })
    }
}

#[derive(Insertable)]
#[diesel(table_name = users)]
struct NewUserRow<'a> {
    email: &'a str,
    name: &'a str,
    password_hash: &'a str,
    time_zone: &'a str,
    created_at: SqlTimestamp,
    updated_at: SqlTimestamp,
}

#[derive(AsChangeset)]
#[diesel(table_name = users)]
struct UserChangeset<'a> {
    name: Option<&'a str>,
    time_zone: Option<&'a str>,
    updated_at: SqlTimestamp,
}

/// Locks a user's row and tells their time zone. Everything that writes a user's data does this
/// first, so that the writes of one user happen one after another and never deadlock. It is refused
/// while an import has the account for itself.
pub(super) async fn lock_user(conn: &mut Conn, user: UserId) -> Result<Option<String>> {
    let row = users::table.find(user.get());
    let row = row.select((users::time_zone, users::import_id.is_not_null()));
    let found: Option<(String, bool)> = for_update!(row).first(conn).await.optional()?;
    match found {
        Some((_, true)) => Err(Failure::Importing),
        found => Ok(found.map(|(time_zone, _)| time_zone)),
    }
}

/// The same for what may be done while an import has the account: whatever leaves tasks and
/// conversations alone, finds none of its own there, or removes them all.
pub(super) async fn lock_user_amid_import(conn: &mut Conn, user: UserId) -> Result<bool> {
    let row = users::table.find(user.get()).select(users::id);
    Ok(for_update!(row).first::<i64>(conn).await.optional()?.is_some())
}

async fn create(conn: &mut Conn, user: NewUser) -> Result<CreateUser> {
    // An insertion takes a number even where it comes to nothing.
    let same = users::table.filter(users::email.eq(user.email.as_str()));
    if diesel::select(diesel::dsl::exists(same)).get_result(conn).await? {
        return Ok(CreateUser::EmailTaken);
    }
    let created = diesel::insert_into(users::table)
        .values(NewUserRow {
            email: user.email.as_str(),
            name: user.name.as_str(),
            password_hash: user.password_hash.expose(),
            time_zone: user.time_zone.name(),
            created_at: SqlTimestamp(user.created_at),
            updated_at: SqlTimestamp(user.created_at),
        })
        .on_conflict(users::email)
        .do_nothing()
        .returning(UserRow::as_returning())
        .get_result(conn)
        .await
        .optional()?;
    Ok(match created {
        Some(row) => CreateUser::Created(row.try_into()?),
        None => CreateUser::EmailTaken,
    })
}

async fn credentials(conn: &mut Conn, email: Email) -> Result<Option<(User, PasswordHash)>> {
    let found: Option<(UserRow, String)> = users::table
        .filter(users::email.eq(email.as_str()))
        .select((UserRow::as_select(), users::password_hash))
        .first(conn)
        .await
        .optional()?;
    found.map(|(row, hash)| Ok((row.try_into()?, PasswordHash::new(hash)))).transpose()
}

pub(super) async fn user(conn: &mut Conn, id: UserId) -> Result<Option<User>> {
    let row =
        users::table.find(id.get()).select(UserRow::as_select()).first(conn).await.optional()?;
    Ok(row.map(User::try_from).transpose()?)
}

async fn update(conn: &mut Conn, id: UserId, change: UserChange) -> Result<Option<User>> {
    lock_user(conn, id).await?;
    let updated_at = database_now(conn).await?;
    let row = diesel::update(users::table.find(id.get()))
        .set(UserChangeset {
            name: change.name.as_ref().map(UserName::as_str),
            time_zone: change.time_zone.as_ref().map(|zone| zone.name()),
            updated_at,
        })
        .returning(UserRow::as_returning())
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.map(User::try_from).transpose()?)
}

async fn set_password(
    conn: &mut Conn,
    id: UserId,
    hash: PasswordHash,
    instead_of: Option<PasswordHash>,
) -> Result<Option<User>> {
    let current = users::table.find(id.get()).select(users::password_hash);
    let current: Option<String> = for_update!(current).first(conn).await.optional()?;
    let is_right = |current: &String| instead_of.is_none_or(|hash| hash.expose() == current);
    if !current.as_ref().is_some_and(is_right) {
        return Ok(None);
    }
    let updated_at = database_now(conn).await?;
    diesel::update(users::table.find(id.get()))
        .set((users::password_hash.eq(hash.expose()), users::updated_at.eq(updated_at)))
        .execute(conn)
        .await?;
    begin_epoch(conn, id).await?;
    user(conn, id).await
}

/// Since when something holds that is said to hold: since it was first said.
fn first(known: Option<Timestamp>, said: Option<Timestamp>) -> Option<Timestamp> {
    said.map(|said| known.unwrap_or(said))
}

async fn set_disabled(
    conn: &mut Conn,
    id: UserId,
    since: Option<Timestamp>,
) -> Result<Option<User>> {
    lock_user_amid_import(conn, id).await?;
    let found = user(conn, id).await?;
    let since = first(found.as_ref().and_then(|user| user.disabled_at), since);
    diesel::update(users::table.find(id.get()))
        .set(users::disabled_at.eq(since.map(SqlTimestamp)))
        .execute(conn)
        .await?;
    Ok(found.map(|user| User { disabled_at: since, ..user }))
}

async fn set_operator(
    conn: &mut Conn,
    id: UserId,
    since: Option<Timestamp>,
) -> Result<Option<User>> {
    lock_user_amid_import(conn, id).await?;
    let found = user(conn, id).await?;
    let since = first(found.as_ref().and_then(|user| user.operator_since), since);
    diesel::update(users::table.find(id.get()))
        .set(users::operator_since.eq(since.map(SqlTimestamp)))
        .execute(conn)
        .await?;
    Ok(found.map(|user| User { operator_since: since, ..user }))
}

async fn delete(conn: &mut Conn, id: UserId) -> Result<bool> {
    if !lock_user_amid_import(conn, id).await? {
        return Ok(false);
    }
    empty_account(conn, id).await?;
    Ok(diesel::delete(users::table.find(id.get())).execute(conn).await? > 0)
}

async fn list(conn: &mut Conn, limit: PageLimit, after: Option<UserId>) -> Result<UserPage> {
    let rows: Vec<UserRow> = users::table
        .filter(users::id.gt(after.map_or(0, UserId::get)))
        .order(users::id.asc())
        .limit(i64::from(limit.get()) + 1)
        .select(UserRow::as_select())
        .load(conn)
        .await?;
    let (rows, more) = split_page(rows, limit);
    let users = rows.into_iter().map(User::try_from).collect::<Result<Vec<_>, _>>()?;
    let next = users.last().filter(|_| more).map(|user| user.id);
    Ok(UserPage { users, next })
}

#[async_trait]
impl AccountStore for Db {
    async fn create(&self, user: NewUser) -> Result<CreateUser, StoreError> {
        self.write("account.create", Written::InNoName, |conn| create(conn, user).boxed()).await
    }

    async fn credentials(&self, email: Email) -> Result<Option<(User, PasswordHash)>, StoreError> {
        self.select("account.credentials", Freshness::Latest, |conn| {
            credentials(conn, email).boxed()
        })
        .await
    }

    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.select("account.user", Freshness::Latest, move |conn| user(conn, id).boxed()).await
    }

    async fn update(&self, id: UserId, change: UserChange) -> Result<Option<User>, StoreError> {
        self.write("account.update", Written::RowsOf(id), move |conn| {
            update(conn, id, change).boxed()
        })
        .await
    }

    async fn set_password(
        &self,
        id: UserId,
        hash: PasswordHash,
        instead_of: Option<PasswordHash>,
    ) -> Result<Option<User>, StoreError> {
        self.write("account.set_password", Written::RowsOf(id), move |conn| {
            set_password(conn, id, hash, instead_of).boxed()
        })
        .await
    }

    async fn set_disabled(
        &self,
        id: UserId,
        since: Option<Timestamp>,
    ) -> Result<Option<User>, StoreError> {
        self.write("account.set_disabled", Written::RowsOf(id), move |conn| {
            set_disabled(conn, id, since).boxed()
        })
        .await
    }

    async fn set_operator(
        &self,
        id: UserId,
        since: Option<Timestamp>,
    ) -> Result<Option<User>, StoreError> {
        self.write("account.set_operator", Written::RowsOf(id), move |conn| {
            set_operator(conn, id, since).boxed()
        })
        .await
    }

    async fn delete(&self, id: UserId) -> Result<bool, StoreError> {
        self.write_bulk("account.delete", Written::ConversationsOf(id), move |conn| {
            delete(conn, id).boxed()
        })
        .await
    }

    async fn list(&self, limit: PageLimit, after: Option<UserId>) -> Result<UserPage, StoreError> {
        self.select("account.list", Freshness::Latest, move |conn| list(conn, limit, after).boxed())
            .await
    }
}
