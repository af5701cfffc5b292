//! What a turn asks before it goes on, and how that is decided.

use std::time::Duration;

use crate::{
    Action, ActionCall, ActionId, ActionTask, CallOperation, CallResult, ConversationId, Decision,
    RecordedCall, TimeZone, Timestamp, TurnFence, TurnId, UserId,
};

use super::{BeginOutcome, Begun, PreparedCall, ReplayedTurn, RunStep};

/// A step that may have to be asked about before it is carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskStep {
    /// The step.
    pub step: RunStep,
    /// The id that the action will have.
    pub action_id: ActionId,
    /// Where the user is: what the arguments of the calls mean there.
    pub time_zone: TimeZone,
}

impl AskStep {
    /// The step where there is none of the tasks that it would delete.
    #[must_use]
    pub fn of_no_tasks(mut self) -> RunStep {
        for call in &mut self.step.calls {
            if let Ok(operation @ CallOperation::DeleteMatching(_)) = &mut call.operation {
                *operation = CallOperation::DeleteShown(Vec::new());
            }
        }
        self.step
    }

    /// What is recorded of the calls until the action is decided.
    #[must_use]
    pub fn waiting_calls(&self) -> Vec<RecordedCall> {
        let waiting = |call: &PreparedCall| {
            let result = match &call.operation {
                Ok(_) => CallResult::Waiting(self.action_id),
                Err(rejection) => CallResult::Rejected(rejection.clone()),
            };
            call.clone().recorded(result, Duration::ZERO)
        };
        self.step.calls.iter().map(waiting).collect()
    }

    /// The action of those calls that can be carried out; `deletes` has for each call of the step the
    /// tasks that it would delete.
    #[must_use]
    pub fn action(&self, deletes: Vec<Option<Vec<ActionTask>>>) -> Action {
        let TurnFence { conversation_id, turn_id, .. } = self.step.fence;
        let calls = self.step.calls_as_recorded().into_iter().zip(deletes).zip(&self.step.calls);
        let calls = calls.filter(|(_, prepared)| prepared.operation.is_ok());
        Action {
            id: self.action_id,
            conversation_id,
            turn_id,
            step: self.step.number,
            expires_at: self.step.now.saturating_add(Action::LIFETIME),
            time_zone: self.time_zone.clone(),
            calls: calls.map(|((call, deletes), _)| ActionCall { call, deletes }).collect(),
        }
    }
}

/// What came of [`TurnStore::ask`](crate::ports::TurnStore::ask).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AskOutcome {
    /// The step is recorded and not carried out, and the turn waits: now or by an earlier try.
    Asked(Box<Action>),
    /// There is none of the tasks that the step would delete. It is carried out and recorded.
    Recorded(Vec<RecordedCall>),
    /// It would delete more tasks than an action covers. Nothing was written.
    TooManyTasks {
        /// How many those are.
        tasks: u64,
    },
    /// As [`StepOutcome::FencedOff`](crate::ports::StepOutcome::FencedOff).
    FencedOff,
}

/// Names an action of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionRef {
    /// The one of this id, decided or not.
    Action(ActionId),
    /// The one that waits in this conversation; if several do, the latest.
    WaitingIn(ConversationId),
}

/// What is to become of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActionDecision {
    /// Its calls are carried out, which are these: for [`TurnStore::decide`](crate::ports::TurnStore::decide) by the ids of those that
    /// wait.
    Approve(Vec<PreparedCall>),
    /// None of them is.
    Reject,
}

impl ActionDecision {
    /// Which of both it is.
    #[must_use]
    pub const fn kind(&self) -> Decision {
        match self {
            Self::Approve(_) => Decision::Approved,
            Self::Reject => Decision::Rejected,
        }
    }

    /// The calls that it lets be carried out.
    #[must_use]
    pub fn approved(&self) -> &[PreparedCall] {
        match self {
            Self::Approve(calls) => calls,
            Self::Reject => &[],
        }
    }
}

/// The decision of an action by its id. Its turn goes on as its next attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecideAction {
    /// Whose.
    pub user_id: UserId,
    /// Of which action.
    pub action_id: ActionId,
    /// Which.
    pub decision: ActionDecision,
    /// When.
    pub now: Timestamp,
    /// As [`BeginTurn::lease`](crate::ports::BeginTurn::lease).
    pub lease: Duration,
    /// As [`BeginTurn::history`](crate::ports::BeginTurn::history).
    pub history: u16,
}

/// What came of [`TurnStore::decide`](crate::ports::TurnStore::decide).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecideOutcome {
    /// It is decided like that, now or before, and the turn that it goes on with has no answer yet.
    Decided(Box<DecidedTurn>),
    /// It was decided like that before, and the turn that went on with it is answered, cancelled, or
    /// waits for another decision.
    Replayed(Box<ReplayedTurn>),
    /// It was decided like that before, and its turn runs; or it is not decided, and another turn of
    /// the conversation runs. Nothing was written.
    TurnInProgress {
        /// Which one runs.
        turn_id: TurnId,
        /// When it will have ended, at the latest.
        retry_after: Duration,
        /// Whether it is the turn that goes on with this decision.
        is_same_request: bool,
    },
    /// It was decided otherwise.
    DecidedOtherwise(Decision),
    /// It can't be decided any more: it has expired, or its turn was closed. Nothing was carried out.
    Expired,
    /// The user has no such action.
    NotFound,
}

impl DecideOutcome {
    /// The outcome where the turn does not go on: the end that it had, or the turn that runs.
    #[must_use]
    pub fn instead(begun: BeginOutcome, is_same_request: bool) -> Self {
        match begun {
            BeginOutcome::Replayed(turn) => Self::Replayed(turn),
            BeginOutcome::TurnInProgress { turn_id, retry_after, .. } => {
                Self::TurnInProgress { turn_id, retry_after, is_same_request }
            }
            _ => Self::Expired,
        }
    }
}

/// A turn that goes on after a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecidedTurn {
    /// The turn. Its steps tell what the decision brought.
    pub begun: Begun,
    /// The message that began it.
    pub text: String,
}
