//! How fast a body travels that has no small bound on its size.

use std::time::Duration;

use tokio::time::Instant;

/// How fast such a body must travel, in either direction; the server's to set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MinimumPace {
    /// How far it may fall behind.
    pub(crate) grace: Duration,
    /// How long it may take in all, without what we take ourselves.
    pub(crate) total: Duration,
}

impl MinimumPace {
    /// How much must travel in a second: what the slowest of lines in use carry.
    pub(crate) const BYTES_PER_SECOND: u32 = 8 * 1024;

    pub(crate) fn begin(self) -> Pace {
        let now = Instant::now();
        let (due, end) = (now + self.grace, now + self.total);
        Pace { grace: self.grace, due, end, ours_since: None }
    }
}

/// How far a body is. What has travelled fast is no credit for falling silent later.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    grace: Duration,
    /// When the next byte must have travelled.
    due: Instant,
    end: Instant,
    /// Since when the other side has been waiting for us.
    ours_since: Option<Instant>,
}

impl Pace {
    /// When it will have been too slow, unless more travels until then.
    pub(crate) fn deadline(&self) -> Instant {
        if self.ours_since.is_some() { self.end } else { self.due.min(self.end) }
    }

    /// So many bytes more have travelled, and it is our turn now.
    pub(crate) fn travelled(&mut self, bytes: usize) {
        let now = Instant::now();
        let earned = bytes as f64 / f64::from(MinimumPace::BYTES_PER_SECOND);
        self.due = (self.due + Duration::from_secs_f64(earned)).min(now + self.grace);
        self.ours_since = Some(now);
    }

    /// It is the other side's turn. What we have taken is not theirs to make up for.
    pub(crate) fn goes_on(&mut self) {
        if let Some(since) = self.ours_since.take() {
            self.due += since.elapsed();
            self.end += since.elapsed();
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const GRACE: Duration = Duration::from_secs(10);
    const A_SECOND_S: usize = MinimumPace::BYTES_PER_SECOND as usize;

    fn begin() -> Pace {
        MinimumPace { grace: GRACE, total: Duration::from_secs(60) }.begin()
    }

    async fn after(pace: &mut Pace, seconds: u64, bytes: usize) -> Duration {
        advance(Duration::from_secs(seconds)).await;
        pace.travelled(bytes);
        pace.goes_on();
        pace.deadline() - Instant::now()
    }

    #[tokio::test(start_paused = true)]
    async fn a_byte_now_and_then_is_not_enough() {
        let mut pace = begin();
        for left in [8, 6, 4, 2] {
            let time = after(&mut pace, 2, 1).await;
            assert!(time < Duration::from_secs(left) + Duration::from_millis(1), "{time:?}");
        }
        assert!(after(&mut pace, 2, 1).await < Duration::from_millis(1));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_keeps_the_pace_has_the_whole_grace_and_no_more() {
        let mut pace = begin();
        for _ in 0..4 {
            assert_eq!(after(&mut pace, 4, 4 * A_SECOND_S).await, GRACE);
        }
        assert_eq!(after(&mut pace, 0, 1_000 * A_SECOND_S).await, GRACE);
    }

    #[tokio::test(start_paused = true)]
    async fn all_of_it_has_an_end() {
        let mut pace = begin();
        for _ in 0..55 {
            after(&mut pace, 1, A_SECOND_S).await;
        }
        assert_eq!(pace.deadline() - Instant::now(), Duration::from_secs(5));
    }

    #[tokio::test(start_paused = true)]
    async fn what_we_take_is_not_theirs() {
        let mut pace = begin();
        advance(Duration::from_secs(4)).await;
        pace.travelled(0);
        advance(Duration::from_secs(20)).await;
        assert_eq!(pace.deadline() - Instant::now(), Duration::from_secs(36));
        pace.goes_on();
        assert_eq!(pace.deadline() - Instant::now(), Duration::from_secs(6));
        // Of a minute four seconds were theirs.
        advance(Duration::from_secs(5)).await;
        for _ in 0..50 {
            after(&mut pace, 1, A_SECOND_S).await;
        }
        assert_eq!(pace.deadline() - Instant::now(), Duration::from_secs(1));
    }
}
