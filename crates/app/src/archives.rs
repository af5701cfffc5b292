//! Everything of a user's, out of the service and in again.

mod export;
mod import;
mod pacing;
mod permits;
mod storing;
mod sweep;

use std::{fmt, sync::Arc};

pub use self::{
    export::{Export, ExportError},
    import::{Import, ImportError, Imported, StoredImport},
    permits::Busy,
    sweep::ImportSweep,
};
use self::{pacing::Pacing, permits::Permits, storing::Storing};
use todo_domain::{
    LimitKey, User, UserId, UserLimits,
    ports::{AccountStore, ArchiveFormat, ArchiveStore, Clock, IdGenerator},
};

/// Exports and imports of accounts.
#[derive(Clone)]
pub struct Archives {
    accounts: Arc<dyn AccountStore>,
    store: Arc<dyn ArchiveStore>,
    format: Arc<dyn ArchiveFormat>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    user_limits: UserLimits,
    exports: Permits,
    imports: Permits,
    pacing: Pacing,
}

impl fmt::Debug for Archives {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Archives").finish_non_exhaustive()
    }
}

impl Archives {
    /// How many exports there may be at a time: each holds a page of what may be megabytes, for as
    /// long as its reader takes.
    pub const MAX_EXPORTS: usize = 4;
    /// How many imports there may be at a time.
    pub const MAX_IMPORTS: usize = 2;

    /// Archives of this format, of what these stores keep.
    #[must_use]
    pub fn new(
        accounts: Arc<dyn AccountStore>,
        store: Arc<dyn ArchiveStore>,
        format: Arc<dyn ArchiveFormat>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGenerator>,
    ) -> Self {
        Self {
            accounts,
            store,
            format,
            clock,
            ids,
            user_limits: UserLimits::default(),
            exports: Permits::default(),
            imports: Permits::default(),
            pacing: Pacing::default(),
        }
    }

    /// For users who may keep so much.
    #[must_use]
    pub const fn holding(mut self, user_limits: UserLimits) -> Self {
        self.user_limits = user_limits;
        self
    }

    /// Begins to export everything of a user's, to somebody at this address. There is one at a time
    /// of an account, and one from an address.
    ///
    /// # Errors
    /// [`ExportError`].
    pub async fn export(&self, user: UserId, address: LimitKey) -> Result<Export, ExportError> {
        let mut permit = self.exports.take(user, address, Self::MAX_EXPORTS)?;
        let user = match self.exportable(user).await {
            Ok(user) => user,
            Err(error) => {
                permit.finish();
                return Err(error);
            }
        };
        let (accounts, store) = (self.accounts.clone(), self.store.clone());
        Ok(Export::new(accounts, store, self.format.clone(), user, self.clock.now(), permit))
    }

    /// Begins to import into the account of a user, from somebody at this address. There is one at a
    /// time into an account, and one from an address.
    ///
    /// # Errors
    /// [`ImportError::Busy`].
    pub fn import(&self, user: UserId, address: LimitKey) -> Result<Import, ImportError> {
        let permit = self.imports.take(user, address, Self::MAX_IMPORTS)?;
        let (store, pacing) = (self.store.clone(), self.pacing.clone());
        let storing = Storing::new(store, &*self.ids, self.sweep(), pacing, permit);
        Ok(Import::new(self.format.clone(), self.clock.now(), self.user_limits, storing))
    }

    /// What undoes imports whose process has died.
    #[must_use]
    pub fn sweep(&self) -> ImportSweep {
        ImportSweep::new(self.store.clone(), self.ids.clone(), self.pacing.clone())
    }

    async fn exportable(&self, user: UserId) -> Result<User, ExportError> {
        let found = self.accounts.user(user).await?.ok_or(ExportError::UserNotFound)?;
        match self.store.is_importing(user).await? {
            false => Ok(found),
            true => Err(ExportError::ImportInProgress),
        }
    }
}
