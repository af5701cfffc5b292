//! Where it is kept which tokens are good.

use async_trait::async_trait;

use crate::{
    RefreshClaims, Timestamp, TokenClaims, TokenFamily, TokenFamilyId, TokenStatus, User, UserId,
    ports::StoreError,
};

/// How many tokens of a user may be signed out one by one before they expire: enough for a script
/// that signs in and out every hour of a week. Whoever goes on is signed out everywhere instead, so
/// that what is kept of a user is bounded.
pub const MAX_REVOKED_TOKENS: usize = 256;

/// What came of [`TokenStore::refresh`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefreshOutcome {
    /// The user is signed in still, and this is the family's latest token.
    Refreshed {
        /// Whose it is.
        user: User,
        /// The token to give out.
        token: RefreshClaims,
    },
    /// The token was traded before, and its family is ended.
    Reused,
    /// There is no such family, or not any more, or its user is disabled.
    SignedOut,
}

/// Keeps which tokens are good: access tokens one by one, refresh tokens by family.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait TokenStore: Send + Sync {
    /// Which tokens of a user are good; `None` when there is no such user.
    async fn status(&self, user: UserId) -> Result<Option<TokenStatus>, StoreError>;

    /// Makes a token void, and forgets those of the user that have expired by `now`. Beyond
    /// [`MAX_REVOKED_TOKENS`] it does what [`Self::revoke_all`] does.
    async fn revoke(&self, token: TokenClaims, now: Timestamp) -> Result<(), StoreError>;

    /// Makes all tokens of a user void: the next epoch begins, and all families end.
    async fn revoke_all(&self, user: UserId) -> Result<(), StoreError>;

    /// Keeps a new family. Those of the user that have expired are removed, and of more than
    /// [`TokenFamily::MAX_OF_USER`] those that were used longest ago.
    async fn begin_family(&self, user: UserId, family: TokenFamily) -> Result<(), StoreError>;

    /// Trades a refresh token for the next one, as [`TokenFamily::decide`] says. Of two requests at
    /// the same time one comes first.
    async fn refresh(
        &self,
        token: RefreshClaims,
        now: Timestamp,
    ) -> Result<RefreshOutcome, StoreError>;

    /// Ends a family, if it is there.
    async fn end_family(&self, user: UserId, family: TokenFamilyId) -> Result<(), StoreError>;
}
