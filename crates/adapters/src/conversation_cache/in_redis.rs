//! Lists in Redis.
//!
//! A user's entry is a hash with a *fill token* (its field `place`), a name that nobody used before,
//! and, once a reader with that token has filled it, the list. It is made with its time to live, which nothing prolongs, and
//! belongs to an *epoch*: entries of another epoch than the current one are void.
//!
//! - Forgetting deletes the entry, token and all, which Redis also does when it is full.
//! - A deletion that did not reach Redis, or that may not have, leaves a *doubt*, and so does every
//!   connection that was lost: others may have failed to delete something meanwhile. As long as
//!   there is a doubt this process neither believes what it reads nor fills anything. It ends the
//!   doubt by ending the epoch, as soon as Redis takes a command again.
//! - A Redis that was wiped, or restarted with old data, has no entry that anybody could fill, or
//!   an epoch that the processes that lost their connections have ended.

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicU64, Ordering},
};
use std::time::Duration;

use ::redis::{Script, cmd};
use async_trait::async_trait;
use todo_domain::{UserId, ports::IdGenerator};
use tokio::{runtime::Handle, sync::Notify, time::sleep};
use tokio_util::task::AbortOnDropHandle;

use super::{FillToken, LIFETIME, ListCache, ListPrefix, Look};
use crate::{
    MemoryError, SharedMemory, UuidV7,
    codec::{list_prefix_from_json, list_prefix_to_json},
};

/// The name of the epoch. A version that changes what entries mean must change it, together with
/// the names of the entries.
const EPOCH: &str = "todo:conversations:1:epoch";

/// How long to wait before a refused end of an epoch is asked for again.
const PAUSE: Duration = Duration::from_secs(1);

/// Fill token and list of an entry, which is made if there is none of this epoch.
///
/// Redis refuses a script at its first write when it is full. So it does not begin with a
/// deletion, after which it would be let through.
static LOOK: LazyLock<Script> = LazyLock::new(|| {
    // The field of the token keeps its name `place`: processes of two versions share the entries.
    Script::new(
        "
        local epoch = redis.call('GET', KEYS[2])
        if not epoch then
            epoch = ARGV[1]
            redis.call('SET', KEYS[2], epoch)
        end
        local entry = redis.call('HMGET', KEYS[1], 'epoch', 'place', 'list')
        if entry[1] == epoch then
            return {entry[2], entry[3]}
        end
        redis.call('HSET', KEYS[1], 'epoch', epoch, 'place', ARGV[1])
        redis.call('HDEL', KEYS[1], 'list')
        redis.call('EXPIRE', KEYS[1], ARGV[2])
        return {ARGV[1], false}
        ",
    )
});

/// Puts a list into an entry if it still has the token.
static FILL: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "
        if redis.call('HGET', KEYS[1], 'place') == ARGV[1] then
            redis.call('HSET', KEYS[1], 'list', ARGV[2])
        end
        ",
    )
});

/// Lists in Redis.
pub(super) struct InRedis {
    trust: Arc<Trust>,
    _restorer: AbortOnDropHandle<()>,
}

impl InRedis {
    pub(super) fn start(memory: SharedMemory, runtime: &Handle) -> Self {
        let trust = Arc::new(Trust {
            memory,
            // Whoever ran before may have died before it could forget something.
            failures: AtomicU64::new(1),
            settled: AtomicU64::new(0),
            failed: Notify::new(),
        });
        let restorer = AbortOnDropHandle::new(runtime.spawn(Arc::clone(&trust).restore()));
        Self { trust, _restorer: restorer }
    }
}

/// Whether what Redis says can be believed.
struct Trust {
    memory: SharedMemory,
    /// Deletions that may not have been carried out.
    failures: AtomicU64,
    /// The number of doubts at the end of the last epoch.
    settled: AtomicU64,
    /// Something has failed just now.
    failed: Notify,
}

impl Trust {
    /// How many reasons for doubt there were so far. It only rises.
    fn doubts(&self) -> u64 {
        self.failures.load(Ordering::Acquire) + self.memory.losses()
    }

    fn is_certain(&self) -> bool {
        self.doubts() == self.settled.load(Ordering::Acquire)
    }

    /// Ends epochs as long as it is polled: whenever there is a doubt and Redis can be reached.
    async fn restore(self: Arc<Self>) {
        loop {
            let losses = self.memory.losses();
            self.memory.available().await;
            let doubts = self.doubts();
            if doubts == self.settled.load(Ordering::Acquire) {
                tokio::select! {
                    () = self.failed.notified() => {}
                    () = self.memory.lost_since(losses) => {}
                }
                continue;
            }
            match self.memory.call::<()>(cmd("DEL").arg(EPOCH)).await {
                Ok(()) => self.settled.store(doubts, Ordering::Release),
                Err(MemoryError::Away) => {}
                Err(MemoryError::Refused) => sleep(PAUSE).await,
            }
        }
    }
}

fn key(user: UserId) -> String {
    format!("todo:conversations:1:user:{user}")
}

#[async_trait]
impl ListCache for InRedis {
    async fn look(&self, user: UserId) -> Look {
        if !self.trust.is_certain() {
            return Look::Unavailable;
        }
        let (key, fresh) = (key(user), UuidV7.next().to_string());
        let mut script = LOOK.prepare_invoke();
        script.key(&key).key(EPOCH).arg(fresh).arg(LIFETIME.as_secs());
        let found = self.trust.memory.run(&script).await;
        let found: (String, Option<String>) = match found {
            Ok(found) => found,
            Err(MemoryError::Away | MemoryError::Refused) => return Look::Unavailable,
        };
        match found {
            (_, Some(json)) => match list_prefix_from_json(&json) {
                Some(list) => Look::Hit(Arc::new(list)),
                None => Look::Unavailable,
            },
            (token, None) => {
                let memory = self.trust.memory.clone();
                Look::Miss(Box::new(RedisFillToken { memory, key, token }))
            }
        }
    }

    async fn forget(&self, user: UserId) {
        let forgotten = self.trust.memory.call::<()>(cmd("DEL").arg(key(user))).await;
        if forgotten.is_err() {
            self.trust.failures.fetch_add(1, Ordering::Release);
            self.trust.failed.notify_one();
        }
    }
}

/// The right to fill the entry of a user.
struct RedisFillToken {
    memory: SharedMemory,
    key: String,
    token: String,
}

#[async_trait]
impl FillToken for RedisFillToken {
    async fn fill(self: Box<Self>, list: Arc<ListPrefix>) {
        let mut script = FILL.prepare_invoke();
        script.key(&self.key).arg(&self.token).arg(list_prefix_to_json(&list));
        // The next reader reads the database, too.
        let _: Result<(), MemoryError> = self.memory.run(&script).await;
    }
}
