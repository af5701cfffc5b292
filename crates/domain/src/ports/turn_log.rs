//! Where the events of running turns are kept for those who follow them.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{TurnEvent, TurnFence, TurnId, UserId};

/// Keeps the events of turns while they run.
///
/// What is lost here is lost for followers only: steps and answers are in the
/// [`TurnStore`](super::TurnStore).
#[async_trait]
pub trait TurnLogs: Send + Sync {
    /// Begins the log of an attempt at a turn. Followers of an earlier attempt read no more.
    fn open(&self, fence: TurnFence) -> Arc<dyn TurnLog>;

    /// A reader of the turn's log, at its first event; `None` where no log of it is kept. A turn
    /// that has ended need not have one any more.
    async fn read(&self, user: UserId, turn: TurnId) -> Option<Box<dyn TurnLogReader>>;
}

/// The log of one attempt, for its runner. When it is dropped, readers learn that nothing follows.
pub trait TurnLog: Send + Sync {
    /// Adds an event. It must not block or wait for readers: it is called while a model is read.
    fn append(&self, event: TurnEvent);

    /// A reader of this log, at its first event.
    fn reader(&self) -> Box<dyn TurnLogReader>;
}

/// A position in the log of a turn. Any number of readers may follow a turn; a slow one delays
/// neither the turn nor the others.
#[async_trait]
pub trait TurnLogReader: Send {
    /// The next event, once there is one; `None` when nothing follows. Pieces of text that came
    /// since the last call may come as one. A caller may stop waiting and call again; no event is
    /// lost.
    async fn next(&mut self) -> Option<TurnEvent>;
}
