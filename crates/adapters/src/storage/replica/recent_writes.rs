//! Who has written within the last seconds.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use parking_lot::{Mutex, MutexGuard};
use redis::cmd;
use todo_domain::UserId;
use tokio::time::Instant;

use crate::redis::SharedMemory;

/// Users who wrote a moment ago: in this process, and in the others, as far as they share memory.
#[derive(Debug)]
pub(super) struct RecentWrites {
    window: Duration,
    own: Mutex<Own>,
    shared: Option<Shared>,
}

impl RecentWrites {
    pub(super) fn new(window: Duration, memory: Option<SharedMemory>) -> Self {
        let shared = memory.map(|memory| Shared::new(memory, window));
        Self { window, own: Mutex::default(), shared }
    }

    /// This user has written just now.
    pub(super) async fn add(&self, user: UserId) {
        self.own().add(user, Instant::now(), self.window);
        if let Some(shared) = &self.shared {
            shared.add(user).await;
        }
    }

    /// Whether this user has written a moment ago, or may have.
    pub(super) async fn include(&self, user: UserId) -> bool {
        if self.own().includes(user, Instant::now(), self.window) {
            return true;
        }
        match &self.shared {
            Some(shared) => shared.may_include(user).await,
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

/// What all processes wrote, in Redis. Where it can't tell, everyone may have written.
#[derive(Debug)]
struct Shared {
    memory: SharedMemory,
    window: Duration,
    doubt: Mutex<Doubt>,
}

/// A Redis that went away may have come back empty, and was not told what was written meanwhile.
#[derive(Debug)]
struct Doubt {
    /// How often it had gone away.
    losses: u64,
    /// When it was last known to be away.
    since: Option<Instant>,
}

impl Shared {
    fn new(memory: SharedMemory, window: Duration) -> Self {
        let doubt = Mutex::new(Doubt { losses: memory.losses(), since: None });
        Self { memory, window, doubt }
    }

    async fn add(&self, user: UserId) {
        let mut command = cmd("SET");
        let millis = u64::try_from(self.window.as_millis()).unwrap_or(u64::MAX);
        command.arg(key(user)).arg(1).arg("PX").arg(millis);
        // If Redis did not take it, Redis has gone away or is full, which is logged there; for
        // this process its own memory tells.
        let _: Result<(), _> = self.memory.call(&command).await;
    }

    async fn may_include(&self, user: UserId) -> bool {
        let found: Result<bool, _> = self.memory.call(cmd("EXISTS").arg(key(user))).await;
        self.is_doubtful(found.is_err()) || found.unwrap_or(true)
    }

    /// Whether Redis is away, or was within the last window.
    fn is_doubtful(&self, away: bool) -> bool {
        let (now, losses) = (Instant::now(), self.memory.losses());
        let mut doubt = self.doubt.lock();
        if away || doubt.losses != losses {
            *doubt = Doubt { losses, since: Some(now) };
        }
        doubt.since.is_some_and(|since| now - since <= self.window)
    }
}

fn key(user: UserId) -> String {
    format!("todo:wrote:{}", user.get())
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
