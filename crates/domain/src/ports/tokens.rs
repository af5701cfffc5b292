//! Where it is kept which tokens are good.

use async_trait::async_trait;

use crate::{Timestamp, TokenClaims, TokenStatus, UserId, ports::StoreError};

/// How many tokens of a user may be signed out one by one before they expire: enough for a script
/// that signs in and out every hour of a week. Whoever goes on is signed out everywhere instead, so
/// that what is kept of a user is bounded.
pub const MAX_REVOKED_TOKENS: usize = 256;

/// Keeps which tokens are good.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait TokenStore: Send + Sync {
    /// Which tokens of a user are good; `None` when there is no such user.
    async fn status(&self, user: UserId) -> Result<Option<TokenStatus>, StoreError>;

    /// Makes a token void, and forgets those of the user that have expired by `now`. Beyond
    /// [`MAX_REVOKED_TOKENS`] it does what [`Self::revoke_all`] does.
    async fn revoke(&self, token: TokenClaims, now: Timestamp) -> Result<(), StoreError>;

    /// Makes all tokens of a user void: the next epoch begins.
    async fn revoke_all(&self, user: UserId) -> Result<(), StoreError>;
}
