//! Sessions of browsers: refresh tokens that are traded for access tokens.

use std::sync::Arc;

use todo_domain::{
    RefreshClaims, TokenFamily, TokenFamilyId, UserId,
    ports::{RefreshOutcome, StoreError},
};

use super::Accounts;

impl Accounts {
    /// Begins a family of refresh tokens for a user who has just signed in; its first token.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn begin_session(
        &self,
        user: UserId,
        family: TokenFamilyId,
    ) -> Result<RefreshClaims, StoreError> {
        self.tokens.begin_family(user, TokenFamily::begun(family, self.clock.now())).await?;
        Ok(RefreshClaims { user, family, generation: 0 })
    }

    /// Trades a refresh token that is genuine for the next one.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn refresh(&self, token: RefreshClaims) -> Result<RefreshOutcome, StoreError> {
        let (tokens, now) = (Arc::clone(&self.tokens), self.clock.now());
        let outcome = tokens.refresh(token, now).await?;
        if outcome == RefreshOutcome::Reused {
            tracing::warn!(
                user_id = token.user.get(),
                "A refresh token was used twice; its session has ended"
            );
        }
        Ok(outcome)
    }

    /// Ends the family of this token.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn end_session(&self, token: RefreshClaims) -> Result<(), StoreError> {
        self.tokens.end_family(token.user, token.family).await
    }
}
