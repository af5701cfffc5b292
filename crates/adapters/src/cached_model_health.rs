//! Keeps what was learnt about a model's health, so that asking often costs little.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use todo_domain::{
    Timestamp,
    ports::{Clock, ModelHealth, ModelReport},
};
use tokio::sync::Mutex;

/// Answers from memory while what it knows is young enough, and asks once for all who want to
/// know at the same time.
pub struct CachedModelHealth {
    inner: Arc<dyn ModelHealth>,
    clock: Arc<dyn Clock>,
    keep: Duration,
    known: Mutex<Option<(Timestamp, ModelReport)>>,
}

impl CachedModelHealth {
    /// How long an answer is kept unless told otherwise.
    pub const KEEP: Duration = Duration::from_secs(5 * 60);

    /// Keeps what `inner` says for `keep`.
    #[must_use]
    pub fn new(inner: Arc<dyn ModelHealth>, clock: Arc<dyn Clock>, keep: Duration) -> Self {
        Self { inner, clock, keep, known: Mutex::new(None) }
    }
}

impl fmt::Debug for CachedModelHealth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedModelHealth").field("keep", &self.keep).finish_non_exhaustive()
    }
}

#[async_trait]
impl ModelHealth for CachedModelHealth {
    async fn check(&self) -> ModelReport {
        // Held while asking: whoever comes meanwhile waits, and then finds the answer.
        let mut known = self.known.lock().await;
        if let Some((learnt, report)) = &*known
            && self.clock.now().since(*learnt) < self.keep
        {
            return report.clone();
        }
        let report = self.inner.check().await;
        *known = Some((self.clock.now(), report.clone()));
        report
    }
}
