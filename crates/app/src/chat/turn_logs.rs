//! The events of the turns that run in this process, for those who follow them.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Weak},
};

use async_trait::async_trait;
use parking_lot::{Mutex, MutexGuard};
use todo_domain::{
    AnswerText, TurnEvent, TurnFence, TurnId, UserId,
    ports::{TurnLog, TurnLogReader, TurnLogs},
};
use tokio::sync::Notify;

/// The most bytes of text a log keeps. A turn whose model says more fails, so nobody needs the rest.
const MAX_TEXT_BYTES: usize = 4 * AnswerText::MAX_CHARS;

type Key = (UserId, TurnId);

/// Keeps events in the memory of this process, from the beginning of a turn to its end. A reader
/// that has begun by then can read on to the last event.
///
/// A reader is a position, so it takes no memory however slow it is. A turn takes what its answer
/// and its calls take, whose bounds are those of the turn.
#[derive(Clone, Default)]
pub struct InProcessTurnLogs(Arc<Mutex<HashMap<Key, Weak<Log>>>>);

impl fmt::Debug for InProcessTurnLogs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InProcessTurnLogs").field("open", &self.logs().len()).finish()
    }
}

impl InProcessTurnLogs {
    fn logs(&self) -> MutexGuard<'_, HashMap<Key, Weak<Log>>> {
        self.0.lock()
    }
}

#[async_trait]
impl TurnLogs for InProcessTurnLogs {
    fn open(&self, fence: TurnFence) -> Arc<dyn TurnLog> {
        let key = (fence.user_id, fence.turn_id);
        let log = Arc::new(Log::default());
        self.logs().insert(key, Arc::downgrade(&log));
        Arc::new(Writer { key, log, logs: self.clone() })
    }

    async fn read(&self, user: UserId, turn: TurnId) -> Option<Box<dyn TurnLogReader>> {
        let log = self.logs().get(&(user, turn)).and_then(Weak::upgrade)?;
        Some(Reader::at_the_beginning(&log))
    }
}

#[derive(Default)]
struct Log {
    state: Mutex<LogState>,
    changed: Notify,
}

#[derive(Default)]
struct LogState {
    /// Pieces of text that follow each other are one event that grows.
    events: Vec<TurnEvent>,
    text_bytes: usize,
    is_closed: bool,
}

impl Log {
    fn state(&self) -> MutexGuard<'_, LogState> {
        self.state.lock()
    }

    fn change(&self, change: impl FnOnce(&mut LogState)) {
        change(&mut self.state());
        self.changed.notify_waiters();
    }
}

impl LogState {
    fn append(&mut self, event: TurnEvent) {
        if let TurnEvent::Text(text) = &event {
            self.text_bytes += text.len();
            if self.text_bytes > MAX_TEXT_BYTES {
                return;
            }
            if let Some(TurnEvent::Text(so_far)) = self.events.last_mut() {
                return so_far.push_str(text);
            }
        }
        self.events.push(event);
    }
}

struct Writer {
    key: Key,
    log: Arc<Log>,
    logs: InProcessTurnLogs,
}

impl TurnLog for Writer {
    fn append(&self, event: TurnEvent) {
        self.log.change(|state| state.append(event));
    }

    fn reader(&self) -> Box<dyn TurnLogReader> {
        Reader::at_the_beginning(&self.log)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let mut logs = self.logs.logs();
        // The next attempt may have a log already.
        if logs.get(&self.key).is_some_and(|log| log.as_ptr() == Arc::as_ptr(&self.log)) {
            logs.remove(&self.key);
        }
        drop(logs);
        self.log.change(|state| state.is_closed = true);
    }
}

struct Reader {
    log: Arc<Log>,
    /// The event to read next, or to read on in, if it is a text.
    event: usize,
    /// How much of that text has been read.
    byte: usize,
}

#[async_trait]
impl TurnLogReader for Reader {
    async fn next(&mut self) -> Option<TurnEvent> {
        loop {
            let log = Arc::clone(&self.log);
            let changed = log.changed.notified();
            let mut changed = std::pin::pin!(changed);
            // From here on no change goes unnoticed.
            changed.as_mut().enable();
            match self.read() {
                Read::Event(event) => return Some(event),
                Read::NothingFollows => return None,
                Read::NothingYet => changed.await,
            }
        }
    }
}

enum Read {
    Event(TurnEvent),
    NothingYet,
    NothingFollows,
}

impl Reader {
    fn at_the_beginning(log: &Arc<Log>) -> Box<dyn TurnLogReader> {
        Box::new(Self { log: Arc::clone(log), event: 0, byte: 0 })
    }

    fn read(&mut self) -> Read {
        let log = Arc::clone(&self.log);
        let state = log.state();
        loop {
            match state.events.get(self.event) {
                Some(TurnEvent::Text(text)) if self.byte < text.len() => {
                    let piece = text[self.byte..].to_owned();
                    self.byte = text.len();
                    return Read::Event(TurnEvent::Text(piece));
                }
                Some(TurnEvent::Text(_)) if self.event + 1 < state.events.len() => {
                    self.event += 1;
                    self.byte = 0;
                }
                Some(TurnEvent::Text(_)) | None if state.is_closed => return Read::NothingFollows,
                Some(TurnEvent::Text(_)) | None => return Read::NothingYet,
                Some(event) => {
                    self.event += 1;
                    return Read::Event(event.clone());
                }
            }
        }
    }
}

#[cfg(test)]
#[path = "turn_logs_tests.rs"]
mod tests;
