//! Whether there is room on the database's disk, as far as writes have shown.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// For how long a disk that was found full is reported as full. Nobody writes to a service that is not
/// ready, so that it has to be tried again.
const REFUSES_FOR: Duration = Duration::from_secs(15);

/// Room on a disk.
#[derive(Debug, Default)]
pub(crate) struct Space {
    found_full: Mutex<Option<Instant>>,
}

impl Space {
    /// A write was refused because the disk is full, or was not.
    pub(crate) fn wrote(&self, is_full: bool) {
        *self.found_full.lock() = is_full.then(Instant::now);
    }

    /// Whether the last write found the disk full, a moment ago.
    pub(crate) fn is_full(&self) -> bool {
        let found = *self.found_full.lock();
        found.is_some_and(|found| found.elapsed() < REFUSES_FOR)
    }
}
