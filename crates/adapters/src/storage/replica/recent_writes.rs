//! Who has written within the last seconds.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    time::Duration,
};

use async_trait::async_trait;
use parking_lot::{Mutex, MutexGuard};
use todo_domain::UserId;
use tokio::time::Instant;

use super::SharedWrites;

/// Where processes tell each other who has written.
#[async_trait]
pub(super) trait WriteRegister: fmt::Debug + Send + Sync {
    /// This user has written just now, which counts for `window`.
    async fn add(&self, user: UserId, window: Duration);

    /// Whether this user has written within the `window`, or may have.
    async fn may_include(&self, user: UserId, window: Duration) -> bool;
}

/// Users who wrote a moment ago: in this process, and in the others, as far as they share memory.
#[derive(Debug)]
pub(super) struct RecentWrites {
    window: Duration,
    own: Mutex<Own>,
    shared: Option<SharedWrites>,
}

impl RecentWrites {
    pub(super) fn new(window: Duration, shared: Option<SharedWrites>) -> Self {
        Self { window, own: Mutex::default(), shared }
    }

    /// This user has written just now.
    pub(super) async fn add(&self, user: UserId) {
        self.own().add(user, Instant::now(), self.window);
        if let Some(shared) = &self.shared {
            shared.0.add(user, self.window).await;
        }
    }

    /// Whether this user has written a moment ago, or may have.
    pub(super) async fn include(&self, user: UserId) -> bool {
        if self.own().includes(user, Instant::now(), self.window) {
            return true;
        }
        match &self.shared {
            Some(shared) => shared.0.may_include(user, self.window).await,
            None => false,
        }
    }

    /// Whether processes tell each other.
    pub(super) fn are_shared(&self) -> bool {
        self.shared.is_some()
    }

    fn own(&self) -> MutexGuard<'_, Own> {
        self.own.lock()
    }
}

/// What this process wrote.
#[derive(Debug, Default)]
struct Own {
    last: HashMap<UserId, Instant>,
    in_order: VecDeque<(Instant, UserId)>,
}

impl Own {
    fn add(&mut self, user: UserId, now: Instant, window: Duration) {
        self.last.insert(user, now);
        self.in_order.push_back((now, user));
        while let Some((at, user)) = self.in_order.front().copied()
            && now - at > window
        {
            self.in_order.pop_front();
            if self.last.get(&user) == Some(&at) {
                self.last.remove(&user);
            }
        }
    }

    fn includes(&self, user: UserId, now: Instant, window: Duration) -> bool {
        self.last.get(&user).is_some_and(|at| now - *at <= window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(8);

    fn user(id: i64) -> UserId {
        UserId::new(id).unwrap()
    }

    #[test]
    fn a_write_is_remembered_for_the_window_after_the_last_one() {
        let start = Instant::now();
        let mut own = Own::default();
        own.add(user(1), start, WINDOW);
        own.add(user(1), start + WINDOW / 2, WINDOW);
        let last = start + WINDOW / 2 + WINDOW;
        assert!(own.includes(user(1), last, WINDOW));
        assert!(!own.includes(user(2), last, WINDOW));
        assert!(!own.includes(user(1), last + Duration::from_millis(1), WINDOW));
    }

    #[test]
    fn what_is_past_the_window_takes_no_memory() {
        let start = Instant::now();
        let mut own = Own::default();
        for id in 1..=1000 {
            own.add(user(id), start, WINDOW);
            own.add(user(1), start, WINDOW);
        }
        own.add(user(2), start + WINDOW + Duration::from_millis(1), WINDOW);
        assert_eq!((own.last.len(), own.in_order.len()), (1, 1));
    }
}
