//! Places for exports and imports, of which each holds much in memory.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use todo_domain::UserId;

/// Whose exports or imports there are.
#[derive(Clone, Default)]
pub(super) struct Places {
    taken: Arc<Mutex<HashSet<UserId>>>,
}

/// A place that is taken until this is dropped.
pub(super) struct Place {
    places: Places,
    user: UserId,
}

impl Places {
    /// A place, if fewer than so many are taken and none of them by this user: two imports into
    /// the same account could not both be written, and nobody shall keep all others waiting.
    pub(super) fn take(&self, user: UserId, max: usize) -> Option<Place> {
        let mut taken = self.taken();
        let is_free = taken.len() < max && taken.insert(user);
        is_free.then(|| Place { places: self.clone(), user })
    }

    fn taken(&self) -> MutexGuard<'_, HashSet<UserId>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.taken().remove(&self.user);
    }
}
