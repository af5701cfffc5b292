//! Removing what is old: keys of requests, and turns. What was said stays, how the answer came about
//! does not.

use std::{fmt, sync::Arc, time::Duration};

use todo_domain::{
    IdempotencyKey,
    ports::{Clock, RetentionStore, StoreError},
};
use todo_metrics::RetentionMetrics;
use tokio::time::sleep;

/// Removes keys of requests after a day, and turns that ended long ago, little by little.
#[derive(Clone)]
pub struct Retention {
    store: Arc<dyn RetentionStore>,
    clock: Arc<dyn Clock>,
    keep_turns: Option<Duration>,
    metrics: RetentionMetrics,
}

impl fmt::Debug for Retention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retention").field("keep_turns", &self.keep_turns).finish_non_exhaustive()
    }
}

impl Retention {
    /// How many of them are removed at once.
    const BATCH: u32 = 500;
    /// The pause between two of them, which leaves the database to those who wait for it.
    const PAUSE: Duration = Duration::from_millis(200);
    /// The pause after all that was old is gone, and after a failure.
    const INTERVAL: Duration = Duration::from_secs(60 * 60);

    /// Keeps turns for so long after their end; for ever if `keep_turns` is `None`.
    #[must_use]
    pub fn new(
        store: Arc<dyn RetentionStore>,
        clock: Arc<dyn Clock>,
        keep_turns: Option<Duration>,
        metrics: RetentionMetrics,
    ) -> Self {
        Self { store, clock, keep_turns, metrics }
    }

    /// Removes what is old, now and every hour from now on. It may be dropped at any time.
    pub async fn run(self) {
        loop {
            // The store has logged the failure; the next hour is another chance.
            drop(self.sweep().await);
            drop(self.sweep_keys().await);
            sleep(Self::INTERVAL).await;
        }
    }

    /// Removes the keys that are old by now; returns how many.
    ///
    /// # Errors
    /// When the store fails. What was removed before stays removed.
    pub async fn sweep_keys(&self) -> Result<u64, StoreError> {
        let came_before = self.clock.now().saturating_sub(IdempotencyKey::KEPT);
        let mut keys = 0;
        loop {
            let removed = self.store.forget_keys(came_before, Self::BATCH).await?;
            keys += removed;
            if removed == 0 {
                return Ok(keys);
            }
            sleep(Self::PAUSE).await;
        }
    }

    /// Removes the turns that are old by now; returns how many.
    ///
    /// # Errors
    /// When the store fails. What was removed before stays removed.
    pub async fn sweep(&self) -> Result<u64, StoreError> {
        let Some(keep) = self.keep_turns else { return Ok(0) };
        let ended_before = self.clock.now().saturating_sub(keep);
        let mut turns = 0;
        loop {
            let removed = self.store.forget_turns(ended_before, Self::BATCH).await;
            let removed = removed.inspect_err(|_| Self::tell(turns))?;
            self.metrics.forgot(removed);
            turns += removed;
            // Fewer than asked for need not be the last: others may be removing some of them.
            if removed == 0 {
                Self::tell(turns);
                return Ok(turns);
            }
            sleep(Self::PAUSE).await;
        }
    }

    fn tell(turns: u64) {
        if turns > 0 {
            tracing::info!(turns, "Removed old turns");
        }
    }
}
