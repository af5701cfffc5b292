//! Passwords: whether one is right, changing one's own, and what takes it besides.

use std::{sync::Arc, time::Duration};

use todo_domain::{
    Email, Password, PasswordHash, User,
    ports::{HashError, HashRequester, StoreError},
};

use super::{Accounts, SignInOrigin, sign_in_guard::TooManyAttempts};

/// Why nobody knows whether a password is right.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// Others have failed too often; the password was not looked at.
    #[error("too many wrong passwords")]
    TooManyAttempts {
        /// When to try again.
        retry_after: Duration,
    },
    /// The hasher failed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why something was not done that takes the password of who is signed in.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmError {
    /// It is not their password, or not any more.
    #[error("wrong password")]
    WrongPassword,
    /// The password was not looked at, or in vain.
    #[error(transparent)]
    Check(#[from] CheckError),
}

impl Accounts {
    /// Changes the password of a user who knows the current one, and signs them out everywhere.
    /// Who comes back may sign in anew: their epoch is the next.
    ///
    /// # Errors
    /// [`ConfirmError`]; then nothing has changed, unless the store failed.
    pub async fn change_password(
        &self,
        user: User,
        current: Password,
        new: Password,
        origin: SignInOrigin,
    ) -> Result<User, ConfirmError> {
        let (id, requester) = (user.id, origin.requester());
        let current = self.confirm(user, current, origin).await?;
        let new = self.hasher.hash(new, requester).await.map_err(CheckError::from)?;
        let store = Arc::clone(&self.store);
        let change = async move { store.set_password(id, new, Some(current)).await };
        let changed = self.change(id, change).await.map_err(CheckError::from)?;
        changed.ok_or(ConfirmError::WrongPassword)
    }

    /// Deletes the account of a user who knows the password, with everything that is theirs.
    ///
    /// # Errors
    /// [`ConfirmError`]; then nothing has changed, unless the store failed.
    pub async fn delete_own(
        &self,
        user: User,
        password: Password,
        origin: SignInOrigin,
    ) -> Result<(), ConfirmError> {
        let id = user.id;
        self.confirm(user, password, origin).await?;
        self.delete(id).await.map_err(CheckError::from)?;
        Ok(())
    }

    /// The hash of the user's password, if this is it.
    async fn confirm(
        &self,
        user: User,
        password: Password,
        origin: SignInOrigin,
    ) -> Result<PasswordHash, ConfirmError> {
        match self.check(user.email, password, origin).await? {
            // The address may be somebody else's by now.
            Some((found, hash)) if found.id == user.id => Ok(hash),
            Some(_) | None => Err(ConfirmError::WrongPassword),
        }
    }

    /// The user with this e-mail address and the hash of their password, if this is it. Guessing
    /// is slow, and it takes as long whether or not there is such a user.
    pub(super) async fn check(
        &self,
        email: Email,
        password: Password,
        origin: SignInOrigin,
    ) -> Result<Option<(User, PasswordHash)>, CheckError> {
        let requester = origin.requester();
        let Some(guard) = &self.guard else { return self.verify(email, password, requester).await };
        let attempt = guard
            .admit(origin)
            .await
            .map_err(|TooManyAttempts(retry_after)| CheckError::TooManyAttempts { retry_after })?;
        let outcome = self.verify(email, password, requester).await;
        match &outcome {
            Ok(Some(_)) => attempt.succeeded().await,
            Ok(None) => {}
            Err(_) => attempt.not_made().await,
        }
        outcome
    }

    async fn verify(
        &self,
        email: Email,
        password: Password,
        requester: HashRequester,
    ) -> Result<Option<(User, PasswordHash)>, CheckError> {
        let found = self.store.credentials(email).await?;
        let hash = found.as_ref().map(|(_, hash)| hash.clone());
        let is_right = self.hasher.verify(password, hash, requester).await?;
        Ok(found.filter(|_| is_right))
    }
}
