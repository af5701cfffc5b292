//! All that one user has.

use std::collections::BTreeMap;

use super::{ConversationLog, TaskList};
use crate::{
    Action, Batch, BatchOutcome, BatchRefusal, CallOperation, CallResult, ConversationId,
    IdempotencyKey, KeyedRequest, Message, RequestDigest, TaskDone, TimeZone, Timestamp,
    TokenUsage, TokensSpent, Turn, TurnFence, TurnId, UserLimit, UserLimits,
    ports::{
        ActionRef, AskOutcome, AskStep, BeginOutcome, BeginTurn, CancelOutcome, ConversationRef,
        DecideAction, DecideOutcome, EndOutcome, FailTurn, FinishTurn, RecordedTurn, RunStep,
        StepOutcome, TurnRef, UndoOutcome, UndoTurn,
    },
};

/// A user's tasks and conversations. It answers what a [`TurnStore`](crate::ports::TurnStore), a
/// [`TaskStore`](crate::ports::TaskStore) and a [`ConversationStore`](crate::ports::ConversationStore)
/// answer; whoever keeps several users keeps one of these for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InMemoryUserData {
    pub(super) tasks: TaskList,
    pub(super) conversations: BTreeMap<ConversationId, ConversationLog>,
    most_conversations: UserLimit,
    pub(super) time_zone: TimeZone,
    pub(super) spent: Option<TokensSpent>,
    pub(super) requests: BTreeMap<IdempotencyKey, AnsweredRequest>,
}

/// A request with a key that was carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnsweredRequest {
    /// What it asked for.
    pub digest: RequestDigest,
    /// What answers it when it comes again.
    pub answer: RequestAnswer,
}

/// What answers a request when it comes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestAnswer {
    /// The turn of a message.
    Turn(ConversationId, TurnId),
    /// What came of the changes of a batch.
    Batch(Batch<TaskDone>),
}

impl Default for InMemoryUserData {
    /// Of a user in UTC who may keep what [`UserLimits::default`] says.
    fn default() -> Self {
        Self::new(UserLimits::default(), TimeZone::UTC)
    }
}

impl InMemoryUserData {
    /// An empty one of a user in this time zone who may keep so much.
    #[must_use]
    pub const fn new(user_limits: UserLimits, time_zone: TimeZone) -> Self {
        Self {
            tasks: TaskList::for_at_most(user_limits.tasks),
            conversations: BTreeMap::new(),
            most_conversations: user_limits.conversations,
            time_zone,
            spent: None,
            requests: BTreeMap::new(),
        }
    }

    /// Where the user is from now on.
    pub fn set_time_zone(&mut self, time_zone: TimeZone) {
        self.time_zone = time_zone;
    }

    /// The tasks.
    #[must_use]
    pub const fn tasks(&self) -> &TaskList {
        &self.tasks
    }

    /// The conversations in the order of their ids.
    pub fn conversations(&self) -> impl Iterator<Item = &ConversationLog> {
        self.conversations.values()
    }

    /// A conversation.
    #[must_use]
    pub fn conversation(&self, id: ConversationId) -> Option<&ConversationLog> {
        self.conversations.get(&id)
    }

    /// A turn with its ledger.
    #[must_use]
    pub fn turn(&self, id: TurnId) -> Option<&Turn> {
        self.conversations().find_map(|log| log.turn(id))
    }

    /// Carries out a call that is no part of a turn.
    pub fn carry_out(&mut self, call: CallOperation, now: Timestamp) -> CallResult {
        self.tasks.carry_out(call, now)
    }

    /// Carries out all changes of a batch in order, or none of them.
    ///
    /// # Errors
    /// [`BatchRefusal`] says which one is refused, and why.
    pub fn change(
        &mut self,
        batch: Batch,
        now: Timestamp,
    ) -> Result<Batch<TaskDone>, BatchRefusal> {
        self.tasks.change_all(batch, now)
    }

    /// The same, once for a request with a key.
    pub fn change_once(
        &mut self,
        batch: Batch,
        request: KeyedRequest,
        now: Timestamp,
    ) -> BatchOutcome {
        match self.requests.get(&request.key) {
            None => {}
            Some(earlier) if earlier.digest != request.digest => return BatchOutcome::KeyReused,
            Some(AnsweredRequest { answer: RequestAnswer::Turn(..), .. }) => {
                return BatchOutcome::KeyReused;
            }
            Some(AnsweredRequest { answer: RequestAnswer::Batch(done), .. }) => {
                return BatchOutcome::Replayed(done.clone());
            }
        }
        let outcome = BatchOutcome::from(self.change(batch, now));
        if let BatchOutcome::Done(done) = &outcome {
            let KeyedRequest { key, digest } = request;
            let answer = RequestAnswer::Batch(done.clone());
            self.requests.insert(key, AnsweredRequest { digest, answer });
        }
        outcome
    }

    /// Deletes a conversation with its messages, its turns and their ledger, and the keys of its
    /// messages. The tasks that came of it stay. `false` when there was none.
    pub fn delete(&mut self, id: ConversationId) -> bool {
        self.requests.retain(|_, request| {
            !matches!(request.answer, RequestAnswer::Turn(conversation, _) if conversation == id)
        });
        self.conversations.remove(&id).is_some()
    }

    /// A turn as it is recorded at this moment.
    #[must_use]
    pub fn recorded(&self, which: TurnRef, now: Timestamp) -> Option<RecordedTurn> {
        match which {
            TurnRef::Turn(id) => self.conversations().find_map(|log| log.recorded(Some(id), now)),
            TurnRef::LatestOf(conversation) => {
                self.conversations.get(&conversation)?.recorded(None, now)
            }
        }
    }

    /// Notes the user's message and a running turn.
    pub fn begin(&mut self, turn: BeginTurn) -> BeginOutcome {
        let mut earlier = None;
        if let Some(request) = &turn.keyed
            && let Some(known) = self.requests.get(&request.key)
        {
            let (true, RequestAnswer::Turn(conversation, id)) =
                (known.digest == request.digest, &known.answer)
            else {
                return BeginOutcome::KeyReused;
            };
            let log = self.conversations.get(conversation);
            if let Some(outcome) = log.and_then(|log| log.outcome_of(*id, turn.now)) {
                return outcome;
            }
            earlier = Some((*conversation, *id));
        }
        if let Some(budget) = turn.budget
            && let Some(retry_after) = budget.exhausted_for(self.spent, turn.now)
        {
            return BeginOutcome::BudgetSpent { budget, retry_after };
        }
        let zone = self.time_zone.clone();
        if let Some((conversation, id)) = earlier
            && let Some(log) = self.conversations.get_mut(&conversation)
        {
            return log.resume(id, &turn, zone, &mut self.tasks);
        }
        let (keyed, fence) = (turn.keyed.clone(), turn.fence());
        let outcome = self.begin_new(turn, zone);
        if let (Some(request), BeginOutcome::Begun(_)) = (keyed, &outcome) {
            let answer = RequestAnswer::Turn(fence.conversation_id, fence.turn_id);
            let answered = AnsweredRequest { digest: request.digest, answer };
            self.requests.insert(request.key, answered);
        }
        outcome
    }

    fn begin_new(&mut self, turn: BeginTurn, zone: TimeZone) -> BeginOutcome {
        let id = turn.conversation.id();
        match (turn.conversation, self.conversations.get_mut(&id)) {
            (ConversationRef::New(_), Some(_)) => BeginOutcome::ConversationExists,
            (ConversationRef::Existing(_), None) => BeginOutcome::ConversationNotFound,
            (_, Some(log)) => log.begin(turn, zone, &mut self.tasks),
            (_, None) => {
                if self.most_conversations.room(self.conversations.len() as u64) == 0 {
                    return BeginOutcome::ConversationLimitReached { max: self.most_conversations };
                }
                let log = self.conversations.entry(id);
                let log = log.or_insert_with(|| ConversationLog::opened_by(&turn));
                log.begin(turn, zone, &mut self.tasks)
            }
        }
    }

    /// Carries out the calls of a step in order and records them, unless that is done already.
    pub fn run_step(&mut self, step: RunStep) -> StepOutcome {
        let (fence, usage, now) = (step.fence, step.usage, step.now);
        let before = self.cost(&fence);
        let outcome = match self.conversations.get_mut(&fence.conversation_id) {
            Some(log) => log.run_step(step, &mut self.tasks),
            None => StepOutcome::FencedOff,
        };
        self.spend(&fence, before, usage, now);
        outcome
    }

    /// Records a step that is to be asked about, and makes its turn wait.
    pub fn ask(&mut self, ask: AskStep) -> AskOutcome {
        let (fence, usage, now) = (ask.step.fence, ask.step.usage, ask.step.now);
        let before = self.cost(&fence);
        let outcome = match self.conversations.get_mut(&fence.conversation_id) {
            Some(log) => log.ask(ask, &mut self.tasks),
            None => AskOutcome::FencedOff,
        };
        self.spend(&fence, before, usage, now);
        outcome
    }

    /// An action.
    #[must_use]
    pub fn action(&self, which: ActionRef) -> Option<&Action> {
        match which {
            ActionRef::Action(id) => self.conversations().find_map(|log| log.action(id)),
            ActionRef::WaitingIn(conversation) => {
                self.conversation(conversation)?.waiting_actions().next()
            }
        }
    }

    /// Decides an action, and lets its turn run again.
    pub fn decide(&mut self, decide: &DecideAction) -> DecideOutcome {
        let zone = self.time_zone.clone();
        let mut logs = self.conversations.values_mut();
        match logs.find(|log| log.action(decide.action_id).is_some()) {
            Some(log) => log.decide(decide, zone, &mut self.tasks),
            None => DecideOutcome::NotFound,
        }
    }

    /// Notes the answer and completes the turn.
    pub fn finish(&mut self, end: FinishTurn) -> EndOutcome<Message> {
        let (fence, usage, now) = (end.fence, end.usage, end.now);
        let before = self.cost(&fence);
        let ended = self.log_of(&fence).map_or(EndOutcome::FencedOff, |log| log.finish(end));
        self.spend(&fence, before, usage, now);
        ended
    }

    /// Marks the turn failed. What its steps did stays done and recorded.
    pub fn fail(&mut self, end: FailTurn) -> EndOutcome<()> {
        let (fence, usage, now) = (end.fence, end.usage, end.now);
        let before = self.cost(&fence);
        let ended = self.log_of(&fence).map_or(EndOutcome::FencedOff, |log| log.fail(end));
        self.spend(&fence, before, usage, now);
        ended
    }

    /// Undoes a turn, and notes that as a turn of its own, unless it is undone already.
    pub fn undo(&mut self, undo: UndoTurn) -> UndoOutcome {
        let mut logs = self.conversations.values_mut();
        match logs.find(|log| log.turn(undo.turn_id).is_some()) {
            Some(log) => log.undo(undo, &mut self.tasks),
            None => UndoOutcome::NotFound,
        }
    }

    /// Cancels a turn that runs or waits.
    pub fn cancel(&mut self, id: TurnId, now: Timestamp) -> CancelOutcome {
        let home = self.conversations.values_mut().find(|log| log.turn(id).is_some());
        home.map_or(CancelOutcome::NotFound, |log| log.cancel(id, now))
    }

    /// Whether a turn runs and is still its runner's.
    #[must_use]
    pub fn is_held(&self, fence: &TurnFence) -> bool {
        self.conversation(fence.conversation_id).is_some_and(|log| log.is_held(fence))
    }

    /// What a turn has cost so far; `None` of one that is gone.
    fn cost(&self, fence: &TurnFence) -> Option<TokenUsage> {
        let turn = self.conversation(fence.conversation_id)?.turn(fence.turn_id)?;
        Some(turn.usage)
    }

    /// Counts what a turn has cost beyond that. One that is gone has cost all that its runner says:
    /// to ask and to delete is no way around a budget.
    fn spend(
        &mut self,
        fence: &TurnFence,
        before: Option<TokenUsage>,
        usage: TokenUsage,
        now: Timestamp,
    ) {
        let (before, after) = match (before, self.cost(fence)) {
            (Some(before), Some(after)) => (before, after),
            _ => (TokenUsage::default(), usage),
        };
        if after != before {
            let rest = TokenUsage {
                input_tokens: after.input_tokens.saturating_sub(before.input_tokens),
                output_tokens: after.output_tokens.saturating_sub(before.output_tokens),
            };
            self.spent = Some(TokensSpent::and(self.spent, rest, now));
        }
    }

    fn log_of(&mut self, fence: &TurnFence) -> Option<&mut ConversationLog> {
        self.conversations.get_mut(&fence.conversation_id)
    }
}
