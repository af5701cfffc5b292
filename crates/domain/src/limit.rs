//! Limits: how often something may be done. A limit is data, and what it decides is a pure function
//! of its state, so that it means the same wherever the state is kept.

use std::{fmt, num::NonZeroU32, time::Duration};

use crate::Timestamp;

/// A limit and its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// What clients and operators know it by: one word of the code's, never of a client's.
    pub name: &'static str,
    /// How it counts.
    pub rule: LimitRule,
}

/// How a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitRule {
    /// So many at once, coming back at an even pace.
    Quota(Quota),
    /// Some are free, each further one after a longer wait.
    Backoff(Backoff),
}

/// So many at once, coming back at an even pace: the generic cell rate algorithm (GCRA), a leaky
/// bucket that needs one instant as its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    capacity: NonZeroU32,
    interval: Duration,
}

/// Some are free, each further one after a wait that doubles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// How many come without a wait.
    pub free: NonZeroU32,
    /// The first wait.
    pub first: Duration,
    /// No wait is longer.
    pub longest: Duration,
    /// After so much time without another one, everything is forgotten. It must be more than
    /// `longest`, or waiting it out would be rewarded.
    pub memory: Duration,
}

/// Whom a limit counts, as an opaque text that names nobody.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct LimitKey(String);

/// What is kept between two decisions. Instants are microseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitState {
    /// Of a back-off: how many there were. Of a quota: nothing.
    pub count: u32,
    /// Of a back-off: the end of the wait. Of a quota: when all of it will have come back.
    pub until: i64,
    /// From when on this state is as good as none.
    pub expires: i64,
    /// When it was written.
    pub since: i64,
}

impl LimitState {
    /// This state as it stands now. One that was written in the future was written by a clock that
    /// has been put back since: it is taken for one of this moment, so that nobody waits for the
    /// clock to come there again.
    #[must_use]
    fn as_of(self, now: i64) -> Self {
        let ahead = self.since.saturating_sub(now).max(0);
        Self {
            count: self.count,
            until: self.until.saturating_sub(ahead),
            expires: self.expires.saturating_sub(ahead),
            since: self.since.min(now),
        }
    }
}

/// What came of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitDecision {
    /// It was counted.
    Allowed {
        /// How many more may follow at once.
        remaining: u32,
        /// When everything will have come back.
        reset: Duration,
        /// Of a back-off: how many there were, this one included. Of a quota: nothing.
        count: u32,
    },
    /// It was not counted, and should not be done.
    Refused {
        /// When it will be allowed, unless others come first.
        retry_after: Duration,
    },
    /// This one does not count here.
    Exempt,
}

impl Quota {
    /// So many within a window, all at once if need be.
    #[must_use]
    pub const fn per(window: Duration, capacity: NonZeroU32) -> Self {
        Self { capacity, interval: at_least_a_microsecond(window, capacity) }
    }

    /// So many a second, and a burst on top: as nginx counts `rate=10r/s` with `burst=20 nodelay`,
    /// where 21 of 31 requests at once pass (S87).
    #[must_use]
    pub const fn per_second(rate: NonZeroU32, burst: u32) -> Self {
        Self {
            capacity: NonZeroU32::MIN.saturating_add(burst),
            interval: at_least_a_microsecond(Duration::from_secs(1), rate),
        }
    }

    /// How many are allowed at once.
    #[must_use]
    pub const fn capacity(&self) -> NonZeroU32 {
        self.capacity
    }

    /// The time from one to the next at an even pace.
    #[must_use]
    pub const fn interval(&self) -> Duration {
        self.interval
    }

    /// The time in which all of it comes back.
    #[must_use]
    pub const fn window(&self) -> Duration {
        self.interval.saturating_mul(self.capacity.get())
    }

    fn take(&self, state: Option<LimitState>, now: i64) -> (LimitDecision, Option<LimitState>) {
        let (interval, window) = (micros(self.interval), micros(self.window()));
        // Whatever was kept, nobody is kept out for longer than a window.
        let until = state.map_or(now, |state| state.until.clamp(now, now.saturating_add(window)));
        let until = until.saturating_add(interval);
        let used = until.saturating_sub(now);
        if used > window {
            let state = state.map(|state| LimitState { until: until - interval, ..state });
            return (LimitDecision::Refused { retry_after: duration(used - window) }, state);
        }
        let remaining = u32::try_from((window - used) / interval).unwrap_or(u32::MAX);
        let decision = LimitDecision::Allowed { remaining, reset: duration(used), count: 0 };
        (decision, Some(LimitState { count: 0, until, expires: until, since: now }))
    }

    fn give_back(&self, state: LimitState, now: i64) -> Option<LimitState> {
        let until = state.until.saturating_sub(micros(self.interval));
        (until > now).then_some(LimitState { until, expires: until, since: now, ..state })
    }
}

impl Backoff {
    fn take(&self, state: Option<LimitState>, now: i64) -> (LimitDecision, Option<LimitState>) {
        let (count, until) = state.map_or((0, now), |state| (state.count, state.until));
        // As above.
        let wait = until.saturating_sub(now).min(micros(self.longest));
        if wait > 0 {
            let state = state.map(|state| LimitState { until: now.saturating_add(wait), ..state });
            return (LimitDecision::Refused { retry_after: duration(wait) }, state);
        }
        let count = count.saturating_add(1);
        let until = now.saturating_add(micros(self.wait_after(count)));
        let expires = now.saturating_add(micros(self.memory));
        let decision = LimitDecision::Allowed {
            remaining: self.free.get().saturating_sub(count),
            reset: self.memory,
            count,
        };
        (decision, Some(LimitState { count, until, expires, since: now }))
    }

    /// The wait that so many leave behind.
    fn wait_after(&self, count: u32) -> Duration {
        match count.checked_sub(self.free.get()) {
            None => Duration::ZERO,
            Some(beyond) => {
                let factor = 1_u32.checked_shl(beyond).unwrap_or(u32::MAX);
                self.first.saturating_mul(factor).min(self.longest)
            }
        }
    }

    fn give_back(state: LimitState, count: u32, now: i64) -> Option<LimitState> {
        // It was allowed, so the wait before it was over. The wait now is its own only if it was
        // the last.
        let until = if state.count == count { now } else { state.until };
        let count = state.count.saturating_sub(1);
        (count > 0 || until > now).then_some(LimitState { count, until, ..state })
    }
}

impl LimitRule {
    /// Decides whether one more is allowed now, and what to keep then. A refusal changes nothing,
    /// but that a state from the future becomes one of now.
    #[must_use]
    pub fn take(
        &self,
        state: Option<LimitState>,
        now: Timestamp,
    ) -> (LimitDecision, Option<LimitState>) {
        let now = now.as_microsecond();
        let state = state.map(|state| state.as_of(now)).filter(|state| state.expires > now);
        match self {
            Self::Quota(quota) => quota.take(state, now),
            Self::Backoff(backoff) => backoff.take(state, now),
        }
    }

    /// What to keep when one that was allowed shall not have happened. `count` is what it was
    /// [allowed](LimitDecision::Allowed) with: a wait that a later one has left behind stays.
    #[must_use]
    pub fn give_back(&self, state: LimitState, count: u32, now: Timestamp) -> Option<LimitState> {
        let now = now.as_microsecond();
        let state = state.as_of(now);
        match self {
            Self::Quota(quota) => quota.give_back(state, now),
            Self::Backoff(_) => Backoff::give_back(state, count, now),
        }
    }
}

impl LimitKey {
    /// A key of this text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whom it stands for is nobody's business.
impl fmt::Debug for LimitKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LimitKey(…)")
    }
}

impl LimitDecision {
    /// When a refused one will be allowed, unless others come first; `None` if it was not refused.
    #[must_use]
    pub const fn retry_after(self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after } => Some(retry_after),
            Self::Allowed { .. } | Self::Exempt => None,
        }
    }
}

const fn at_least_a_microsecond(window: Duration, parts: NonZeroU32) -> Duration {
    let micros = window.as_micros() / parts.get() as u128;
    // A window of more than 584,000 years is as good as one of those.
    let micros = if micros > u64::MAX as u128 { u64::MAX } else { micros as u64 };
    Duration::from_micros(if micros == 0 { 1 } else { micros })
}

/// No time counts for more than a century: added to an instant, it is still a whole number for
/// those that calculate in floating point.
const LONGEST: i64 = 100 * 366 * 24 * 60 * 60 * 1_000_000;

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(LONGEST).min(LONGEST)
}

fn duration(micros: i64) -> Duration {
    Duration::from_micros(micros.unsigned_abs())
}

#[cfg(test)]
#[path = "limit_tests.rs"]
mod tests;
