//! A turn that runs on its own, for whoever began it.

use std::fmt;

use todo_domain::TurnFence;
use tokio::{sync::oneshot, task::JoinHandle};

use super::{ChatError, ChatReply, FollowedTurn};

/// A turn that has begun. It goes on whether or not this is kept.
pub struct StartedTurn {
    /// Which turn it is, and which attempt.
    pub fence: TurnFence,
    /// What happens in it, from the first event.
    pub events: FollowedTurn,
    reply: Reply,
}

/// A turn that has begun, and its events.
pub(super) type Beginning = (TurnFence, FollowedTurn);

/// What will have come of a turn.
pub(super) type Reply = JoinHandle<Result<ChatReply, ChatError>>;

impl StartedTurn {
    /// Waits until the turn has begun, or until it is clear that it won't.
    pub(super) async fn wait_for(
        begun: oneshot::Receiver<Beginning>,
        reply: Reply,
    ) -> Result<Self, ChatError> {
        match begun.await {
            Ok((fence, events)) => Ok(Self { fence, events, reply }),
            Err(_) => Err(reply.await.ok().and_then(Result::err).unwrap_or(ChatError::Died)),
        }
    }

    /// Waits for the answer.
    ///
    /// # Errors
    /// See [`ChatError`]; of those only the ones of turns that have begun.
    pub async fn reply(self) -> Result<ChatReply, ChatError> {
        self.reply.await.unwrap_or(Err(ChatError::Died))
    }
}

impl fmt::Debug for StartedTurn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartedTurn").field("fence", &self.fence).finish_non_exhaustive()
    }
}
