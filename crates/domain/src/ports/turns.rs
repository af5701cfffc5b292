//! Where turns and their ledger are kept.
//!
//! A turn is begun, runs any number of steps, and is finished or failed: one unit of work each,
//! with nothing held in between, so that a model may think as long as it likes.

mod action;
mod begin;
mod end;
mod step;

use async_trait::async_trait;

use crate::{
    Action, ConversationId, Message, Timestamp, Turn, TurnFence, TurnId, UserId, ports::StoreError,
};

pub use self::action::*;
pub use self::begin::*;
pub use self::end::*;
pub use self::step::*;

/// Keeps turns and their ledger.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait TurnStore: Send + Sync {
    /// Stores the user's message and a running turn, and loads the history.
    ///
    /// At most one turn of a conversation runs at a time. One whose lease has run out is closed
    /// as interrupted on the way. One that waits for a decision is completed with its question as its
    /// answer, whether or not the message decides it.
    ///
    /// A message with a key belongs to one turn, however often and wherever it is sent. If that turn
    /// failed, was interrupted, or runs although its lease has run out, it goes on as its next attempt,
    /// in its own conversation and with its own ids: nothing is stored a second time, and whoever ran
    /// it before is fenced off. The key is kept for [`IdempotencyKey::KEPT`](crate::IdempotencyKey::KEPT)
    /// at least, and no longer than its turn.
    /// A user whose budget is spent begins none; what counts is what
    /// all steps and ends of their turns have cost on that day ([`TokensSpent`](crate::TokensSpent)),
    /// whatever has become of those turns since.
    async fn begin(&self, turn: BeginTurn) -> Result<BeginOutcome, StoreError>;

    /// Carries out the calls of a step in order and records them, all together.
    ///
    /// A step that is recorded already is not carried out again: its records come back. So a
    /// caller that does not know whether its step was committed may ask again.
    async fn run_step(&self, step: RunStep) -> Result<StepOutcome, StoreError>;

    /// Records a step without carrying it out, and makes its turn wait for the decision of an action.
    /// What a filter matches is found now, so that the action names tasks. Where none of the tasks is
    /// there, nothing is asked, and the step is carried out.
    ///
    /// As with [`Self::run_step`], a caller may ask again.
    async fn ask(&self, ask: AskStep) -> Result<AskOutcome, StoreError>;

    /// An action.
    async fn action(&self, user: UserId, action: ActionRef) -> Result<Option<Action>, StoreError>;

    /// Decides an action: carries out all of its calls or none, records that over the waiting ones,
    /// and lets the turn run again.
    ///
    /// An action is decided once. The same decision again is not carried out again: a turn that has
    /// no answer goes on as its next attempt. One that has expired is closed: its turn is completed
    /// with the question as its answer.
    async fn decide(&self, decide: DecideAction) -> Result<DecideOutcome, StoreError>;

    /// Stores the answer and completes the turn.
    async fn finish(&self, end: FinishTurn) -> Result<EndOutcome<Message>, StoreError>;

    /// Marks the turn failed. What its steps did stays done and recorded. Where the turn goes on as its
    /// next attempt, its partial answer is forgotten.
    async fn fail(&self, end: FailTurn) -> Result<EndOutcome<()>, StoreError>;

    /// Cancels a turn that runs, whoever runs it: no step and no end of its runner is written any
    /// more. What its steps did stays done and recorded. So is one that waits; its action is over.
    async fn cancel(
        &self,
        user: UserId,
        id: TurnId,
        now: Timestamp,
    ) -> Result<CancelOutcome, StoreError>;

    /// The turn of a conversation that runs or waits; `None` where none does, or where there is no such
    /// conversation.
    async fn unfinished(
        &self,
        user: UserId,
        conversation: ConversationId,
    ) -> Result<Option<TurnId>, StoreError>;

    /// Which of these runners would be refused: their turns have ended, were taken over, or are gone.
    /// One question for all turns of a process.
    async fn fenced_off(&self, runners: Vec<TurnFence>) -> Result<Vec<TurnFence>, StoreError>;

    /// Undoes a turn that has ended, whatever its end was, and records that as a turn of the same
    /// conversation with one step of one call. Either all tasks that it changed become what they
    /// were, or nothing changes.
    ///
    /// Undoing the turn that undid it brings its effects back, and then it can be undone again. A
    /// turn that is undone already is not undone again: what undid it is returned. A turn that ended
    /// without an answer, or waits, becomes cancelled, so that no request resumes it.
    async fn undo(&self, undo: UndoTurn) -> Result<UndoOutcome, StoreError>;

    /// A turn with its ledger, as it is now: whoever cancelled or ended it is seen.
    async fn turn(&self, user: UserId, id: TurnId) -> Result<Option<Turn>, StoreError>;

    /// A turn with its ledger and its answer, all as of one moment.
    async fn recorded(
        &self,
        user: UserId,
        turn: TurnRef,
    ) -> Result<Option<RecordedTurn>, StoreError>;
}
