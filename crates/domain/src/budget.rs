//! How many tokens of a model's provider a user may spend in a day.

use std::time::Duration;

use crate::{Date, TimeZone, Timestamp, TokenUsage};

/// A number outside the bounds of a [`TokenBudget`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a whole number from 1 to 1000000000000")]
pub struct TokenBudgetError;

/// How many tokens one user may spend in a day, read and written together: 1 to 1,000,000,000,000.
///
/// Days are those of UTC, for everybody: a budget that followed the user's time zone would come back
/// early for whoever changes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenBudget(u64);

/// What a user has spent on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokensSpent {
    /// The day in UTC.
    pub day: Date,
    /// How many tokens.
    pub tokens: u64,
}

impl TokenBudget {
    /// The largest one.
    pub const MAX: Self = Self(1_000_000_000_000);

    /// Checks and wraps a number of tokens.
    ///
    /// # Errors
    /// [`TokenBudgetError`] outside 1 to 1,000,000,000,000.
    pub const fn new(tokens: u64) -> Result<Self, TokenBudgetError> {
        if tokens == 0 || tokens > Self::MAX.0 { Err(TokenBudgetError) } else { Ok(Self(tokens)) }
    }

    /// The number of tokens.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// How long there will be none, for whoever has spent all of today's. What is not spent
    /// of a day is not kept for the next.
    #[must_use]
    pub fn exhausted_for(self, spent: Option<TokensSpent>, now: Timestamp) -> Option<Duration> {
        let today = TokensSpent::day_of(now);
        let is_spent = spent.is_some_and(|spent| spent.day == today && spent.tokens >= self.0);
        is_spent.then(|| Self::resets_at(now).since(now))
    }

    /// When the day ends on which what is spent now counts.
    #[must_use]
    pub fn resets_at(now: Timestamp) -> Timestamp {
        let tomorrow = TokensSpent::day_of(now).tomorrow().ok();
        tomorrow.and_then(|day| TimeZone::UTC.start_of(day)).unwrap_or(now)
    }
}

impl TokensSpent {
    /// The day on which what is spent now counts.
    #[must_use]
    pub fn day_of(now: Timestamp) -> Date {
        TimeZone::UTC.day_of(now)
    }

    /// What was spent, with this besides.
    #[must_use]
    pub fn and(spent: Option<Self>, usage: TokenUsage, now: Timestamp) -> Self {
        let day = Self::day_of(now);
        let before = spent.filter(|spent| spent.day == day).map_or(0, |spent| spent.tokens);
        Self { day, tokens: before.saturating_add(usage.total()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn usage(input_tokens: u64, output_tokens: u64) -> TokenUsage {
        TokenUsage { input_tokens, output_tokens }
    }

    #[test]
    fn a_budget_is_spent_with_the_last_token_and_comes_back_at_midnight_in_utc() {
        let budget = TokenBudget::new(100).unwrap();
        let evening = at("2026-11-28T23:59:00Z");
        assert_eq!(budget.exhausted_for(None, evening), None);
        let most = TokensSpent::and(None, usage(90, 9), evening);
        assert_eq!(budget.exhausted_for(Some(most), evening), None);
        let all = TokensSpent::and(Some(most), usage(1, 0), evening);
        assert_eq!(budget.exhausted_for(Some(all), evening), Some(Duration::from_secs(60)));
        assert_eq!(budget.exhausted_for(Some(all), at("2026-11-29T00:00:00Z")), None);
        let next = TokensSpent::and(Some(all), usage(1, 1), at("2026-11-29T00:00:01Z"));
        assert_eq!(next.tokens, 2);
    }

    #[test]
    fn a_budget_has_bounds() {
        assert_eq!(TokenBudget::new(0), Err(TokenBudgetError));
        assert_eq!(TokenBudget::new(TokenBudget::MAX.get() + 1), Err(TokenBudgetError));
        assert_eq!(TokenBudget::new(1).map(TokenBudget::get), Ok(1));
    }
}
