//! The events of running turns, for followers of other processes.
//!
//! A turn's log stays in the process that runs it. It is copied from there into a list in Redis, an
//! element for each event, and each names the attempt. The list expires shortly after its process has
//! stopped writing, and is deleted when an event could not be written: whoever reads it then reads no
//! more, and looks the turn up anew. So it does where Redis is away.

use std::{fmt, sync::Arc, time::Duration};

use ::redis::{cmd, pipe};
use async_trait::async_trait;
use futures_util::FutureExt;
use todo_domain::{
    TurnEvent, TurnFence, TurnId, UserId,
    ports::{TurnLog, TurnLogReader, TurnLogs},
};
use tokio::{
    runtime::Handle,
    time::{sleep, timeout},
};

use crate::{
    MemoryError, SharedMemory,
    codec::{turn_event_from_json, turn_event_to_json},
};

/// How long a list outlives the last sign of life of its process.
const LIFETIME: Duration = Duration::from_secs(15);
/// How often a process says that a turn still runs in which nothing happens.
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);
/// What lies between two writes, and at least between two reads: what happens meanwhile goes along.
const PAUSE: Duration = Duration::from_millis(50);
/// What lies between two reads at most, while nothing happens.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);
/// What lies between two attempts to delete a list that lacks events.
const DELETE_INTERVAL: Duration = Duration::from_secs(1);
/// The largest element in bytes; a turn with a larger one is not copied any further.
const MAX_ELEMENT_BYTES: usize = 256 * 1024;

/// Keeps the events of turns where other processes find them.
#[derive(Clone)]
pub struct SharedTurnLogs {
    local: Arc<dyn TurnLogs>,
    memory: SharedMemory,
    runtime: Handle,
}

impl fmt::Debug for SharedTurnLogs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedTurnLogs").field("memory", &self.memory).finish_non_exhaustive()
    }
}

impl SharedTurnLogs {
    /// Logs that are kept in `local`, for followers in this process, and copied to Redis for all others.
    #[must_use]
    pub fn new(local: Arc<dyn TurnLogs>, memory: SharedMemory, runtime: Handle) -> Self {
        Self { local, memory, runtime }
    }
}

#[async_trait]
impl TurnLogs for SharedTurnLogs {
    fn open(&self, fence: TurnFence) -> Arc<dyn TurnLog> {
        let log = self.local.open(fence);
        let (reader, memory) = (log.reader(), self.memory.clone());
        // It ends with the log.
        self.runtime.spawn(async move {
            let key = key(fence.user_id, fence.turn_id);
            if let Err(Incomplete) = copy(reader, &key, fence, &memory).await {
                delete(&key, &memory).await;
            }
        });
        log
    }

    async fn read(&self, user: UserId, turn: TurnId) -> Option<Box<dyn TurnLogReader>> {
        if let Some(reader) = self.local.read(user, turn).await {
            return Some(reader);
        }
        let mut reader = Reader {
            memory: self.memory.clone(),
            key: key(user, turn),
            position: 0,
            first: None,
            attempt: None,
            unread: Vec::new(),
        };
        // Only a list that begins with the beginning is a log; and a turn that has ended is in the
        // record, or deleted.
        reader.fill().await.ok()?;
        let has_begun = matches!(reader.unread.last(), Some(TurnEvent::Begun(_)));
        let has_ended = matches!(reader.unread.first(), Some(TurnEvent::Ended(_)));
        (has_begun && !has_ended).then(|| Box::new(reader) as _)
    }
}

/// The name of a list. A version that changes what its elements mean must change it.
fn key(user: UserId, turn: TurnId) -> String {
    format!("todo:turn-log:1:{user}:{turn}")
}

/// An event could not be written: the list lacks it.
struct Incomplete;

impl From<MemoryError> for Incomplete {
    fn from(_: MemoryError) -> Self {
        Self
    }
}

/// Deletes a list that lacks events, so that nobody waits for them. Nobody can after its lifetime.
async fn delete(key: &str, memory: &SharedMemory) {
    let deleting = async {
        loop {
            sleep(DELETE_INTERVAL).await;
            if memory.call::<()>(cmd("DEL").arg(key)).await.is_ok() {
                return;
            }
        }
    };
    let _ = timeout(LIFETIME, deleting).await;
}

/// Copies a log until it ends.
async fn copy(
    mut log: Box<dyn TurnLogReader>,
    key: &str,
    fence: TurnFence,
    memory: &SharedMemory,
) -> Result<(), Incomplete> {
    let mut is_first = true;
    loop {
        let event = match timeout(SIGN_OF_LIFE, log.next()).await {
            Ok(Some(event)) => event,
            Ok(None) => return Ok(()),
            Err(_) => {
                let mut expire = cmd("EXPIRE");
                expire.arg(key).arg(LIFETIME.as_secs());
                if memory.call::<i64>(&expire).await? == 0 {
                    // Redis has lost it. Followers read the record.
                    return Ok(());
                }
                continue;
            }
        };
        let mut write = pipe();
        write.atomic();
        if is_first {
            // What an earlier attempt left.
            write.del(key).ignore();
        }
        let mut elements = vec![turn_event_to_json(fence, event)];
        while let Some(Some(event)) = log.next().now_or_never() {
            elements.push(turn_event_to_json(fence, event));
        }
        if elements.iter().any(|element| element.len() > MAX_ELEMENT_BYTES) {
            return Err(Incomplete);
        }
        if is_first {
            write.rpush(key, elements).ignore();
        } else {
            // No part of a log that was lost meanwhile shall look like one.
            write.rpush_exists(key, elements).ignore();
        }
        write.expire(key, LIFETIME.as_secs() as i64).ignore();
        memory.all(&write).await?;
        is_first = false;
        sleep(PAUSE).await;
    }
}

struct Reader {
    memory: SharedMemory,
    key: String,
    /// How many elements have been read.
    position: isize,
    /// The first element, which shows that the list is still the same.
    first: Option<String>,
    attempt: Option<i32>,
    /// Events that were read and not yet returned, the next one last.
    unread: Vec<TurnEvent>,
}

#[async_trait]
impl TurnLogReader for Reader {
    async fn next(&mut self) -> Option<TurnEvent> {
        let mut pause = PAUSE;
        loop {
            if let Some(event) = self.unread.pop() {
                return Some(event);
            }
            // Redis went away, the list expired or was deleted, or the next attempt has begun.
            self.fill().await.ok()?;
            if self.unread.is_empty() {
                sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

/// Nothing more can be read.
struct Lost;

impl Reader {
    /// Reads what has been added since.
    async fn fill(&mut self) -> Result<(), Lost> {
        let mut read = pipe();
        read.atomic().lindex(&self.key, 0).lrange(&self.key, self.position, -1);
        let answer = self.memory.call_all(&read).await;
        let (first, elements): (Option<String>, Vec<String>) = answer.map_err(|_| Lost)?;
        let first = first.ok_or(Lost)?;
        if *self.first.get_or_insert_with(|| first.clone()) != first {
            return Err(Lost);
        }
        let mut events = Vec::with_capacity(elements.len());
        for element in &elements {
            let (attempt, event) = turn_event_from_json(element).ok_or(Lost)?;
            if *self.attempt.get_or_insert(attempt) != attempt {
                return Err(Lost);
            }
            events.push(event);
        }
        self.position += events.len() as isize;
        events.reverse();
        self.unread = events;
        Ok(())
    }
}
