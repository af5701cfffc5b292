//! Access tokens, as far as it matters here: which of them are good.

use std::collections::HashSet;

use crate::{Timestamp, TokenId, UserId};

/// How often a user has signed out everywhere. Every token belongs to the epoch in which it was
/// issued and is void in every other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TokenEpoch(i64);

impl TokenEpoch {
    /// Wraps a number; users begin with 0.
    #[must_use]
    pub const fn new(number: i64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }
}

/// What a token says that is genuine and has not expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenClaims {
    /// Whose it is.
    pub user: UserId,
    /// Its name.
    pub id: TokenId,
    /// The epoch in which it was issued.
    pub epoch: TokenEpoch,
    /// When it will have expired.
    pub expires_at: Timestamp,
}

/// Which tokens of a user are good.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TokenStatus {
    /// Only those of this epoch.
    pub epoch: TokenEpoch,
    /// None at all, as long as the account is disabled.
    pub is_disabled: bool,
    /// None of these, which were signed out one by one.
    pub revoked: HashSet<TokenId>,
}

impl TokenStatus {
    /// Whether a token of this user is good.
    #[must_use]
    pub fn accepts(&self, token: &TokenClaims) -> bool {
        !self.is_disabled && token.epoch == self.epoch && !self.revoked.contains(&token.id)
    }
}
