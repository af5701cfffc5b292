//! Where users are kept.

use async_trait::async_trait;

use crate::{Email, NewUser, PageLimit, PasswordHash, User, UserChange, UserId, ports::StoreError};

/// What came of creating a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CreateUser {
    /// There is a user now.
    Created(User),
    /// Another user has this e-mail address.
    EmailTaken,
}

/// Keeps users.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// Creates a user under the next number.
    async fn create(&self, user: NewUser) -> Result<CreateUser, StoreError>;

    /// The user with this e-mail address and the hash of their password.
    async fn credentials(&self, email: Email) -> Result<Option<(User, PasswordHash)>, StoreError>;

    /// A user.
    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError>;

    /// Changes a user; `None` when there is none.
    async fn update(&self, id: UserId, change: UserChange) -> Result<Option<User>, StoreError>;

    /// The users whose numbers are greater than `after`, by number.
    async fn list(&self, limit: PageLimit, after: Option<UserId>) -> Result<Vec<User>, StoreError>;
}
