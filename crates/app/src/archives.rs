//! Everything of a user's, out of the service and in again.

mod export;
mod import;
mod places;

use std::{fmt, sync::Arc};

use self::places::Places;
pub use self::{
    export::{Export, ExportError},
    import::{Import, ImportError},
};
use todo_domain::{
    Capacities, UserId,
    ports::{AccountStore, ArchiveFormat, ArchiveStore, Clock},
};

/// Exports and imports of accounts.
#[derive(Clone)]
pub struct Archives {
    accounts: Arc<dyn AccountStore>,
    store: Arc<dyn ArchiveStore>,
    format: Arc<dyn ArchiveFormat>,
    clock: Arc<dyn Clock>,
    capacities: Capacities,
    exports: Places,
    imports: Places,
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
    ) -> Self {
        let (exports, imports) = (Places::default(), Places::default());
        Self { accounts, store, format, clock, capacities: Capacities::default(), exports, imports }
    }

    /// For users who may keep so much.
    #[must_use]
    pub const fn holding(mut self, capacities: Capacities) -> Self {
        self.capacities = capacities;
        self
    }

    /// Begins to export everything of a user's.
    ///
    /// # Errors
    /// [`ExportError`].
    pub async fn export(&self, user: UserId) -> Result<Export, ExportError> {
        let place = self.exports.take(user, Self::MAX_EXPORTS).ok_or(ExportError::TooMany)?;
        let user = self.accounts.user(user).await?.ok_or(ExportError::UserNotFound)?;
        let (accounts, store) = (self.accounts.clone(), self.store.clone());
        Ok(Export::new(accounts, store, self.format.clone(), user, self.clock.now(), place))
    }

    /// Begins to import into the account of a user.
    ///
    /// # Errors
    /// [`ImportError::TooMany`].
    pub fn import(&self, user: UserId) -> Result<Import, ImportError> {
        let place = self.imports.take(user, Self::MAX_IMPORTS).ok_or(ImportError::TooMany)?;
        let (store, format) = (self.store.clone(), self.format.clone());
        Ok(Import::new(store, format, user, self.clock.now(), self.capacities, place))
    }
}
