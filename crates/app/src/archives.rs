//! Everything of a user's, out of the service and in again.

mod export;
mod import;
mod permits;

use std::{fmt, sync::Arc};

use self::permits::Permits;
pub use self::{
    export::{Export, ExportError},
    import::{Import, ImportError},
    permits::Busy,
};
use todo_domain::{
    LimitKey, UserId, UserLimits,
    ports::{AccountStore, ArchiveFormat, ArchiveStore, Clock},
};

/// Exports and imports of accounts.
#[derive(Clone)]
pub struct Archives {
    accounts: Arc<dyn AccountStore>,
    store: Arc<dyn ArchiveStore>,
    format: Arc<dyn ArchiveFormat>,
    clock: Arc<dyn Clock>,
    user_limits: UserLimits,
    exports: Permits,
    imports: Permits,
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
        let (exports, imports) = (Permits::default(), Permits::default());
        Self {
            accounts,
            store,
            format,
            clock,
            user_limits: UserLimits::default(),
            exports,
            imports,
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
        let user = match self.accounts.user(user).await {
            Ok(Some(user)) => user,
            missing => {
                permit.finish();
                return Err(missing.map_or_else(Into::into, |_| ExportError::UserNotFound));
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
        let (store, format) = (self.store.clone(), self.format.clone());
        Ok(Import::new(store, format, user, self.clock.now(), self.user_limits, permit))
    }
}
