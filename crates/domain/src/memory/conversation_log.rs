//! A conversation in memory: what is said in it, and its turns.

use std::{collections::BTreeMap, mem, time::Duration};

use super::{ActionRow, TaskList};
use crate::{
    ActionId, CallOperation, CallResult, Closing, Conversation, ConversationTitle, Message,
    MessageCursor, MessageId, ModelIdentity, Role, TaskEffect, TimeZone, Timestamp, TokenUsage,
    Turn, TurnFence, TurnId, TurnStatus, UndoChains, UndoDirection,
    ports::{
        BeginOutcome, BeginTurn, Begun, CancelOutcome, EndOutcome, FailTurn, FinishTurn,
        HistoryEntry, RecordedTurn, ReplayedTurn, RunStep, StepOutcome, UndoOutcome, UndoTurn,
        UndoneTurn,
    },
};

/// A conversation of one user with its messages, its turns and their ledger. It answers what a
/// [`TurnStore`](crate::ports::TurnStore) answers, and decides who may carry a turn on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationLog {
    pub(super) conversation: Conversation,
    pub(super) messages: Vec<Message>,
    pub(super) turns: Vec<LoggedTurn>,
    /// The actions that no turn waits for any more.
    pub(super) past_actions: BTreeMap<ActionId, ActionRow>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LoggedTurn {
    pub(super) turn: Turn,
    pub(super) fence: TurnFence,
    pub(super) lease_until: Timestamp,
}

impl ConversationLog {
    /// The conversation that a first message opens, before the message is said.
    #[must_use]
    pub fn opened_by(turn: &BeginTurn) -> Self {
        let conversation = Conversation {
            id: turn.conversation.id(),
            title: ConversationTitle::of_first_message(&turn.text),
            created_at: turn.now,
            updated_at: turn.now,
        };
        Self::empty(conversation)
    }

    /// A conversation in which nothing has been said yet.
    pub(super) const fn empty(conversation: Conversation) -> Self {
        let past_actions = BTreeMap::new();
        Self { conversation, messages: Vec::new(), turns: Vec::new(), past_actions }
    }

    /// The conversation.
    #[must_use]
    pub const fn conversation(&self) -> &Conversation {
        &self.conversation
    }

    /// What was said, oldest first.
    #[must_use]
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// A turn with its ledger.
    #[must_use]
    pub fn turn(&self, id: TurnId) -> Option<&Turn> {
        self.turns.iter().map(|logged| &logged.turn).find(|turn| turn.id == id)
    }

    /// A turn as it is recorded at this moment: the one of this id, or the one that runs,
    /// or the latest.
    #[must_use]
    pub fn recorded(&self, id: Option<TurnId>, now: Timestamp) -> Option<RecordedTurn> {
        let logged = match id {
            Some(id) => self.turns.iter().find(|logged| logged.turn.id == id),
            None => {
                let mut turns = self.turns.iter();
                let running = turns.find(|logged| logged.turn.status == TurnStatus::Running);
                let asked = |logged: &&LoggedTurn| !logged.turn.is_undo_without_message();
                running.or_else(|| self.turns.iter().rev().find(asked))
            }
        }?;
        let turn = logged.turn.clone();
        let is_answer = |said: &&Message| said.turn_id == turn.id && said.role == Role::Assistant;
        let lease_left = match turn.status {
            TurnStatus::Running => logged.lease_until.since(now),
            _ => Duration::ZERO,
        };
        let answer = self.messages.iter().find(is_answer).cloned();
        Some(RecordedTurn { attempt: logged.fence.attempt, lease_left, answer, turn })
    }

    /// Notes the user's message and a running turn, unless another one runs. One whose lease has
    /// run out is closed as interrupted, one that waits is completed.
    pub fn begin(
        &mut self,
        turn: BeginTurn,
        time_zone: TimeZone,
        tasks: &mut TaskList,
    ) -> BeginOutcome {
        let is_new_conversation = self.turns.is_empty();
        if let Some(busy) = self.end_of_running(turn.now) {
            return busy;
        }
        let spoken = turn.decides.as_ref();
        let steps = self.answer_waiting(spoken, turn.turn_id, tasks, turn.now);
        let begun = Begun { steps, ..turn.begun(time_zone, self.history(turn.history)) };
        let fence = begun.fence;
        self.turns.push(LoggedTurn {
            turn: Turn {
                id: turn.turn_id,
                conversation_id: fence.conversation_id,
                status: TurnStatus::Running,
                answer_id: Some(turn.answer_id),
                identity: None,
                usage: TokenUsage::default(),
                steps: begun.steps.clone(),
                started_at: turn.now,
                finished_at: None,
                undo: None,
                undone_by: None,
                action: None,
                partial_answer: None,
            },
            fence,
            lease_until: turn.now.saturating_add(turn.lease),
        });
        self.say(turn.message_id, Role::User, turn.text.into(), turn.turn_id, turn.now);
        BeginOutcome::Begun(Begun { is_new_conversation, ..begun })
    }

    /// Closes the running turn, whose lease has run out; or tells that it has not.
    pub(super) fn end_of_running(&mut self, now: Timestamp) -> Option<BeginOutcome> {
        let running = |logged: &&mut LoggedTurn| logged.turn.status == TurnStatus::Running;
        let other = self.turns.iter_mut().find(running)?;
        if other.lease_until > now {
            let (turn_id, retry_after) = (other.turn.id, other.lease_until.since(now));
            let is_same_request = false;
            return Some(BeginOutcome::TurnInProgress { turn_id, retry_after, is_same_request });
        }
        other.turn.status = TurnStatus::Interrupted;
        other.turn.finished_at = Some(now);
        None
    }

    /// What a request is answered that began a turn before; `None` if the turn is to be resumed.
    pub(super) fn outcome_of(&self, id: TurnId, now: Timestamp) -> Option<BeginOutcome> {
        let logged = self.turns.iter().find(|logged| logged.turn.id == id)?;
        match logged.turn.status {
            TurnStatus::Completed | TurnStatus::Cancelled | TurnStatus::Waiting => {
                let is_answer = |said: &&Message| Some(said.id) == logged.turn.answer_id;
                let answer = self.messages.iter().find(is_answer).cloned();
                let turn = logged.turn.clone();
                Some(BeginOutcome::Replayed(Box::new(ReplayedTurn { turn, answer })))
            }
            TurnStatus::Running if logged.lease_until > now => {
                let retry_after = logged.lease_until.since(now);
                let is_same_request = true;
                Some(BeginOutcome::TurnInProgress { turn_id: id, retry_after, is_same_request })
            }
            TurnStatus::Running | TurnStatus::Failed(_) | TurnStatus::Interrupted => None,
        }
    }

    /// Goes on with a turn as its next attempt.
    pub(super) fn resume(
        &mut self,
        id: TurnId,
        request: &BeginTurn,
        time_zone: TimeZone,
        tasks: &mut TaskList,
    ) -> BeginOutcome {
        if let Some(busy) = self.end_of_running(request.now) {
            return busy;
        }
        self.answer_waiting(None, id, tasks, request.now);
        self.go_on(id, (request.now, request.lease, request.history), time_zone)
    }

    /// Goes on with a turn while no other runs: for so long from now, with so much history.
    pub(super) fn go_on(
        &mut self,
        id: TurnId,
        (now, lease, most): (Timestamp, Duration, u16),
        time_zone: TimeZone,
    ) -> BeginOutcome {
        if let Some(busy) = self.end_of_running(now) {
            return busy;
        }
        let question = self.messages.iter().position(|said| said.turn_id == id);
        let history = self.history_before(question.unwrap_or_default(), most);
        let Some(logged) = self.turns.iter_mut().find(|logged| logged.turn.id == id) else {
            return BeginOutcome::ConversationNotFound;
        };
        logged.fence.attempt += 1;
        logged.lease_until = now.saturating_add(lease);
        let LoggedTurn { turn, fence, .. } = logged;
        turn.status = TurnStatus::Running;
        turn.finished_at = None;
        turn.partial_answer = None;
        BeginOutcome::Begun(Begun {
            fence: *fence,
            answer_id: turn.answer_id.unwrap_or_else(|| MessageId::new(turn.id.get())),
            is_new_conversation: false,
            asked_at: turn.started_at,
            time_zone,
            history,
            steps: turn.steps.clone(),
            usage: turn.usage,
        })
    }

    /// Carries out the calls of a step in order and records them, unless that is done already.
    pub fn run_step(&mut self, mut step: RunStep, tasks: &mut TaskList) -> StepOutcome {
        let Some(turn) = self.held_or_counted(&step) else { return StepOutcome::FencedOff };
        if let Some(done) = turn.steps.iter().find(|done| done.number == step.number) {
            return StepOutcome::Recorded(done.calls.clone());
        }
        let now = step.now;
        let calls = mem::take(&mut step.calls).into_iter().map(|call| {
            let result = match call.operation.clone() {
                Ok(CallOperation::Undo(direction)) => {
                    self.undo_latest(step.fence.turn_id, direction, tasks, now)
                }
                Ok(operation) => tasks.carry_out(operation, now),
                Err(rejection) => CallResult::Rejected(rejection),
            };
            let result = match result {
                CallResult::Listed(page) => CallResult::Listed(page.recordable()),
                other => other,
            };
            // Nothing was waited for.
            call.recorded(result, Duration::ZERO)
        });
        let calls: Vec<_> = calls.collect();
        let Some(turn) = self.held(&step.fence) else { return StepOutcome::FencedOff };
        turn.identity = Some(step.identity.clone());
        turn.usage += step.usage;
        turn.steps.push(step.done(calls.clone()));
        StepOutcome::Recorded(calls)
    }

    /// Notes the answer and completes the turn.
    pub fn finish(&mut self, end: FinishTurn) -> EndOutcome<Message> {
        let Some(turn) = self.turn_of(&end.fence) else { return EndOutcome::FencedOff };
        if turn.status != TurnStatus::Running {
            // Whoever followed a turn that was cancelled has read all of it.
            if turn.status == TurnStatus::Cancelled {
                turn.partial_answer = Some(end.text);
                turn.usage = turn.usage.max(end.usage);
            }
            return EndOutcome::FencedOff;
        }
        close(turn, TurnStatus::Completed, end.identity, end.usage, end.now);
        let text = end.text.into();
        let said = self.say(end.message_id, Role::Assistant, text, end.fence.turn_id, end.now);
        EndOutcome::Ended(said)
    }

    /// Marks the turn failed. What its steps did stays done and recorded. Of one that was cancelled
    /// while it ran, only the partial answer is noted.
    pub fn fail(&mut self, end: FailTurn) -> EndOutcome<()> {
        let Some(turn) = self.turn_of(&end.fence) else { return EndOutcome::FencedOff };
        if matches!(turn.status, TurnStatus::Running | TurnStatus::Cancelled) {
            turn.partial_answer = end.partial_answer;
        }
        if turn.status == TurnStatus::Cancelled {
            turn.usage = turn.usage.max(end.usage);
        }
        if turn.status != TurnStatus::Running {
            return EndOutcome::FencedOff;
        }
        close(turn, TurnStatus::Failed(end.code), end.identity, end.usage, end.now);
        EndOutcome::Ended(())
    }

    /// Cancels a turn that runs or waits.
    pub fn cancel(&mut self, id: TurnId, now: Timestamp) -> CancelOutcome {
        let Some(logged) = self.turns.iter_mut().find(|logged| logged.turn.id == id) else {
            return CancelOutcome::NotFound;
        };
        let turn = &mut logged.turn;
        if turn.status == TurnStatus::Waiting {
            self.close(id, Closing::Cancelled, TurnStatus::Cancelled, now);
            let turn = self.turn(id).cloned();
            return turn.map_or(CancelOutcome::NotFound, CancelOutcome::Cancelled);
        }
        if turn.status != TurnStatus::Running {
            return CancelOutcome::Ended(turn.clone());
        }
        turn.status = TurnStatus::Cancelled;
        turn.finished_at = Some(now);
        CancelOutcome::Cancelled(turn.clone())
    }

    /// The turn that runs or waits.
    #[must_use]
    pub fn unfinished(&self) -> Option<TurnId> {
        let running = |logged: &&LoggedTurn| logged.turn.status == TurnStatus::Running;
        let running = self.turns.iter().find(running).map(|logged| logged.turn.id);
        running.or_else(|| self.waiting_actions().next().map(|action| action.turn_id))
    }

    /// Whether a turn runs and is still its runner's.
    #[must_use]
    pub fn is_held(&self, fence: &TurnFence) -> bool {
        let held = |logged: &LoggedTurn| logged.fence == *fence;
        self.turns.iter().any(|logged| held(logged) && logged.turn.status == TurnStatus::Running)
    }

    /// Undoes a turn, and notes that as a turn of its own, unless it is undone already.
    pub fn undo(&mut self, undo: UndoTurn, tasks: &mut TaskList) -> UndoOutcome {
        let Some(named) = self.turn(undo.turn_id) else { return UndoOutcome::NotFound };
        let (first, number) = named.undo_position();
        let chain = self.chains().chain_of(first);
        for id in [undo.turn_id, chain.last.0] {
            if let Some(retry_after) = self.left_of_lease(id, undo.now) {
                return UndoOutcome::Running { turn_id: id, retry_after };
            }
        }
        if let Some(undone_by) = chain.undone_by(number) {
            return UndoOutcome::Undone(UndoneTurn { undone_by, effects: self.effects(undone_by) });
        }
        let outcomes = match tasks.undo(&self.effects(chain.last.0), undo.now) {
            Ok(outcomes) => outcomes,
            Err(refusal) => return UndoOutcome::Refused(refusal),
        };
        self.close(undo.turn_id, Closing::Cancelled, TurnStatus::Cancelled, undo.now);
        let turn = Turn::undoing(&undo, self.conversation.id, chain.next(), outcomes);
        let fence = TurnFence {
            user_id: undo.user_id,
            conversation_id: self.conversation.id,
            turn_id: turn.id,
            attempt: 1,
        };
        self.turns.push(LoggedTurn { turn, fence, lease_until: undo.now });
        self.linked(first);
        UndoOutcome::Undone(UndoneTurn {
            undone_by: undo.undo_id,
            effects: self.effects(undo.undo_id),
        })
    }

    /// Undoes or redoes the latest turn that can be, within a running turn.
    fn undo_latest(
        &mut self,
        running: TurnId,
        direction: UndoDirection,
        tasks: &mut TaskList,
        now: Timestamp,
    ) -> CallResult {
        let chains = self.chains();
        if chains.ends_with(running) {
            return CallResult::NothingToUndo;
        }
        let first = match direction {
            UndoDirection::Redo => chains.undone().next(),
            UndoDirection::Undo => {
                let mut latest = self.turns.iter().rev().map(|logged| &logged.turn);
                let undone: Vec<_> = chains.undone().collect();
                let can_be = |turn: &&Turn| {
                    turn.id != running
                        && !undone.contains(&turn.undo_position().0)
                        && turn.effects().next().is_some()
                };
                latest.find(can_be).map(|turn| turn.undo_position().0)
            }
        };
        let Some(first) = first else { return CallResult::NothingToUndo };
        let chain = chains.chain_of(first);
        let result = CallResult::of_undo(tasks.undo(&self.effects(chain.last.0), now));
        if let CallResult::Each(_) = result {
            let mut turns = self.turns.iter_mut().map(|logged| &mut logged.turn);
            if let Some(turn) = turns.find(|turn| turn.id == running) {
                turn.undo = Some(chain.next());
            }
            self.linked(first);
        }
        result
    }

    /// The chains of undos, the one that was continued last first.
    fn chains(&self) -> UndoChains {
        let turns = self.turns.iter().rev().map(|logged| &logged.turn);
        UndoChains::of(turns.filter_map(|turn| Some((turn.id, turn.undo?))))
    }

    /// Tells the turns of a chain that has become longer which of them are undone.
    fn linked(&mut self, first: TurnId) {
        let chain = self.chains().chain_of(first);
        for LoggedTurn { turn, .. } in &mut self.turns {
            let (of, number) = turn.undo_position();
            if of == first {
                turn.undone_by = chain.undone_by(number);
                // No request resumes what is undone.
                let unanswered =
                    matches!(turn.status, TurnStatus::Failed(_) | TurnStatus::Interrupted);
                if turn.undone_by.is_some() && unanswered {
                    turn.status = TurnStatus::Cancelled;
                }
            }
        }
    }

    /// How long a turn may go on; `None` if it has ended, or ends now because its lease is over.
    fn left_of_lease(&mut self, id: TurnId, now: Timestamp) -> Option<Duration> {
        let logged = self.turns.iter_mut().find(|logged| logged.turn.id == id)?;
        if logged.turn.status != TurnStatus::Running {
            return None;
        }
        if logged.lease_until > now {
            return Some(logged.lease_until.since(now));
        }
        logged.turn.status = TurnStatus::Interrupted;
        logged.turn.finished_at = Some(now);
        None
    }

    fn effects(&self, id: TurnId) -> Vec<TaskEffect> {
        self.turn(id).map(|turn| turn.effects().collect()).unwrap_or_default()
    }

    /// The turn, as long as it runs and is still its runner's. The answer that asks for the step is
    /// counted if the turn was stopped meanwhile and the step is not recorded.
    pub(super) fn held_or_counted(&mut self, step: &RunStep) -> Option<&mut Turn> {
        let turn = self.turn_of(&step.fence)?;
        let is_recorded = turn.steps.iter().any(|done| done.number == step.number);
        if turn.status == TurnStatus::Cancelled && !is_recorded {
            turn.usage += step.usage;
        }
        Some(turn).filter(|turn| turn.status == TurnStatus::Running)
    }

    /// The turn, as long as it runs and is still its runner's.
    pub(super) fn held(&mut self, fence: &TurnFence) -> Option<&mut Turn> {
        self.turn_of(fence).filter(|turn| turn.status == TurnStatus::Running)
    }

    /// The turn, as long as nobody has gone on with it as a later attempt.
    fn turn_of(&mut self, fence: &TurnFence) -> Option<&mut Turn> {
        let logged = self.turns.iter_mut().find(|logged| logged.fence == *fence)?;
        Some(&mut logged.turn)
    }

    fn history(&self, most: u16) -> Vec<HistoryEntry> {
        self.history_before(self.messages.len(), most)
    }

    fn history_before(&self, position: usize, most: u16) -> Vec<HistoryEntry> {
        let surplus = position.saturating_sub(usize::from(most));
        let said = self.messages.iter().take(position).skip(surplus).cloned();
        let undone = self.turns.iter().map(|logged| &logged.turn);
        let undone = undone.filter(|turn| turn.undone_by.is_some()).map(|turn| turn.id).collect();
        HistoryEntry::of(said, |turn| self.unanswered(turn), &undone)
    }

    /// What a turn changed that ended without an answer, if it changed anything.
    fn unanswered(&self, id: TurnId) -> Option<Vec<TaskEffect>> {
        let turn = self.turn(id)?;
        if matches!(turn.status, TurnStatus::Running | TurnStatus::Waiting | TurnStatus::Completed)
        {
            return None;
        }
        let effects: Vec<_> = turn.effects().collect();
        (!effects.is_empty()).then_some(effects)
    }

    pub(super) fn say(
        &mut self,
        id: MessageId,
        role: Role,
        text: String,
        turn_id: TurnId,
        now: Timestamp,
    ) -> Message {
        let position = MessageCursor::new(self.messages.len() as i64 + 1);
        let message = Message { id, position, role, text, turn_id, created_at: now };
        self.messages.push(message.clone());
        self.touch(now);
        message
    }

    /// Instants never run backwards.
    pub(super) fn touch(&mut self, now: Timestamp) {
        self.conversation.updated_at = self.conversation.updated_at.max(now);
    }
}

fn close(
    turn: &mut Turn,
    status: TurnStatus,
    identity: ModelIdentity,
    usage: TokenUsage,
    now: Timestamp,
) {
    turn.status = status;
    turn.identity = Some(identity);
    turn.usage = usage;
    turn.finished_at = Some(now);
}
