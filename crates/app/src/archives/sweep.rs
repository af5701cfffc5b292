//! Undoing imports whose process has died.

use std::{fmt, sync::Arc, time::Duration};

use todo_domain::{
    ImportId,
    ports::{ArchiveStore, IdGenerator, StoreError},
};
use tokio::time::sleep;

use super::{
    pacing::Pacing,
    storing::{LEASE, undo},
};

/// Undoes the imports that nobody goes on with.
#[derive(Clone)]
pub struct ImportSweep {
    store: Arc<dyn ArchiveStore>,
    ids: Arc<dyn IdGenerator>,
    pacing: Pacing,
}

impl fmt::Debug for ImportSweep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportSweep").finish_non_exhaustive()
    }
}

impl ImportSweep {
    /// The pause between two looks.
    const INTERVAL: Duration = Duration::from_secs(60);

    pub(super) fn new(
        store: Arc<dyn ArchiveStore>,
        ids: Arc<dyn IdGenerator>,
        pacing: Pacing,
    ) -> Self {
        Self { store, ids, pacing }
    }

    /// Undoes what there is, now and every minute from now on. It may be dropped at any time.
    pub async fn run(self) {
        loop {
            // The store has logged the failure; the next time is another chance.
            drop(self.sweep().await);
            sleep(Self::INTERVAL).await;
        }
    }

    /// Undoes the imports whose lease is over; tells how many that were.
    ///
    /// # Errors
    /// When the store fails. What was removed before stays removed.
    pub async fn sweep(&self) -> Result<u64, StoreError> {
        let mut imports = 0;
        while let Some(import) =
            self.store.take_over_import(ImportId::new(self.ids.next()), LEASE).await?
        {
            undo(&*self.store, &self.pacing, import).await?;
            imports += 1;
            tracing::info!("Undid an import that was left unfinished");
        }
        Ok(imports)
    }
}
