//! Folding texts that another version wrote, so that they are found as new ones are.

use std::{fmt, sync::Arc, time::Duration};

use todo_domain::ports::{FoldingStore, StoreError};
use tokio::time::{Instant, sleep};

/// Folds what there is to fold, little by little, beside all that goes on.
#[derive(Clone)]
pub struct Folding {
    store: Arc<dyn FoldingStore>,
}

impl fmt::Debug for Folding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Folding").finish_non_exhaustive()
    }
}

impl Folding {
    /// How many rows are folded in one transaction.
    const BATCH: u32 = 200;
    /// The shortest pause between two of them. Otherwise it is as long as the last one took, so that
    /// half of the time is for others.
    const PAUSE: Duration = Duration::from_millis(5);
    /// The pause after everything is folded, and after a failure. A version that folds otherwise may
    /// still write beside this one.
    const INTERVAL: Duration = Duration::from_secs(10 * 60);

    /// Folds in this store.
    #[must_use]
    pub fn new(store: Arc<dyn FoldingStore>) -> Self {
        Self { store }
    }

    /// Folds what there is, now and every ten minutes from now on. It may be dropped at any time.
    pub async fn run(self) {
        loop {
            // The store has told of a failure; the next time is another chance.
            drop(self.fold_all().await);
            sleep(Self::INTERVAL).await;
        }
    }

    /// Folds all there is; tells how many rows that were.
    ///
    /// # Errors
    /// When the store fails. What was folded before stays folded.
    pub async fn fold_all(&self) -> Result<u64, StoreError> {
        let (mut rows, start) = (0, Instant::now());
        loop {
            let begin = Instant::now();
            let Some(folded) = self.store.fold_some(Self::BATCH).await? else { break };
            rows += folded;
            sleep(begin.elapsed().max(Self::PAUSE)).await;
        }
        if rows > 0 {
            let seconds = start.elapsed().as_secs_f64();
            tracing::info!(rows, seconds, "Folded texts for searching");
        }
        Ok(rows)
    }
}
