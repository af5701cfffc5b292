//! What an operator does with the accounts of others.

use std::sync::Arc;

use todo_domain::{
    Email, PageLimit, Password, User, UserId,
    ports::{HashError, HashRequester, StoreError, UserPage},
};

use super::Accounts;

/// Why a password was not set.
#[derive(Debug, thiserror::Error)]
pub enum SetPasswordError {
    /// It was not hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Accounts {
    /// The user with this e-mail address.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find(&self, email: Email) -> Result<Option<User>, StoreError> {
        Ok(self.store.credentials(email).await?.map(|(user, _)| user))
    }

    /// Users, the first to sign up first, after the one of this number.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list(
        &self,
        limit: PageLimit,
        after: Option<UserId>,
    ) -> Result<UserPage, StoreError> {
        self.store.list(limit, after).await
    }

    /// Keeps a user out: they can't sign in, and none of their tokens is good. `None` when there
    /// is no such user.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn disable(&self, id: UserId) -> Result<Option<User>, StoreError> {
        let (store, now) = (Arc::clone(&self.store), self.clock.now());
        self.change(id, async move { store.set_disabled(id, Some(now)).await }).await
    }

    /// Lets a user in again. Tokens that have not expired are good again. `None` when there is no
    /// such user.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn enable(&self, id: UserId) -> Result<Option<User>, StoreError> {
        let store = Arc::clone(&self.store);
        self.change(id, async move { store.set_disabled(id, None).await }).await
    }

    /// Makes a user an operator, who may see all users and keep them out. Their tokens stay as they
    /// are: whether somebody is an operator is in none of them. `None` when there is no such user.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn promote(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.store.set_operator(id, Some(self.clock.now())).await
    }

    /// Ends that at once. `None` when there is no such user.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn demote(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.store.set_operator(id, None).await
    }

    /// Gives a user another password and signs them out everywhere. `None` when there is no such
    /// user.
    ///
    /// # Errors
    /// When store or hasher fail.
    pub async fn set_password(
        &self,
        id: UserId,
        password: Password,
    ) -> Result<Option<User>, SetPasswordError> {
        let (store, hash) =
            (Arc::clone(&self.store), self.hasher.hash(password, HashRequester::operator()).await?);
        Ok(self.change(id, async move { store.set_password(id, hash, None).await }).await?)
    }

    /// Deletes a user with everything that is theirs. `false` when there was none.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn delete(&self, id: UserId) -> Result<bool, StoreError> {
        let store = Arc::clone(&self.store);
        self.change(id, async move { store.delete(id).await }).await
    }
}
