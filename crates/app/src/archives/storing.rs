//! What an import writes: parts, an end, or nothing after all.

use std::{mem, sync::Arc, time::Duration};

use todo_domain::{
    ArchivePart, ArchiveSummary, IdempotencyKey, ImportId, KeyedRequest, Timestamp,
    ports::{
        ArchiveStore, BeginImport, IdGenerator, ImportFence, ImportStep, KeyedImport, StoreError,
        StoreErrorKind, UndoneImport,
    },
};
use tokio::{runtime::Handle, task::JoinHandle};

use super::{import::ImportError, pacing::Pacing, permits::Permit, sweep::ImportSweep};

/// How long an import may be without a sign of life: a client that sends as slowly as it may has
/// filled a part long before.
pub(super) const LEASE: Duration = Duration::from_secs(120);

/// An import as the store knows it, from its first part on. One that is dropped before its end is
/// undone.
pub(super) struct Storing {
    store: Arc<dyn ArchiveStore>,
    sweep: ImportSweep,
    pacing: Pacing,
    import: ImportFence,
    /// Whether the store may know of it.
    has_begun: bool,
    /// Held until nothing of it is left to be done.
    permit: Option<Permit>,
}

impl Storing {
    pub(super) fn new(
        store: Arc<dyn ArchiveStore>,
        ids: &dyn IdGenerator,
        sweep: ImportSweep,
        pacing: Pacing,
        permit: Permit,
    ) -> Self {
        let import = ImportFence { user: permit.user(), id: ImportId::new(ids.next()) };
        Self { store, sweep, pacing, import, has_begun: false, permit: Some(permit) }
    }

    /// Whoever sends the export did what they could.
    pub(super) fn is_all_there(&mut self) {
        if let Some(permit) = &mut self.permit {
            permit.finish();
        }
    }

    /// Writes a part, of which the first one begins the import.
    pub(super) async fn write(&mut self, part: ArchivePart) -> Result<(), ImportError> {
        if !self.has_begun {
            self.begin().await?;
        }
        let written = self.store.write_part(self.import, part, LEASE);
        self.check(self.pacing.write(written).await?)
    }

    /// Ends the import: everything is there.
    pub(super) async fn finish(
        mut self,
        summary: ArchiveSummary,
        keyed: Option<KeyedRequest>,
        now: Timestamp,
    ) -> Result<(), ImportError> {
        let finished = self.store.finish_import(self.import, summary, keyed, now).await?;
        self.check(finished)?;
        self.has_begun = false;
        Ok(())
    }

    /// What the key of this import was used for before, if it was.
    pub(super) async fn earlier(
        &self,
        key: IdempotencyKey,
    ) -> Result<Option<KeyedImport>, StoreError> {
        self.store.keyed_import(self.import.user, key).await
    }

    /// Removes what it has written, and waits for that.
    pub(super) async fn undo(mut self) {
        if let Some(undoing) = self.begin_to_undo() {
            // A sweep does what this has left, if anything.
            drop(undoing.await);
        }
    }

    async fn begin(&mut self) -> Result<(), ImportError> {
        let begun = match self.ask_to_begin().await? {
            BeginImport::LeftBehind => {
                self.sweep.sweep().await?;
                self.ask_to_begin().await?
            }
            begun => begun,
        };
        match begun {
            BeginImport::Begun => Ok(()),
            refused => {
                self.has_begun = false;
                Err(match refused {
                    BeginImport::AccountNotEmpty => ImportError::AccountNotEmpty,
                    BeginImport::UserNotFound => ImportError::UserNotFound,
                    _ => ImportError::InProgress,
                })
            }
        }
    }

    async fn ask_to_begin(&mut self) -> Result<BeginImport, StoreError> {
        // If the answer is lost, it may have begun.
        self.has_begun = true;
        self.store.begin_import(self.import, LEASE).await
    }

    fn check(&mut self, step: ImportStep) -> Result<(), ImportError> {
        match step {
            ImportStep::Done => Ok(()),
            ImportStep::UserNotFound => Err(ImportError::UserNotFound),
            ImportStep::FencedOff => {
                let lost = "the import was without a sign of life for too long, and was undone";
                Err(StoreError::new(StoreErrorKind::Unavailable, lost).into())
            }
        }
    }

    /// Goes on without whoever has sent the export.
    fn begin_to_undo(&mut self) -> Option<JoinHandle<()>> {
        if !mem::take(&mut self.has_begun) {
            return None;
        }
        // Where nothing runs any more, the next process does it.
        let runtime = Handle::try_current().ok()?;
        let (store, pacing) = (Arc::clone(&self.store), self.pacing.clone());
        let (import, permit) = (self.import, self.permit.take());
        Some(runtime.spawn(async move {
            // The store has logged the failure; a sweep does the rest.
            drop(undo(&*store, &pacing, import).await);
            drop(permit);
        }))
    }
}

impl Drop for Storing {
    fn drop(&mut self) {
        drop(self.begin_to_undo());
    }
}

/// Removes all that an import has written, part by part.
pub(super) async fn undo(
    store: &dyn ArchiveStore,
    pacing: &Pacing,
    import: ImportFence,
) -> Result<(), StoreError> {
    while pacing.write(store.undo_import(import, LEASE)).await? == UndoneImport::Partly {}
    Ok(())
}
