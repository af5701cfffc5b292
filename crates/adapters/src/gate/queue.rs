//! A bound of calls at a time, and a short queue of those that wait, first come, first served.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::{Instant, timeout_at},
};

use super::GateSettings;

pub(super) struct Queue {
    slots: Semaphore,
    waiting: AtomicU32,
    longest: u32,
    longest_wait: Duration,
}

/// The place of one call.
pub(super) type Slot<'a> = SemaphorePermit<'a>;

impl Queue {
    pub(super) fn new(settings: GateSettings) -> Self {
        Self {
            slots: Semaphore::new(settings.concurrency as usize),
            waiting: AtomicU32::new(0),
            longest: settings.queue,
            longest_wait: settings.longest_wait,
        }
    }

    /// Waits for a place; `None` if the queue is full or moves too slowly. What `on_waiting`
    /// returns is kept as long as there is a wait.
    pub(super) async fn wait<T>(
        &self,
        deadline: Instant,
        on_waiting: impl FnOnce() -> T,
    ) -> Option<Slot<'_>> {
        // Never overtakes those that wait: a place that gets free is theirs at once.
        if let Ok(slot) = self.slots.try_acquire() {
            return Some(slot);
        }
        let _place = Place::take(self)?;
        let _waiting = on_waiting();
        let limit = deadline.min(Instant::now() + self.longest_wait);
        timeout_at(limit, self.slots.acquire()).await.ok()?.ok()
    }
}

/// A place in the queue, given back however the wait ends.
struct Place<'a>(&'a Queue);

impl<'a> Place<'a> {
    fn take(queue: &'a Queue) -> Option<Self> {
        let one_more = |waiting: u32| (waiting < queue.longest).then_some(waiting + 1);
        let taken = queue.waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more);
        taken.ok().map(|_| Self(queue))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}
