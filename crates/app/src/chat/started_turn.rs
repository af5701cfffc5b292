//! A turn that runs on its own, for whoever began it.

use std::fmt;

use todo_domain::{TurnFence, TurnId};
use tokio::{sync::oneshot, task::JoinHandle};

use super::{ChatError, ChatReply, FollowedTurn};

/// The turn of a request, to be followed. It goes on whether or not this is kept.
pub struct StartedTurn {
    /// Which turn it is.
    pub turn_id: TurnId,
    /// What happens in it, from the first event.
    pub events: FollowedTurn,
    /// Whether it had ended before the request came, which had come before.
    pub is_replayed: bool,
    /// Of a decision: the step whose calls it was about. What was before, its client knows.
    pub decided_step: Option<i32>,
}

impl fmt::Debug for StartedTurn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartedTurn").field("turn_id", &self.turn_id).finish_non_exhaustive()
    }
}

/// A turn that has begun, and its events.
pub(super) type Beginning = (TurnFence, FollowedTurn);

/// What comes of a request.
pub(super) type End = Result<ChatReply, ChatError>;

/// A turn that has begun, and what will have come of it.
pub(super) struct BegunTurn {
    fence: TurnFence,
    events: FollowedTurn,
    end: JoinHandle<End>,
}

impl BegunTurn {
    /// Waits until the turn has begun, or until it is clear that none will. What came of the request
    /// is the error then: it may be the answer to an earlier one.
    pub(super) async fn wait_for(
        begun: oneshot::Receiver<Beginning>,
        end: JoinHandle<End>,
    ) -> Result<Self, End> {
        match begun.await {
            Ok((fence, events)) => Ok(Self { fence, events, end }),
            Err(_) => Err(end.await.unwrap_or(Err(ChatError::Died))),
        }
    }

    /// Waits for the answer.
    pub(super) async fn end(self) -> End {
        self.end.await.unwrap_or(Err(ChatError::Died))
    }
}

impl From<BegunTurn> for StartedTurn {
    fn from(BegunTurn { fence, events, .. }: BegunTurn) -> Self {
        Self { turn_id: fence.turn_id, events, is_replayed: false, decided_step: None }
    }
}
