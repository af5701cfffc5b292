//! All that one user has.

use std::collections::BTreeMap;

use super::{ConversationLog, TaskList};
use crate::{
    Action, ConversationId, IdempotencyKey, Message, RequestDigest, TaskOperation, TaskOutcome,
    TimeZone, Timestamp, TokenUsage, TokensSpent, Turn, TurnFence, TurnId, UserLimit, UserLimits,
    ports::{
        ActionRef, AskOutcome, AskStep, BeginOutcome, BeginTurn, CancelOutcome, ConversationRef,
        DecideAction, DecideOutcome, EndOutcome, FailTurn, FinishTurn, RecordedTurn, RunStep,
        StepOutcome, TurnRef, UndoOutcome, UndoTurn,
    },
};

/// A user's tasks and conversations. It answers what a [`TurnStore`](crate::ports::TurnStore)
/// answers; whoever keeps several users keeps one of these for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InMemoryUserData {
    tasks: TaskList,
    conversations: BTreeMap<ConversationId, ConversationLog>,
    most_conversations: UserLimit,
    time_zone: TimeZone,
    spent: Option<TokensSpent>,
    keys: BTreeMap<IdempotencyKey, KeyedTurn>,
}

/// The turn that answers the request with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct KeyedTurn {
    digest: RequestDigest,
    conversation: ConversationId,
    turn: TurnId,
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
            keys: BTreeMap::new(),
        }
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

    /// Carries out an operation on the tasks.
    pub fn execute(&mut self, operation: TaskOperation, now: Timestamp) -> TaskOutcome {
        self.tasks.execute(operation, now)
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
        let earlier = turn.keyed.as_ref().and_then(|request| self.keys.get(&request.key)).copied();
        if let (Some(earlier), Some(request)) = (earlier, &turn.keyed) {
            if earlier.digest != request.digest {
                return BeginOutcome::KeyReused;
            }
            let log = self.conversations.get(&earlier.conversation);
            if let Some(outcome) = log.and_then(|log| log.outcome_of(earlier.turn, turn.now)) {
                return outcome;
            }
        }
        if let Some(budget) = turn.budget
            && let Some(retry_after) = budget.exhausted_for(self.spent, turn.now)
        {
            return BeginOutcome::BudgetSpent { budget, retry_after };
        }
        let zone = self.time_zone.clone();
        if let Some(KeyedTurn { conversation, turn: id, .. }) = earlier
            && let Some(log) = self.conversations.get_mut(&conversation)
        {
            return log.resume(id, &turn, zone, &mut self.tasks);
        }
        let (keyed, fence) = (turn.keyed.clone(), turn.fence());
        let outcome = self.begin_new(turn, zone);
        if let (Some(request), BeginOutcome::Begun(_)) = (keyed, &outcome) {
            let (conversation, turn) = (fence.conversation_id, fence.turn_id);
            let keyed = KeyedTurn { digest: request.digest, conversation, turn };
            self.keys.insert(request.key, keyed);
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
        let (fence, now) = (step.fence, step.now);
        let before = self.cost(&fence);
        let outcome = match self.conversations.get_mut(&fence.conversation_id) {
            Some(log) => log.run_step(step, &mut self.tasks),
            None => StepOutcome::FencedOff,
        };
        self.spend(&fence, before, now);
        outcome
    }

    /// Records a step that is to be asked about, and makes its turn wait.
    pub fn ask(&mut self, ask: AskStep) -> AskOutcome {
        let (fence, now) = (ask.step.fence, ask.step.now);
        let before = self.cost(&fence);
        let outcome = match self.conversations.get_mut(&fence.conversation_id) {
            Some(log) => log.ask(ask, &mut self.tasks),
            None => AskOutcome::FencedOff,
        };
        self.spend(&fence, before, now);
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
        let (fence, now) = (end.fence, end.now);
        let before = self.cost(&fence);
        let ended = self.log_of(&fence).map_or(EndOutcome::FencedOff, |log| log.finish(end));
        self.spend(&fence, before, now);
        ended
    }

    /// Marks the turn failed. What its steps did stays done and recorded.
    pub fn fail(&mut self, end: FailTurn) -> EndOutcome<()> {
        let (fence, now) = (end.fence, end.now);
        let before = self.cost(&fence);
        let ended = self.log_of(&fence).map_or(EndOutcome::FencedOff, |log| log.fail(end));
        self.spend(&fence, before, now);
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

    /// What a turn has cost so far.
    fn cost(&self, fence: &TurnFence) -> TokenUsage {
        let turn = self.conversation(fence.conversation_id).and_then(|log| log.turn(fence.turn_id));
        turn.map_or(TokenUsage::default(), |turn| turn.usage)
    }

    /// Counts what a turn has cost beyond that.
    fn spend(&mut self, fence: &TurnFence, before: TokenUsage, now: Timestamp) {
        let after = self.cost(fence);
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
