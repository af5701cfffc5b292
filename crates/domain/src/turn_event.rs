//! What happens in a turn while it runs, for whoever follows it.

use crate::{
    ActionId, FailureCode, MessageId, ModelIdentity, ModelToolCall, RecordedCall, Timestamp,
    TokenUsage, TurnFence,
};

/// Something that happened in a turn. Events come in this order: [`Begun`](Self::Begun), any number
/// of steps, each [`StepBegun`](Self::StepBegun) then [`StepDone`](Self::StepDone), with pieces of
/// [`Text`](Self::Text) before, after or between them, then [`Ended`](Self::Ended). Where the last
/// one is missing, the runner of the turn has stopped without ending it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TurnEvent {
    /// An attempt at the turn has begun.
    Begun(TurnBegun),
    /// The next piece of what the model says to the user. All pieces together are the answer.
    Text(String),
    /// The model has asked for calls, which are about to be carried out.
    StepBegun {
        /// 1, 2, 3 … within the turn.
        number: i32,
        /// What the model said it would do.
        plan: Option<String>,
        /// The calls in order, as they will be recorded.
        calls: Vec<ModelToolCall>,
    },
    /// The calls of the step that has begun are carried out and recorded, or recorded as waiting for
    /// a decision. Then the turn ends as [`TurnEnd::Waiting`].
    StepDone(Vec<RecordedCall>),
    /// The turn has ended; no event follows.
    Ended(TurnEnd),
}

/// An attempt at a turn that has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnBegun {
    /// Whose turn, and which attempt.
    pub fence: TurnFence,
    /// The id that the answer is stored under once there is one.
    pub answer_id: MessageId,
    /// Who answers; `None` where that is not recorded yet.
    pub identity: Option<ModelIdentity>,
}

/// How a turn ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnEnd {
    /// With an answer.
    Completed {
        /// What the answers of the turn cost.
        usage: TokenUsage,
        /// When the answer was stored.
        created_at: Timestamp,
    },
    /// With a question: it goes on once this action is decided.
    Waiting {
        /// Which one.
        action: ActionId,
        /// What the answers of the turn have cost so far.
        usage: TokenUsage,
        /// When the question was asked.
        created_at: Timestamp,
    },
    /// Without one.
    Failed(FailureCode),
    /// The user stopped it.
    Cancelled,
    /// Its process stopped.
    Interrupted,
}
