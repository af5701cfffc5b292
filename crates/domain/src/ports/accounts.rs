//! Where users are kept.

use async_trait::async_trait;

use crate::{
    Email, NewUser, PageLimit, PasswordHash, Timestamp, User, UserChange, UserId, ports::StoreError,
};

/// What came of creating a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CreateUser {
    /// There is a user now.
    Created(User),
    /// Another user has this e-mail address.
    EmailTaken,
}

/// A page of users, in the order of their numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserPage {
    /// The users.
    pub users: Vec<User>,
    /// After whom the next page starts; `None` on the last one.
    pub next: Option<UserId>,
}

/// Keeps users.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// Creates a user under the next number. A refusal takes no number, unless two sign up with the
    /// same address at the same moment.
    async fn create(&self, user: NewUser) -> Result<CreateUser, StoreError>;

    /// The user with this e-mail address and the hash of their password.
    async fn credentials(&self, email: Email) -> Result<Option<(User, PasswordHash)>, StoreError>;

    /// A user.
    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError>;

    /// Changes a user; `None` when there is none.
    async fn update(&self, id: UserId, change: UserChange) -> Result<Option<User>, StoreError>;

    /// Replaces a user's password and makes all their tokens void; `None` when there is no such
    /// user, or when `instead_of` is given and not the hash of their password any more.
    async fn set_password(
        &self,
        id: UserId,
        hash: PasswordHash,
        instead_of: Option<PasswordHash>,
    ) -> Result<Option<User>, StoreError>;

    /// Keeps a user out since `since`, or lets them in again; `None` when there is no such user.
    /// Who is kept out already is so since that earlier time.
    async fn set_disabled(
        &self,
        id: UserId,
        since: Option<Timestamp>,
    ) -> Result<Option<User>, StoreError>;

    /// Makes a user an operator since `since`, or no longer one; `None` when there is no such user.
    /// Who is one already is so since that earlier time.
    async fn set_operator(
        &self,
        id: UserId,
        since: Option<Timestamp>,
    ) -> Result<Option<User>, StoreError>;

    /// Deletes a user with everything that is theirs. `false` when there was none.
    async fn delete(&self, id: UserId) -> Result<bool, StoreError>;

    /// Users, the first to sign up first, after the one of this number.
    async fn list(&self, limit: PageLimit, after: Option<UserId>) -> Result<UserPage, StoreError>;
}
