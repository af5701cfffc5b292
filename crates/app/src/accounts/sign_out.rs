//! Signing out, and which tokens are good.

use std::sync::Arc;

use todo_domain::{
    TokenClaims, UserId,
    ports::{StoreError, StoreErrorKind},
};
use tracing::Instrument;

use super::Accounts;

impl Accounts {
    /// Whether a token that is genuine is good still: its user exists, is not disabled, and has
    /// not signed out. What other instances changed counts after 60 seconds at most.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn accepts(&self, token: &TokenClaims) -> Result<bool, StoreError> {
        self.token_status.accept(token, &*self.tokens).await
    }

    /// Whether this user had no good token when somebody last showed one of theirs, within the last
    /// minute: they were disabled or deleted. Asks nobody; [`accepts`](Self::accepts) decides.
    #[must_use]
    pub fn had_no_good_token(&self, user: UserId) -> bool {
        self.token_status.was_void(user)
    }

    /// Makes this token void.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sign_out(&self, token: TokenClaims) -> Result<(), StoreError> {
        let (tokens, now) = (Arc::clone(&self.tokens), self.clock.now());
        self.change(token.user, async move { tokens.revoke(token, now).await }).await
    }

    /// Makes all tokens of a user void.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sign_out_everywhere(&self, user: UserId) -> Result<(), StoreError> {
        let tokens = Arc::clone(&self.tokens);
        self.change(user, async move { tokens.revoke_all(user).await }).await
    }

    /// Changes which tokens of a user are good, and forgets what is known of them, as a task of its
    /// own: the change goes on without a caller that goes away, and so must the forgetting.
    pub(super) async fn change<R: Send + 'static>(
        &self,
        user: UserId,
        change: impl Future<Output = Result<R, StoreError>> + Send + 'static,
    ) -> Result<R, StoreError> {
        let token_status = self.token_status.clone();
        let task = async move {
            let outcome = change.await;
            token_status.forget(user).await;
            outcome
        };
        let done = tokio::spawn(task.in_current_span()).await;
        done.map_err(|lost| StoreError::new(StoreErrorKind::Internal, lost))?
    }
}
