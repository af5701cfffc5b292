//! Users, who take their conversations along when they go.

use std::sync::Arc;

use async_trait::async_trait;
use todo_domain::{
    Email, NewUser, PageLimit, PasswordHash, Timestamp, User, UserChange, UserId,
    ports::{AccountStore, CreateUser, StoreError, UserPage},
};

use super::writes::Writes;

/// Sees to it that the list of a user who is deleted is forgotten.
pub(super) struct WatchedAccounts {
    pub(super) store: Arc<dyn AccountStore>,
    pub(super) writes: Writes,
}

#[async_trait]
impl AccountStore for WatchedAccounts {
    async fn create(&self, user: NewUser) -> Result<CreateUser, StoreError> {
        self.store.create(user).await
    }

    async fn credentials(&self, email: Email) -> Result<Option<(User, PasswordHash)>, StoreError> {
        self.store.credentials(email).await
    }

    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.store.user(id).await
    }

    async fn update(&self, id: UserId, change: UserChange) -> Result<Option<User>, StoreError> {
        self.store.update(id, change).await
    }

    async fn set_password(
        &self,
        id: UserId,
        hash: PasswordHash,
        instead_of: Option<PasswordHash>,
    ) -> Result<Option<User>, StoreError> {
        self.store.set_password(id, hash, instead_of).await
    }

    async fn set_disabled(
        &self,
        id: UserId,
        since: Option<Timestamp>,
    ) -> Result<Option<User>, StoreError> {
        self.store.set_disabled(id, since).await
    }

    async fn delete(&self, id: UserId) -> Result<bool, StoreError> {
        let store = Arc::clone(&self.store);
        self.writes.change(id, async move { store.delete(id).await }).await
    }

    async fn list(&self, limit: PageLimit, after: Option<UserId>) -> Result<UserPage, StoreError> {
        self.store.list(limit, after).await
    }
}
