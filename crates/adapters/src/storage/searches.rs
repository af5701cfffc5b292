//! Searches look at everything a user has, so each user has one at a time: whoever searches without
//! a pause takes turns with themselves, and not with the others.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
};

use parking_lot::Mutex;
use todo_domain::UserId;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};

use super::error::{Failure, Result};

/// Who searches, or waits for it.
#[derive(Debug, Default)]
pub(crate) struct Searches {
    users: Mutex<HashMap<UserId, Weak<Semaphore>>>,
}

/// The right to search, until it is dropped.
#[derive(Debug, Clone)]
pub(crate) struct SearchPermit {
    _permit: Arc<OwnedSemaphorePermit>,
}

impl SearchPermit {
    /// Does the work of somebody who may need a permit, and keeps it until that is done.
    pub(crate) async fn keep<T>(permit: Option<Self>, work: impl Future<Output = T>) -> T {
        let outcome = work.await;
        drop(permit);
        outcome
    }
}

impl Searches {
    /// Waits until the user's earlier searches are over, in order.
    pub(crate) async fn enter(&self, user: UserId, deadline: Instant) -> Result<SearchPermit> {
        let slot = self.slot_of(user);
        match timeout_at(deadline, slot.acquire_owned()).await {
            Ok(Ok(permit)) => Ok(SearchPermit { _permit: Arc::new(permit) }),
            // Nobody closes it.
            Ok(Err(_)) | Err(_) => Err(Failure::Crowded),
        }
    }

    fn slot_of(&self, user: UserId) -> Arc<Semaphore> {
        let mut users = self.users.lock();
        if let Some(slot) = users.get(&user).and_then(Weak::upgrade) {
            return slot;
        }
        // Those who are done are forgotten, so that no more are known than search right now.
        users.retain(|_, slot| slot.strong_count() > 0);
        let slot = Arc::new(Semaphore::new(1));
        users.insert(user, Arc::downgrade(&slot));
        slot
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn user(number: i64) -> UserId {
        UserId::new(number).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_user_searches_once_at_a_time_and_nobody_waits_for_another() {
        let searches = Searches::default();
        let soon = Instant::now() + Duration::from_secs(1);
        let first = searches.enter(user(1), soon).await.unwrap();
        searches.enter(user(2), soon).await.unwrap();
        assert!(matches!(searches.enter(user(1), soon).await, Err(Failure::Crowded)));
        drop(first);
        searches.enter(user(1), soon).await.unwrap();
    }

    #[tokio::test]
    async fn those_who_are_done_are_forgotten() {
        let searches = Searches::default();
        let soon = Instant::now() + Duration::from_secs(30);
        for number in 1..100 {
            searches.enter(user(number), soon).await.unwrap();
        }
        assert!(searches.users.lock().len() <= 2);
    }
}
