//! Argon2id, slow on purpose and therefore kept off the async threads.

use std::{fmt, num::NonZeroUsize, sync::Arc, thread, time::Duration};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{self, PasswordHasher as _, PasswordVerifier as _, phc},
};
use async_trait::async_trait;
use todo_domain::{
    LimitKey, Password, PasswordHash,
    ports::{HashError, HashRequester, PasswordHasher},
};
use tokio::{task, time::Instant};

use crate::fair_queue::{FairQueue, FairQueueRules};

/// How many may wait for their turn, with at most half of them from one address. Most of so many
/// would wait in vain.
const LONGEST_QUEUE: usize = 1024;

/// What one hash costs. Every hash names its own cost, so raising it leaves old hashes valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Argon2Cost {
    /// Memory in KiB, at least 8 for each lane.
    pub memory_kib: u32,
    /// Passes over that memory, at least 1.
    pub passes: u32,
    /// Lanes that could be computed at once, at least 1.
    pub lanes: u32,
}

impl Argon2Cost {
    /// What OWASP's Password Storage Cheat Sheet asks for at least: 19 MiB, two passes, one lane.
    pub const OWASP: Self = Self { memory_kib: 19 * 1024, passes: 2, lanes: 1 };
}

impl Default for Argon2Cost {
    fn default() -> Self {
        Self::OWASP
    }
}

/// How many passwords are worked on at once, and how long the next one waits for its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashingLimits {
    /// At most so many at once. More than there are processors only makes all of them slower.
    pub at_once: NonZeroUsize,
    /// Past it the caller gets [`HashError::Busy`].
    pub longest_wait: Duration,
}

impl Default for HashingLimits {
    /// One for each processor, and 2 seconds.
    fn default() -> Self {
        let at_once = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self { at_once, longest_wait: Duration::from_secs(2) }
    }
}

/// Hashes with Argon2id into PHC strings (`$argon2id$v=19$m=…,t=…,p=…$salt$hash`), on tokio's
/// threads for blocking work.
#[derive(Clone)]
pub struct Argon2Hasher {
    argon2: Argon2<'static>,
    /// Of no one's password: verified against where there is no hash, so that it takes as long.
    decoy: phc::PasswordHash,
    turns: Arc<FairQueue<LimitKey, 2>>,
    longest_wait: Duration,
}

impl fmt::Debug for Argon2Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Argon2Hasher").finish_non_exhaustive()
    }
}

impl Argon2Hasher {
    /// A hasher whose new hashes have this cost. Makes one hash, so it takes a moment.
    ///
    /// # Errors
    /// [`HashError::Failed`] when Argon2 has no such cost or the system no randomness.
    pub fn new(cost: Argon2Cost, limits: HashingLimits) -> Result<Self, HashError> {
        let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, None)
            .map_err(|error| failed(error.into()))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let decoy = argon2.hash_password(b"nobody's password").map_err(failed)?;
        Ok(Self {
            argon2,
            decoy,
            turns: Arc::new(FairQueue::new(FairQueueRules {
                slots: limits.at_once.get(),
                longest: LONGEST_QUEUE,
                // A turn is short: the next one comes soon.
                keeps_some_free: false,
            })),
            longest_wait: limits.longest_wait,
        })
    }

    /// Runs `work` where it may block. Its permit goes along, because blocking work can't be
    /// stopped: a caller that gives up must not let another one start beside it.
    async fn in_turn<T: Send + 'static>(
        &self,
        requester: HashRequester,
        work: impl FnOnce(&Argon2<'_>) -> password_hash::Result<T> + Send + 'static,
    ) -> Result<T, HashError> {
        let parties = [requester.address, requester.account];
        let until = Instant::now() + self.longest_wait;
        let turn = self.turns.wait(parties, until, || ()).await.ok_or(HashError::Busy)?;
        let argon2 = self.argon2.clone();
        task::spawn_blocking(move || {
            let _held_until_done = turn;
            work(&argon2)
        })
        .await
        .map_err(|_| HashError::Failed("the thread that hashed has died".into()))?
        .map_err(failed)
    }
}

#[async_trait]
impl PasswordHasher for Argon2Hasher {
    async fn hash(
        &self,
        password: Password,
        requester: HashRequester,
    ) -> Result<PasswordHash, HashError> {
        let work = move |argon2: &Argon2<'_>| argon2.hash_password(password.expose().as_bytes());
        self.in_turn(requester, work).await.map(|hash| PasswordHash::new(hash.to_string()))
    }

    async fn verify(
        &self,
        password: Password,
        hash: Option<PasswordHash>,
        requester: HashRequester,
    ) -> Result<bool, HashError> {
        let known = hash.is_some();
        let hash = match hash {
            Some(hash) => phc::PasswordHash::new(hash.expose()).map_err(|e| failed(e.into()))?,
            None => self.decoy.clone(),
        };
        self.in_turn(requester, move |argon2| {
            match argon2.verify_password(password.expose().as_bytes(), &hash) {
                Ok(()) => Ok(known),
                Err(password_hash::Error::PasswordInvalid) => Ok(false),
                Err(error) => Err(error),
            }
        })
        .await
    }
}

fn failed(error: password_hash::Error) -> HashError {
    HashError::Failed(error.into())
}

#[cfg(test)]
#[path = "password_tests.rs"]
mod tests;
