//! What users take of models, day by day.

use std::{
    iter::Sum,
    ops::{Add, AddAssign},
};

use jiff::ToSpan;

use crate::{Date, ModelIdentity, TokenUsage};

/// What answers of models took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ModelUsage {
    /// How many answers there were. A question without an answer is not counted: no provider bills
    /// it.
    pub calls: u64,
    /// Their tokens.
    pub tokens: TokenUsage,
}

impl ModelUsage {
    /// One answer.
    #[must_use]
    pub const fn answer(tokens: TokenUsage) -> Self {
        Self { calls: 1, tokens }
    }
}

impl Add for ModelUsage {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { calls: self.calls.saturating_add(other.calls), tokens: self.tokens + other.tokens }
    }
}

impl AddAssign for ModelUsage {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for ModelUsage {
    fn sum<I: Iterator<Item = Self>>(usages: I) -> Self {
        usages.fold(Self::default(), Self::add)
    }
}

/// What a user took of one model on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DailyUsage {
    /// The day in UTC, on which the answers were stored.
    pub day: Date,
    /// Which model.
    pub identity: ModelIdentity,
    /// How much.
    pub usage: ModelUsage,
}

/// Some days in a row, first and last included: at most [`UsageSpan::MAX_DAYS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsageSpan {
    first: Date,
    last: Date,
}

/// Days that are no [`UsageSpan`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UsageSpanError {
    /// It would end before it begins.
    #[error("must not be after `to`, which is {last}")]
    Reversed {
        /// The last day.
        last: Date,
    },
    /// It would be too long.
    #[error("must be at most 91 days before `to`, which is {last}: 92 days in all")]
    TooLong {
        /// The last day.
        last: Date,
    },
}

impl UsageSpan {
    /// How many days there are at most.
    pub const MAX_DAYS: i32 = 92;
    /// How many there are where nobody says when they begin.
    pub const DEFAULT_DAYS: i32 = 30;

    /// The days from one to another. Without the last one they end today; without the first one
    /// they are [`Self::DEFAULT_DAYS`].
    ///
    /// # Errors
    /// [`UsageSpanError`] about the first day.
    pub fn new(
        first: Option<Date>,
        last: Option<Date>,
        today: Date,
    ) -> Result<Self, UsageSpanError> {
        let last = last.unwrap_or(today);
        let first = first.unwrap_or_else(|| last.saturating_sub((Self::DEFAULT_DAYS - 1).days()));
        if first > last {
            Err(UsageSpanError::Reversed { last })
        } else if (last - first).get_days() >= Self::MAX_DAYS {
            Err(UsageSpanError::TooLong { last })
        } else {
            Ok(Self { first, last })
        }
    }

    /// One day.
    #[must_use]
    pub const fn day(day: Date) -> Self {
        Self { first: day, last: day }
    }

    /// The first day.
    #[must_use]
    pub const fn first(self) -> Date {
        self.first
    }

    /// The last day.
    #[must_use]
    pub const fn last(self) -> Date {
        self.last
    }

    /// All of its days in order.
    pub fn days(self) -> impl Iterator<Item = Date> {
        self.first.series(1.day()).take_while(move |day| *day <= self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn span(first: Option<&str>, last: Option<&str>) -> Result<(Date, Date), UsageSpanError> {
        let span = UsageSpan::new(first.map(day), last.map(day), day("2026-11-28"))?;
        Ok((span.first(), span.last()))
    }

    #[test]
    fn without_wishes_it_is_the_last_thirty_days_with_today() {
        assert_eq!(span(None, None), Ok((day("2026-10-30"), day("2026-11-28"))));
        assert_eq!(span(Some("2026-11-28"), None), Ok((day("2026-11-28"), day("2026-11-28"))));
        assert_eq!(span(None, Some("2026-03-01")), Ok((day("2026-01-31"), day("2026-03-01"))));
        assert!(span(None, Some("0000-01-01")).is_ok());
    }

    #[test]
    fn it_has_ninety_two_days_at_most_and_no_less_than_one() {
        let last = day("2026-11-28");
        assert!(span(Some("2026-08-29"), None).is_ok());
        assert_eq!(span(Some("2026-08-28"), None), Err(UsageSpanError::TooLong { last }));
        assert_eq!(span(Some("2026-11-29"), None), Err(UsageSpanError::Reversed { last }));
        let all = UsageSpan::new(Some(day("2026-08-29")), None, last).unwrap();
        assert_eq!(all.days().count(), 92);
        assert_eq!(UsageSpan::day(last).days().collect::<Vec<_>>(), [last]);
    }
}
