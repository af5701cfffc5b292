//! Actions of a conversation in memory: asked, decided, closed.

use std::{collections::HashMap, time::Duration};

use super::{ActionRow, ConversationLog, TaskList, task_page::page};
use crate::{
    Action, ActionId, ActionTask, CallResult, Closing, Decision, Deletion, Message, PageLimit,
    Role, TaskQuery, TimeZone, Timestamp, Turn, TurnId, TurnStatus, TurnStep,
    ports::{
        ActionDecision, AskOutcome, AskStep, BeginOutcome, DecideAction, DecideOutcome,
        DecidedTurn, PreparedCall, SpokenDecision, StepOutcome,
    },
};

impl ConversationLog {
    /// Records a step that is to be asked about, and makes its turn wait.
    pub fn ask(&mut self, ask: AskStep, tasks: &mut TaskList) -> AskOutcome {
        let (fence, number, now) = (ask.step.fence, ask.step.number, ask.step.now);
        let Some(turn) = self.held_or_counted(&ask.step) else {
            let asked = self.turn(fence.turn_id).and_then(|turn| turn.action.clone());
            let asked = asked.filter(|action| action.id == ask.action_id).map(Box::new);
            return asked.map_or(AskOutcome::FencedOff, AskOutcome::Asked);
        };
        if let Some(done) = turn.steps.iter().find(|done| done.number == number) {
            return AskOutcome::Recorded(done.calls.clone());
        }
        let deletion = |call: &PreparedCall| {
            let operation = call.operation.as_ref().ok()?;
            Some(tasks.meant(operation.deletion()?, now))
        };
        let deletes: Vec<_> = ask.step.calls.iter().map(deletion).collect();
        match ActionTask::count(&deletes) {
            0 => {
                return match self.run_step(ask.of_no_tasks(), tasks) {
                    StepOutcome::Recorded(calls) => AskOutcome::Recorded(calls),
                    StepOutcome::FencedOff => AskOutcome::FencedOff,
                };
            }
            count if count > Action::MAX_TASKS => {
                return AskOutcome::TooManyTasks { tasks: count as u64 };
            }
            _ => {}
        }
        let (action, calls) = (ask.action(deletes), ask.waiting_calls());
        let Some(turn) = self.held(&fence) else { return AskOutcome::FencedOff };
        turn.identity = Some(ask.step.identity.clone());
        turn.usage += ask.step.usage;
        turn.steps.push(ask.step.done(calls));
        turn.status = TurnStatus::Waiting;
        turn.finished_at = Some(now);
        turn.action = Some(action.clone());
        AskOutcome::Asked(Box::new(action))
    }

    /// An action, decided or not.
    #[must_use]
    pub fn action(&self, id: ActionId) -> Option<&Action> {
        let mut waiting = self.waiting_actions().filter(|action| action.id == id);
        waiting.next().or_else(|| self.past_actions.get(&id).map(|past| &past.action))
    }

    /// The actions that wait, the latest first.
    pub fn waiting_actions(&self) -> impl Iterator<Item = &Action> {
        self.turns.iter().rev().filter_map(|logged| logged.turn.action.as_ref())
    }

    /// Decides an action of this conversation.
    pub(super) fn decide(
        &mut self,
        decide: &DecideAction,
        time_zone: TimeZone,
        tasks: &mut TaskList,
    ) -> DecideOutcome {
        let now = decide.now;
        let kind = decide.decision.kind();
        let turn = match self.past_actions.get(&decide.action_id).map(|past| past.decided) {
            Some(None) => return DecideOutcome::Expired,
            Some(Some((decided, _))) if decided != kind => {
                return DecideOutcome::DecidedOtherwise(decided);
            }
            Some(Some((_, turn))) => {
                if let Some(outcome) = self.outcome_of(turn, now) {
                    return DecideOutcome::instead(outcome, true);
                }
                turn
            }
            None => {
                let Some(action) = self.action(decide.action_id).cloned() else {
                    return DecideOutcome::NotFound;
                };
                if action.has_expired(now) {
                    self.close(action.turn_id, Closing::Expired, TurnStatus::Completed, now);
                    return DecideOutcome::Expired;
                }
                if let Some(busy) = self.end_of_running(now) {
                    return DecideOutcome::instead(busy, false);
                }
                let result = results_of(&decide.decision, action.id, tasks, now);
                self.settle(action.turn_id, result);
                let decided = Some((kind, action.turn_id));
                self.past_actions.insert(action.id, ActionRow { action: action.clone(), decided });
                if let Some(turn) = self.turn_mut(action.turn_id) {
                    turn.action = None;
                    turn.status = TurnStatus::Interrupted;
                }
                action.turn_id
            }
        };
        let (lease, most) = (decide.lease, decide.history);
        match self.go_on(turn, (now, lease, most), time_zone) {
            BeginOutcome::Begun(begun) => {
                let is_question = |said: &&Message| said.turn_id == turn && said.role == Role::User;
                let text = self.messages.iter().find(is_question);
                let text = text.map(|said| said.text.clone()).unwrap_or_default();
                DecideOutcome::Decided(Box::new(DecidedTurn { begun, text }))
            }
            outcome => DecideOutcome::instead(outcome, false),
        }
    }

    /// Puts results instead of those that wait.
    fn settle(&mut self, id: TurnId, mut result: impl FnMut(&str) -> CallResult) {
        let Some(turn) = self.turn_mut(id) else { return };
        for call in turn.steps.iter_mut().flat_map(|step| &mut step.calls) {
            if call.is_waiting() {
                call.result = result(&call.id);
            }
        }
    }

    /// Closes a turn that waits. A completed one has its question as its answer.
    pub(super) fn close(
        &mut self,
        id: TurnId,
        closing: Closing,
        status: TurnStatus,
        now: Timestamp,
    ) {
        let Some(turn) = self.turn_mut(id) else { return };
        let Some(action) = turn.action.take() else { return };
        turn.status = status;
        turn.finished_at = Some(now);
        let answer_id = turn.answer_id;
        self.settle(id, |_| CallResult::Rejected(closing.rejection()));
        if let (TurnStatus::Completed, Some(answer_id)) = (status, answer_id) {
            self.say(answer_id, Role::Assistant, action.question(), id, now);
        }
        self.past_actions.insert(action.id, ActionRow { action, decided: None });
    }

    /// Closes what waits before a message begins a turn; if the message approves it, that turn begins
    /// with the step that carries it out.
    pub(super) fn answer_waiting(
        &mut self,
        spoken: Option<&SpokenDecision>,
        begins: TurnId,
        tasks: &mut TaskList,
        now: Timestamp,
    ) -> Vec<TurnStep> {
        let waiting: Vec<Action> = self.waiting_actions().cloned().collect();
        let mut done = Vec::new();
        for action in waiting {
            let spoken = spoken.filter(|spoken| spoken.action_id == action.id);
            let Some(spoken) = spoken.filter(|_| !action.has_expired(now)) else {
                self.close(action.turn_id, Closing::MovedOn, TurnStatus::Completed, now);
                continue;
            };
            let closing = match &spoken.decision {
                ActionDecision::Reject => Closing::MovedOn,
                ActionDecision::Approve(_) => Closing::AnsweredInWords,
            };
            let asked_by = self.turn(action.turn_id).and_then(|turn| turn.identity.clone());
            self.close(action.turn_id, closing, TurnStatus::Completed, now);
            if let Some(past) = self.past_actions.get_mut(&action.id) {
                past.decided = Some((spoken.decision.kind(), begins));
            }
            if let (ActionDecision::Approve(calls), Some(identity)) = (&spoken.decision, asked_by) {
                let recorded = calls.iter().map(|call| {
                    let result = carry_out(call, tasks, now);
                    call.clone().recorded(result, Duration::ZERO)
                });
                done.push(TurnStep::approved(identity, recorded.collect()));
            }
        }
        done
    }

    fn turn_mut(&mut self, id: TurnId) -> Option<&mut Turn> {
        self.turns.iter_mut().map(|logged| &mut logged.turn).find(|turn| turn.id == id)
    }
}

/// What the calls with these ids come to.
fn results_of(
    decision: &ActionDecision,
    action: ActionId,
    tasks: &mut TaskList,
    now: Timestamp,
) -> impl FnMut(&str) -> CallResult + use<> {
    let mut results: HashMap<String, CallResult> = match decision {
        ActionDecision::Reject => HashMap::new(),
        ActionDecision::Approve(calls) => {
            calls.iter().map(|call| (call.id.clone(), carry_out(call, tasks, now))).collect()
        }
    };
    let is_approved = decision.kind() == Decision::Approved;
    move |id| match results.remove(id) {
        Some(result) => result,
        None if is_approved => CallResult::Rejected(Closing::MovedOn.rejection()),
        None => CallResult::Denied(action),
    }
}

fn carry_out(call: &PreparedCall, tasks: &mut TaskList, now: Timestamp) -> CallResult {
    match call.operation.clone() {
        Ok(operation) => tasks.carry_out(operation, now),
        Err(rejection) => CallResult::Rejected(rejection),
    }
}

impl TaskList {
    /// The tasks that a call would delete, as they are now.
    fn meant(&self, deletion: Deletion<'_>, now: Timestamp) -> Vec<ActionTask> {
        match deletion {
            Deletion::Named(ids) => {
                let named = ids.iter().filter_map(|id| self.tasks().find(|task| task.id == *id));
                named.map(ActionTask::from).collect()
            }
            Deletion::Matching(query) => {
                let mut query = TaskQuery { limit: PageLimit::MAX, ..query.clone() };
                let mut found = Vec::new();
                loop {
                    let page = page(self.tasks(), &query, now);
                    found.extend(page.tasks.iter().map(ActionTask::from));
                    match page.next {
                        Some(next) => query.after = Some(next),
                        None => return found,
                    }
                }
            }
        }
    }
}
