//! Who has written within the last seconds, as all processes know it from Redis.

use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use redis::cmd;
use todo_domain::UserId;
use tokio::time::Instant;

use super::recent_writes::WriteRegister;
use crate::redis::SharedMemory;

/// What all processes wrote. Where Redis can't tell, everyone may have written.
#[derive(Debug)]
pub(super) struct InRedis {
    memory: SharedMemory,
    doubt: Mutex<Doubt>,
}

/// A Redis that went away may have come back empty, and does not know what was written meanwhile.
#[derive(Debug)]
struct Doubt {
    /// How often it had gone away.
    losses: u64,
    /// When it was last known to be away.
    since: Option<Instant>,
}

impl InRedis {
    pub(super) fn new(memory: SharedMemory) -> Self {
        let doubt = Mutex::new(Doubt { losses: memory.losses(), since: None });
        Self { memory, doubt }
    }

    /// Whether Redis is away, or was within the last window.
    fn is_doubtful(&self, away: bool, window: Duration) -> bool {
        let (now, losses) = (Instant::now(), self.memory.losses());
        let mut doubt = self.doubt.lock();
        if away || doubt.losses != losses {
            *doubt = Doubt { losses, since: Some(now) };
        }
        doubt.since.is_some_and(|since| now - since <= window)
    }
}

#[async_trait]
impl WriteRegister for InRedis {
    async fn add(&self, user: UserId, window: Duration) {
        let mut command = cmd("SET");
        let millis = u64::try_from(window.as_millis()).unwrap_or(u64::MAX);
        command.arg(key(user)).arg(1).arg("PX").arg(millis);
        // If Redis did not take it, Redis has gone away or is full, which is logged there; for
        // this process its own memory tells.
        let _: Result<(), _> = self.memory.call(&command).await;
    }

    async fn may_include(&self, user: UserId, window: Duration) -> bool {
        let found: Result<bool, _> = self.memory.call(cmd("EXISTS").arg(key(user))).await;
        self.is_doubtful(found.is_err(), window) || found.unwrap_or(true)
    }
}

fn key(user: UserId) -> String {
    format!("todo:wrote:{}", user.get())
}
