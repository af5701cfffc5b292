//! Where turns and their ledger are kept.
//!
//! A turn is begun, runs any number of steps, and is finished or failed: one unit of work each,
//! with nothing held in between, so that a model may think as long as it likes.

use std::{collections::HashSet, time::Duration};

use async_trait::async_trait;

use crate::{
    Action, ActionCall, ActionId, ActionTask, AnswerText, CallOperation, CallResult,
    ConversationId, Decision, FailureCode, KeyedRequest, Message, MessageId, MessageText,
    ModelIdentity, ModelToolCall, RecordedCall, Rejection, Role, TaskEffect, TimeZone, Timestamp,
    TokenBudget, TokenUsage, Turn, TurnFence, TurnId, TurnStatus, TurnStep, UndoRefusal, UserId,
    UserLimit, ports::StoreError,
};

/// The conversation a message belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConversationRef {
    /// A new one, under this id. There must be none of this id.
    New(ConversationId),
    /// One there should be.
    Existing(ConversationId),
    /// The one of this id, or a new one under it.
    NewOrExisting(ConversationId),
}

impl ConversationRef {
    /// Its id.
    #[must_use]
    pub const fn id(self) -> ConversationId {
        match self {
            Self::New(id) | Self::Existing(id) | Self::NewOrExisting(id) => id,
        }
    }
}

/// A user's message, and the turn that is to answer it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BeginTurn {
    /// Whose.
    pub user_id: UserId,
    /// Where.
    pub conversation: ConversationRef,
    /// The turn's id.
    pub turn_id: TurnId,
    /// The message's id.
    pub message_id: MessageId,
    /// The id that the answer will have.
    pub answer_id: MessageId,
    /// What the user said.
    pub text: MessageText,
    /// When.
    pub now: Timestamp,
    /// How long the turn may run before others may take it for dead, by the database's clock.
    pub lease: Duration,
    /// How many earlier messages to load.
    pub history: u16,
    /// How many tokens the user may spend in a day; `None` for any number.
    pub budget: Option<TokenBudget>,
    /// The request by which a client may send the message again; `None` where it has no key.
    pub keyed: Option<KeyedRequest>,
    /// What the message decides, if that action still waits in the conversation.
    pub decides: Option<SpokenDecision>,
}

/// A decision in the words of a message. The waiting turn is closed either way; what is approved is
/// carried out as the first step of the turn that the message begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpokenDecision {
    /// Of which action.
    pub action_id: ActionId,
    /// Which.
    pub decision: ActionDecision,
}

impl BeginTurn {
    /// The right to carry the turn on, once it has begun.
    #[must_use]
    pub const fn fence(&self) -> TurnFence {
        TurnFence {
            user_id: self.user_id,
            conversation_id: self.conversation.id(),
            turn_id: self.turn_id,
            attempt: 1,
        }
    }

    /// The turn, begun with this history.
    #[must_use]
    pub fn begun(&self, time_zone: TimeZone, history: Vec<HistoryEntry>) -> Begun {
        let (fence, answer_id) = (self.fence(), self.answer_id);
        let is_new_conversation = matches!(self.conversation, ConversationRef::New(_));
        Begun {
            fence,
            answer_id,
            is_new_conversation,
            asked_at: self.now,
            time_zone,
            history,
            steps: Vec::new(),
            usage: TokenUsage::default(),
        }
    }
}

/// What came of [`TurnStore::begin`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BeginOutcome {
    /// The message is stored and the turn runs: as its first attempt, or as the next one of a turn
    /// that the same request began and that has no answer.
    Begun(Begun),
    /// The same request was answered before, its turn was cancelled, or it waits for a decision.
    /// Nothing was stored.
    Replayed(Box<ReplayedTurn>),
    /// The key came with another request before. Nothing was stored.
    KeyReused,
    /// The user has no such conversation. Nothing was stored.
    ConversationNotFound,
    /// The conversation was to be new, and the user has one of this id. Nothing was stored.
    ConversationExists,
    /// Another turn of the conversation runs. Nothing was stored.
    TurnInProgress {
        /// Which one.
        turn_id: TurnId,
        /// When it will have ended, at the latest.
        retry_after: Duration,
        /// Whether the turn is that of the same request.
        is_same_request: bool,
    },
    /// The message would have begun a conversation, and the user has as many as anybody may have.
    /// Nothing was stored.
    ConversationLimitReached {
        /// How many that is.
        max: UserLimit,
    },
    /// The user has spent the day's budget. Nothing was stored.
    BudgetSpent {
        /// How much that is.
        budget: TokenBudget,
        /// When there will be one again.
        retry_after: Duration,
    },
    /// There is no such user. Nothing was stored.
    UserNotFound,
}

/// A turn that has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// The right to carry it on.
    pub fence: TurnFence,
    /// The id that the answer will have.
    pub answer_id: MessageId,
    /// Whether its conversation was made for it.
    pub is_new_conversation: bool,
    /// When the message was first sent: what "tomorrow" in it goes by.
    pub asked_at: Timestamp,
    /// The user's time zone.
    pub time_zone: TimeZone,
    /// What was said before, oldest first, without the message that began the turn.
    pub history: Vec<HistoryEntry>,
    /// What is done and recorded already: by earlier attempts, or because the message, or the decision
    /// with which the turn goes on, approved it.
    pub steps: Vec<TurnStep>,
    /// What the answers of earlier attempts cost.
    pub usage: TokenUsage,
}

/// A turn that ended before the same request came again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayedTurn {
    /// The turn with its ledger, completed, cancelled, or waiting.
    pub turn: Turn,
    /// The answer of a completed turn.
    pub answer: Option<Message>,
}

/// Something that happened earlier in a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryEntry {
    /// The user said this.
    User(String),
    /// The model answered this.
    Assistant(String),
    /// A turn ended without an answer, after it had changed these tasks.
    Unanswered(Vec<TaskEffect>),
    /// What was done before this answer was undone afterwards.
    Undone,
}

impl HistoryEntry {
    /// What messages tell, which come oldest first. `unanswered` says what a turn changed that
    /// ended without an answer: that is shown after the message that began it, so that a repeated
    /// wish is not granted twice. `undone` are the turns whose effects are taken back now: that is
    /// shown after their answer, and without an answer there is nothing to tell.
    pub fn of(
        said: impl IntoIterator<Item = Message>,
        mut unanswered: impl FnMut(TurnId) -> Option<Vec<TaskEffect>>,
        undone: &HashSet<TurnId>,
    ) -> Vec<Self> {
        let mut history = Vec::new();
        for message in said {
            let is_undone = undone.contains(&message.turn_id);
            match message.role {
                Role::Assistant => {
                    history.push(Self::Assistant(message.text));
                    history.extend(is_undone.then_some(Self::Undone));
                }
                Role::User => {
                    history.push(Self::User(message.text));
                    let effects = unanswered(message.turn_id).filter(|_| !is_undone);
                    history.extend(effects.map(Self::Unanswered));
                }
            }
        }
        history
    }
}

/// An answer of the model that asked for tools.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunStep {
    /// The right to run it.
    pub fence: TurnFence,
    /// 1, 2, 3 … within the turn.
    pub number: i32,
    /// What the model said it would do.
    pub plan: Option<String>,
    /// What it thought.
    pub reasoning: Option<String>,
    /// Who answered.
    pub identity: ModelIdentity,
    /// What that answer cost.
    pub usage: TokenUsage,
    /// The calls in order.
    pub calls: Vec<PreparedCall>,
    /// When.
    pub now: Timestamp,
}

impl RunStep {
    /// The calls as they will be recorded, before they are carried out.
    #[must_use]
    pub fn calls_as_recorded(&self) -> Vec<ModelToolCall> {
        let calls = self.calls.iter().map(|call| ModelToolCall {
            id: storable(call.id.clone()),
            name: storable(call.name.clone()),
            arguments: storable(call.arguments.clone()),
        });
        calls.collect()
    }

    /// The plan as it will be recorded.
    #[must_use]
    pub fn plan_as_recorded(&self) -> Option<String> {
        self.plan.clone().map(storable)
    }

    /// The step for the ledger, now that its calls are carried out.
    #[must_use]
    pub fn done(self, calls: Vec<RecordedCall>) -> TurnStep {
        TurnStep {
            number: self.number,
            plan: self.plan.map(storable),
            reasoning: self.reasoning.map(storable),
            identity: self.identity,
            usage: self.usage,
            calls,
        }
    }
}

/// A tool call, parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedCall {
    /// The model's name for it, unique within its turn.
    pub id: String,
    /// The tool the model named.
    pub name: String,
    /// The model's arguments, byte for byte.
    pub arguments: String,
    /// What it amounts to, or why it amounts to nothing.
    pub operation: Result<CallOperation, Rejection>,
}

impl PreparedCall {
    /// The record of the call, of what it brought, and of how long that took.
    #[must_use]
    pub fn recorded(self, result: CallResult, duration: Duration) -> RecordedCall {
        RecordedCall {
            id: storable(self.id),
            name: storable(self.name),
            arguments: storable(self.arguments),
            result,
            duration,
        }
    }
}

/// A text of a model without U+0000, which PostgreSQL can't store and nobody could correct.
fn storable(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "") } else { text }
}

/// What came of [`TurnStore::run_step`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepOutcome {
    /// The step is done and recorded, now or by an earlier try.
    Recorded(Vec<RecordedCall>),
    /// The turn is no longer this runner's. Nothing was written. What the answer cost is counted if
    /// the turn was cancelled, or deleted with its conversation; it is not if the turn was closed, or
    /// goes on as its next attempt.
    FencedOff,
}

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

/// What came of [`TurnStore::ask`].
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
    /// As [`StepOutcome::FencedOff`].
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
    /// Its calls are carried out, which are these: for [`TurnStore::decide`] by the ids of those that
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
    /// As [`BeginTurn::lease`].
    pub lease: Duration,
    /// As [`BeginTurn::history`].
    pub history: u16,
}

/// What came of [`TurnStore::decide`].
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

/// What came of [`TurnStore::cancel`].
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

/// What came of [`TurnStore::undo`].
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
