//! Folding texts that another version wrote, so that they are found as new ones are.

use std::{collections::BTreeSet, fmt, sync::Arc, time::Duration};

use todo_domain::{
    UserId,
    ports::{FoldingStore, StoreError},
};
use tokio::time::{Instant, sleep};

/// Folds what there is to fold, little by little, beside all that goes on.
#[derive(Clone)]
pub struct Folding {
    store: Arc<dyn FoldingStore>,
    /// Who has a text that can't be folded. They are left alone until the next start.
    skipped: BTreeSet<UserId>,
}

impl fmt::Debug for Folding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Folding").finish_non_exhaustive()
    }
}

impl Folding {
    /// How many characters are folded at once: 256 KiB at most. What is written at once takes as long
    /// as others wait.
    const CHARACTERS: u32 = 64 * 1024;
    /// The shortest pause between two batches. Otherwise it is as long as the last one took, so that
    /// half of the time is for others.
    const PAUSE: Duration = Duration::from_millis(5);
    /// The pause before a smaller batch is tried.
    const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);
    /// The pause after everything is folded, and after a failure. A version that folds otherwise may
    /// still write beside this one.
    const INTERVAL: Duration = Duration::from_secs(10 * 60);

    /// Folds in this store.
    #[must_use]
    pub fn new(store: Arc<dyn FoldingStore>) -> Self {
        Self { store, skipped: BTreeSet::new() }
    }

    /// Folds what there is, now and every ten minutes from now on. It may be dropped at any time.
    pub async fn run(mut self) {
        loop {
            // The store has logged the failure; the next time is another chance.
            drop(self.fold_all().await);
            sleep(Self::INTERVAL).await;
        }
    }

    /// Folds all there is; tells how many rows that were. Texts that can't be folded keep no other
    /// user's from it.
    ///
    /// # Errors
    /// When the store fails. What was folded before stays folded.
    pub async fn fold_all(&mut self) -> Result<u64, StoreError> {
        let (mut rows, start, mut last) = (0, Instant::now(), None);
        while let Some(user) = self.store.next_to_fold(last).await? {
            if !self.skipped.contains(&user) {
                rows += self.fold_user(user).await?;
            }
            last = Some(user);
        }
        if rows > 0 {
            let seconds = start.elapsed().as_secs_f64();
            tracing::info!(rows, seconds, "Folded texts for searching");
        }
        Ok(rows)
    }

    /// Folds the texts of a user. What fails is tried again with half of it, down to one row.
    async fn fold_user(&mut self, user: UserId) -> Result<u64, StoreError> {
        let (mut rows, mut characters) = (0, Self::CHARACTERS);
        loop {
            let begin = Instant::now();
            match self.store.fold_some(user, characters).await {
                Ok(Some(folded)) => rows += folded,
                Ok(None) => return Ok(rows),
                Err(_) if characters > 1 => {
                    characters /= 2;
                    sleep(Self::PAUSE_AFTER_FAILURE).await;
                }
                Err(error) if error.kind.may_succeed_again() => return Err(error),
                Err(error) => {
                    let (id, kind) = (user.get(), error.kind);
                    tracing::warn!(user = id, ?kind, "A text of a user can't be folded");
                    self.skipped.insert(user);
                    return Ok(rows);
                }
            }
            sleep(begin.elapsed().max(Self::PAUSE)).await;
        }
    }
}
