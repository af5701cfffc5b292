//! Who is notified of writes: what a replica may show and what a cache may hold depends on them.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use todo_domain::UserId;
use tokio::time::sleep;

/// What a unit of work writes, as far as observers have to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// Nothing that a user did: rows of somebody who is new, or of anybody in the background.
    InNoName,
    /// Rows of a user, who finds the list of their conversations as it was.
    RowsOf(UserId),
    /// Rows of a user, and with them perhaps the list of their conversations.
    ConversationsOf(UserId),
}

/// Is notified of each write, in the task that carries it out: after the commit, and before anybody
/// else knows of it. A caller who goes away changes nothing about that.
#[async_trait]
pub(crate) trait WriteObserver: Send + Sync {
    /// This was written, or may have been.
    async fn wrote(&self, written: Written);
}

/// The observers of a database.
#[derive(Clone)]
pub(crate) struct WriteObservers {
    observers: Arc<[Arc<dyn WriteObserver>]>,
    /// How long after its end a write that failed is certainly not committed any more.
    settled_after: Duration,
}

impl WriteObservers {
    pub(crate) fn new(
        observers: impl IntoIterator<Item = Arc<dyn WriteObserver>>,
        settled_after: Duration,
    ) -> Self {
        Self { observers: observers.into_iter().collect(), settled_after }
    }

    /// Tells of a write that was committed. One that failed may yet be, unknown to anybody: it is
    /// notified now, and again once it certainly is or never will be.
    pub(crate) async fn tell(&self, written: Written, is_committed: bool) {
        if self.observers.is_empty() || written == Written::InNoName {
            return;
        }
        self.tell_each(written).await;
        if !is_committed {
            let later = self.clone();
            tokio::spawn(async move {
                sleep(later.settled_after).await;
                later.tell_each(written).await;
            });
        }
    }

    async fn tell_each(&self, written: Written) {
        for observer in &*self.observers {
            observer.wrote(written).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::time::Instant;

    use super::*;

    const SETTLED: Duration = Duration::from_secs(15);

    /// Notes when it was notified of what.
    #[derive(Default)]
    struct Notes(Mutex<Vec<(Instant, Written)>>);

    #[async_trait]
    impl WriteObserver for Notes {
        async fn wrote(&self, written: Written) {
            self.0.lock().unwrap().push((Instant::now(), written));
        }
    }

    async fn notes_of(written: Written, is_committed: bool) -> Vec<(Duration, Written)> {
        let (start, notes) = (Instant::now(), Arc::new(Notes::default()));
        let observers = WriteObservers::new([Arc::clone(&notes) as _], SETTLED);
        observers.tell(written, is_committed).await;
        sleep(10 * SETTLED).await;
        let notified = notes.0.lock().unwrap();
        notified.iter().map(|(at, written)| (*at - start, *written)).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_committed_write_is_told_once_and_a_failed_one_again_when_it_is_settled() {
        let written = Written::ConversationsOf(UserId::new(1).unwrap());
        assert_eq!(notes_of(written, true).await, [(Duration::ZERO, written)]);
        let twice = [(Duration::ZERO, written), (SETTLED, written)];
        assert_eq!(notes_of(written, false).await, twice);
    }

    #[tokio::test(start_paused = true)]
    async fn what_no_user_wrote_is_told_to_nobody() {
        assert_eq!(notes_of(Written::InNoName, true).await, []);
        assert_eq!(notes_of(Written::InNoName, false).await, []);
    }
}
