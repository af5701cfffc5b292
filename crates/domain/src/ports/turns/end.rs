//! How a turn ends, is cancelled and undone.

use std::time::Duration;

use crate::{
    AnswerText, ConversationId, FailureCode, Message, MessageId, ModelIdentity, TaskEffect,
    Timestamp, TokenUsage, Turn, TurnFence, TurnId, TurnStatus, UndoRefusal, UserId,
};

/// The end of a turn that has an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinishTurn {
    /// The right to end it.
    pub fence: TurnFence,
    /// The answer's id: the one that the turn began with.
    pub message_id: MessageId,
    /// The answer.
    pub text: AnswerText,
    /// Who answered.
    pub identity: ModelIdentity,
    /// What all answers of the turn cost.
    pub usage: TokenUsage,
    /// When.
    pub now: Timestamp,
}

/// The end of a turn that has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailTurn {
    /// The right to end it.
    pub fence: TurnFence,
    /// Why it failed.
    pub code: FailureCode,
    /// Who was asked.
    pub identity: ModelIdentity,
    /// What its answers cost.
    pub usage: TokenUsage,
    /// What had been said of an answer, if anything had.
    pub partial_answer: Option<AnswerText>,
    /// When.
    pub now: Timestamp,
}

/// What came of ending a turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndOutcome<T> {
    /// It has ended.
    Ended(T),
    /// The turn is no longer this runner's. What its answers cost is counted if it was cancelled, or
    /// deleted with its conversation; it is not if it was closed, or goes on as its next attempt. Of a
    /// cancelled one the partial answer is stored. Nothing else was written.
    FencedOff,
}

/// Names a turn of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnRef {
    /// The one of this id.
    Turn(TurnId),
    /// The one that runs in this conversation; where none does, the one that began last with a
    /// message: not an undo without one.
    LatestOf(ConversationId),
}

/// A turn as it is recorded so far, for those who follow it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedTurn {
    /// The turn with its ledger.
    pub turn: Turn,
    /// Its latest attempt, from 1.
    pub attempt: i32,
    /// How long it may run yet, by the database's clock; zero unless it runs.
    pub lease_left: Duration,
    /// Its answer, if it has one.
    pub answer: Option<Message>,
}

impl RecordedTurn {
    /// Whether it runs, as far as anybody can tell: a turn whose lease is over has been left behind.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.turn.status == TurnStatus::Running && !self.lease_left.is_zero()
    }

    /// The id of its answer, whether or not there is one yet. Turns of former versions were not given
    /// one before they had an answer.
    #[must_use]
    pub fn answer_id(&self) -> MessageId {
        let answer = self.answer.as_ref().map(|answer| answer.id);
        answer.or(self.turn.answer_id).unwrap_or_else(|| MessageId::new(self.turn.id.get()))
    }
}

/// What came of [`TurnStore::cancel`](crate::ports::TurnStore::cancel).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CancelOutcome {
    /// It ran or waited, and is cancelled now.
    Cancelled(Turn),
    /// It had ended before. Nothing was written.
    Ended(Turn),
    /// The user has no such turn.
    NotFound,
}

/// The wish to undo a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UndoTurn {
    /// Whose.
    pub user_id: UserId,
    /// Which turn.
    pub turn_id: TurnId,
    /// The id of the turn that undoes it, if none does yet.
    pub undo_id: TurnId,
    /// When.
    pub now: Timestamp,
}

/// A turn that is undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoneTurn {
    /// The turn that undid it, now or before.
    pub undone_by: TurnId,
    /// What that changed, in order.
    pub effects: Vec<TaskEffect>,
}

/// What came of [`TurnStore::undo`](crate::ports::TurnStore::undo).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UndoOutcome {
    /// It is undone, now or by an earlier try.
    Undone(UndoneTurn),
    /// It can't be. Nothing was changed.
    Refused(UndoRefusal),
    /// It runs. Nothing was changed.
    Running {
        /// Which turn that is: the one named, or the one that undid or redid it last.
        turn_id: TurnId,
        /// When it will have ended, at the latest.
        retry_after: Duration,
    },
    /// The user has no such turn.
    NotFound,
}
