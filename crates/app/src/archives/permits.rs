//! Who may export or import at the moment: each of them holds much in memory.

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use parking_lot::{Mutex, MutexGuard};
use todo_domain::{LimitKey, UserId};
use tokio::time::Instant;

/// When to try again where nobody knows when the others will have finished.
const SHORTLY: Duration = Duration::from_secs(5);
/// How long an account waits at most that has left an export or import unfinished.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Why somebody may not export or import at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Busy {
    /// As many are going on as may.
    #[error("too many are going on")]
    All,
    /// One of this account is going on.
    #[error("one of this account is going on")]
    Account,
    /// One from this address is going on.
    #[error("one from this address is going on")]
    Address,
    /// This account has left one unfinished, by sending or reading too slowly, or by going away.
    #[error("one of this account was left unfinished")]
    Unfinished {
        /// How long others come first.
        retry_after: Duration,
    },
}

impl Busy {
    /// When to try again.
    #[must_use]
    pub const fn retry_after(self) -> Duration {
        match self {
            Self::All | Self::Account | Self::Address => SHORTLY,
            Self::Unfinished { retry_after } => retry_after,
        }
    }
}

/// Permits of one kind, a few at a time.
#[derive(Clone, Default)]
pub(super) struct Permits(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    holders: HashMap<UserId, LimitKey>,
    /// Until when accounts wait that did not finish.
    pauses: HashMap<UserId, Instant>,
}

/// A permit, which is held until this is dropped. An account that gives it back unfinished waits as
/// long as it has held it: whoever dawdles, leaves and comes again keeps others out half of the time
/// at most.
pub(super) struct Permit {
    permits: Permits,
    user: UserId,
    since: Instant,
    is_finished: bool,
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").field("user", &self.user).finish_non_exhaustive()
    }
}

impl Permits {
    /// A permit, if fewer than so many are held, and none of them by this user or from this address:
    /// two imports into the same account could not both be written, and nobody shall keep all others
    /// waiting.
    pub(super) fn take(&self, user: UserId, address: LimitKey, max: usize) -> Result<Permit, Busy> {
        let now = Instant::now();
        let mut state = self.state();
        state.pauses.retain(|_, until| *until > now);
        if let Some(until) = state.pauses.get(&user) {
            return Err(Busy::Unfinished { retry_after: *until - now });
        }
        if state.holders.contains_key(&user) {
            return Err(Busy::Account);
        }
        if state.holders.values().any(|holder| *holder == address) {
            return Err(Busy::Address);
        }
        if state.holders.len() >= max {
            return Err(Busy::All);
        }
        state.holders.insert(user, address);
        Ok(Permit { permits: self.clone(), user, since: now, is_finished: false })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock()
    }
}

impl Permit {
    /// Who holds it.
    pub(super) const fn user(&self) -> UserId {
        self.user
    }

    /// Whoever holds it did what they could.
    pub(super) fn finish(&mut self) {
        self.is_finished = true;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.permits.state();
        state.holders.remove(&self.user);
        if !self.is_finished {
            let now = Instant::now();
            let pause = (now - self.since).min(LONGEST_PAUSE);
            state.pauses.insert(self.user, now + pause);
        }
    }
}
