//! Who has written within the last seconds.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

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

    fn own(&self) -> MutexGuard<'_, Own> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
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
    /// How often Redis had gone away, and when that was noticed to have changed.
    losses: Mutex<(u64, Instant)>,
}

impl Shared {
    fn new(memory: SharedMemory, window: Duration) -> Self {
        let losses = Mutex::new((memory.losses(), Instant::now()));
        Self { memory, window, losses }
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
        found.unwrap_or(true) || self.may_have_forgotten()
    }

    /// A Redis that went away may have come back empty, and was not told what was written
    /// meanwhile.
    fn may_have_forgotten(&self) -> bool {
        let (now, losses) = (Instant::now(), self.memory.losses());
        let mut seen = self.losses.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.0 != losses {
            *seen = (losses, now);
        }
        now - seen.1 <= self.window
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

    #[tokio::test(start_paused = true)]
    async fn a_write_is_remembered_for_the_window_after_the_last_one() {
        let writes = RecentWrites::new(WINDOW, None);
        writes.add(user(1)).await;
        tokio::time::advance(WINDOW / 2).await;
        writes.add(user(1)).await;
        tokio::time::advance(WINDOW).await;
        assert!(writes.include(user(1)).await);
        assert!(!writes.include(user(2)).await);
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(!writes.include(user(1)).await);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_past_the_window_takes_no_memory() {
        let writes = RecentWrites::new(WINDOW, None);
        for id in 1..=1000 {
            writes.add(user(id)).await;
            writes.add(user(1)).await;
        }
        tokio::time::advance(WINDOW + Duration::from_millis(1)).await;
        writes.add(user(2)).await;
        let own = writes.own();
        assert_eq!((own.last.len(), own.in_order.len()), (1, 1));
    }
}
