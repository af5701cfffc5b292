//! How far a replica lags behind, in time.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

/// A position in the write-ahead log, in bytes since its beginning.
pub(in crate::storage) type Position = u64;

/// More looks than this are not remembered: the first of them tells the lag.
const MOST: usize = 1000;

/// Positions of the primary, and when they were seen. The lag is the age of the oldest of them
/// that the replica has not reached. So a primary at rest never looks like lag, as the time of the
/// last replayed transaction would.
#[derive(Debug, Default)]
pub(super) struct Lag {
    unreached: VecDeque<(Instant, Position)>,
}

impl Lag {
    /// The primary, or the log that the replica has received, is this far.
    pub(super) fn written(&mut self, now: Instant, position: Position) {
        let last = self.unreached.back().map(|(_, last)| *last);
        if last.is_none_or(|last| last < position) {
            if self.unreached.len() == MOST {
                self.unreached.pop_back();
            }
            self.unreached.push_back((now, position));
        }
    }

    /// The replica is this far: how long ago it would have been up to date.
    pub(super) fn replayed(&mut self, now: Instant, position: Position) -> Duration {
        while self.unreached.front().is_some_and(|(_, written)| *written <= position) {
            self.unreached.pop_front();
        }
        self.unreached.front().map_or(Duration::ZERO, |(seen, _)| now - *seen)
    }

    /// What was seen is not true any more: another server may be the primary.
    pub(super) fn forget(&mut self) {
        self.unreached.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lag_is_the_age_of_the_first_position_not_reached() {
        let start = Instant::now();
        let at = |second| start + Duration::from_secs(second);
        let mut lag = Lag::default();
        lag.written(at(0), 100);
        lag.written(at(1), 200);
        lag.written(at(2), 300);
        assert_eq!(lag.replayed(at(3), 99), Duration::from_secs(3));
        assert_eq!(lag.replayed(at(3), 100), Duration::from_secs(2));
        assert_eq!(lag.replayed(at(3), 299), Duration::from_secs(1));
        assert_eq!(lag.replayed(at(3), 300), Duration::ZERO);
    }

    #[test]
    fn a_primary_at_rest_is_no_lag() {
        let start = Instant::now();
        let mut lag = Lag::default();
        for second in 0..10_000 {
            let now = start + Duration::from_secs(second);
            lag.written(now, 100);
            assert_eq!(lag.replayed(now, 100), Duration::ZERO);
        }
    }

    #[test]
    fn a_replica_that_stands_still_takes_no_more_memory_with_time() {
        let start = Instant::now();
        let mut lag = Lag::default();
        for second in 0..5_000 {
            lag.written(start + Duration::from_secs(second), second + 1);
        }
        assert_eq!(lag.unreached.len(), MOST);
        let now = start + Duration::from_secs(5_000);
        assert_eq!(lag.replayed(now, 0), Duration::from_secs(5_000));
        assert_eq!(lag.replayed(now, 4_999), Duration::from_secs(1));
        assert_eq!(lag.replayed(now, 5_000), Duration::ZERO);
    }
}
