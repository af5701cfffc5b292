//! Everything of a user's, out of the service and in again.

mod export;
mod import;
mod places;

use std::{fmt, sync::Arc};

use self::places::Places;
pub use self::{
    export::Export,
    import::{Import, ImportError},
};
use todo_domain::{
    Capacities, UserId,
    ports::{AccountStore, ArchiveFormat, ArchiveStore, Clock, StoreError},
};

/// Exports and imports of accounts.
#[derive(Clone)]
pub struct Archives {
    accounts: Arc<dyn AccountStore>,
    store: Arc<dyn ArchiveStore>,
    format: Arc<dyn ArchiveFormat>,
    clock: Arc<dyn Clock>,
    capacities: Capacities,
    imports: Places,
}

impl fmt::Debug for Archives {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Archives").finish_non_exhaustive()
    }
}

impl Archives {
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
        let (capacities, imports) = (Capacities::default(), Places::default());
        Self { accounts, store, format, clock, capacities, imports }
    }

    /// For users who may keep so much.
    #[must_use]
    pub const fn holding(mut self, capacities: Capacities) -> Self {
        self.capacities = capacities;
        self
    }

    /// Begins to export everything of a user's; `None` when there is no such user.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn export(&self, user: UserId) -> Result<Option<Export>, StoreError> {
        let user = self.accounts.user(user).await?;
        Ok(user.map(|user| {
            Export::new(self.store.clone(), self.format.clone(), user, self.clock.now())
        }))
    }

    /// Begins to import into the account of a user; `None` while there are [`Self::MAX_IMPORTS`]
    /// or there is one of theirs.
    #[must_use]
    pub fn import(&self, user: UserId) -> Option<Import> {
        let place = self.imports.take(user, Self::MAX_IMPORTS)?;
        let (store, format) = (self.store.clone(), self.format.clone());
        Some(Import::new(store, format, user, self.clock.now(), self.capacities, place))
    }
}
