//! All that one user has.

use std::collections::BTreeMap;

use super::{ConversationLog, TaskList};
use crate::{
    ConversationId, Message, TaskOperation, TaskOutcome, TimeZone, Timestamp, TokenUsage,
    TokensSpent, Turn, TurnFence, TurnId, UserLimit, UserLimits,
    ports::{
        BeginOutcome, BeginTurn, ConversationRef, EndOutcome, FailTurn, FinishTurn, RecordedTurn,
        RunStep, StepOutcome, TurnRef,
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
        if let Some(budget) = turn.budget
            && let Some(retry_after) = budget.exhausted_for(self.spent, turn.now)
        {
            return BeginOutcome::BudgetSpent { budget, retry_after };
        }
        let zone = self.time_zone.clone();
        let id = turn.conversation.id();
        match (turn.conversation, self.conversations.get_mut(&id)) {
            (ConversationRef::New(_), Some(_)) => BeginOutcome::ConversationExists,
            (ConversationRef::Existing(_), None) => BeginOutcome::ConversationNotFound,
            (_, Some(log)) => log.begin(turn, zone),
            (_, None) => {
                if self.most_conversations.room(self.conversations.len() as u64) == 0 {
                    return BeginOutcome::ConversationLimitReached { max: self.most_conversations };
                }
                let log = self.conversations.entry(id);
                log.or_insert_with(|| ConversationLog::opened_by(&turn)).begin(turn, zone)
            }
        }
    }

    /// Carries out the calls of a step in order and records them, unless that is done already.
    pub fn run_step(&mut self, step: RunStep) -> StepOutcome {
        match self.conversations.get_mut(&step.fence.conversation_id) {
            Some(log) => log.run_step(step, |operation, now| self.tasks.execute(operation, now)),
            None => StepOutcome::FencedOff,
        }
    }

    /// Notes the answer and completes the turn.
    pub fn finish(&mut self, end: FinishTurn) -> EndOutcome<Message> {
        let (usage, now) = (end.usage, end.now);
        let ended = self.log_of(&end.fence).map_or(EndOutcome::FencedOff, |log| log.finish(end));
        self.pay(&ended, usage, now);
        ended
    }

    /// Marks the turn failed. What its steps did stays done and recorded.
    pub fn fail(&mut self, end: FailTurn) -> EndOutcome<()> {
        let (usage, now) = (end.usage, end.now);
        let ended = self.log_of(&end.fence).map_or(EndOutcome::FencedOff, |log| log.fail(end));
        self.pay(&ended, usage, now);
        ended
    }

    /// No conversation goes away here, so the end of a turn tells all it has cost.
    fn pay<T>(&mut self, ended: &EndOutcome<T>, usage: TokenUsage, now: Timestamp) {
        if matches!(ended, EndOutcome::Ended(_)) {
            self.spent = Some(TokensSpent::and(self.spent, usage, now));
        }
    }

    fn log_of(&mut self, fence: &TurnFence) -> Option<&mut ConversationLog> {
        self.conversations.get_mut(&fence.conversation_id)
    }
}
