//! Refresh tokens: what a browser trades for an access token, and gets replaced each time
//! (RFC 9700, section 4.14.2).

use std::time::Duration;

use crate::{Timestamp, TokenFamilyId, UserId};

/// What a refresh token says that is genuine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefreshClaims {
    /// Whose it is.
    pub user: UserId,
    /// The family it belongs to.
    pub family: TokenFamilyId,
    /// How many tokens of the family came before it.
    pub generation: i64,
}

/// A family of refresh tokens: one sign-in of one browser. Only its latest token is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenFamily {
    /// Its id.
    pub id: TokenFamilyId,
    /// The generation of its latest token, from 0.
    pub generation: i64,
    /// When that was issued.
    pub rotated_at: Timestamp,
    /// When that is no longer good.
    pub expires_at: Timestamp,
}

/// What becomes of a refresh token that somebody shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefreshDecision {
    /// It is the latest. The family goes on like this, with a new one.
    Rotate(TokenFamily),
    /// It was the latest a moment ago, and another tab has just traded it: that tab's new token is
    /// issued once more.
    Repeat,
    /// It was traded before. Somebody else may have a copy, so the family ends.
    Reused,
    /// It has expired.
    Expired,
}

impl TokenFamily {
    /// How long a refresh token is good: 30 days from when it was issued.
    pub const LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);
    /// For how long a token that was traded may be shown again: two tabs do so at the same time, and
    /// so does a browser that lost the answer.
    pub const GRACE: Duration = Duration::from_secs(30);
    /// How many families a user may have. A new one ends the one that was used longest ago.
    pub const MAX_OF_USER: usize = 32;

    /// The family that a sign-in begins.
    #[must_use]
    pub fn begun(id: TokenFamilyId, now: Timestamp) -> Self {
        let expires_at = now.saturating_add(Self::LIFETIME);
        Self { id, generation: 0, rotated_at: now, expires_at }
    }

    /// Decides about a token of this generation.
    #[must_use]
    pub fn decide(&self, generation: i64, now: Timestamp) -> RefreshDecision {
        if now >= self.expires_at {
            RefreshDecision::Expired
        } else if generation == self.generation {
            let next = Self::begun(self.id, now);
            RefreshDecision::Rotate(Self { generation: self.generation + 1, ..next })
        } else if generation == self.generation - 1
            && now < self.rotated_at.saturating_add(Self::GRACE)
        {
            RefreshDecision::Repeat
        } else {
            RefreshDecision::Reused
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_microsecond(1_795_341_600_000_000 + second * 1_000_000).unwrap()
    }

    fn family() -> TokenFamily {
        let id = "00000000-0000-7000-8000-000000000001".parse().unwrap();
        TokenFamily { generation: 3, ..TokenFamily::begun(id, at(0)) }
    }

    #[test]
    fn the_latest_token_is_traded_for_one_that_is_good_as_long() {
        let RefreshDecision::Rotate(next) = family().decide(3, at(60)) else { panic!() };
        assert_eq!((next.generation, next.rotated_at), (4, at(60)));
        assert_eq!(next.expires_at, at(60 + 30 * 24 * 60 * 60));
    }

    #[test]
    fn the_one_before_is_good_for_half_a_minute_more() {
        assert_eq!(family().decide(2, at(29)), RefreshDecision::Repeat);
        assert_eq!(family().decide(2, at(30)), RefreshDecision::Reused);
    }

    #[test]
    fn an_older_one_and_one_that_was_never_issued_end_the_family() {
        assert_eq!(family().decide(1, at(0)), RefreshDecision::Reused);
        assert_eq!(family().decide(4, at(0)), RefreshDecision::Reused);
    }

    #[test]
    fn none_is_good_after_its_time() {
        assert_eq!(family().decide(3, family().expires_at), RefreshDecision::Expired);
    }
}
