//! The agent loop as a pure decision: given what the model replied and how far the turn is, what
//! comes next. [`super::turn`] carries it out.

use std::collections::HashSet;

use todo_domain::{
    Action, AnswerText, CallOperation, CallResult, ConfirmAbove, Deletion, FailureCode, ModelReply,
    ModelToolCall, RecordedCall, Rejection, RejectionCode, TaskDone, TaskIds, TaskOutcome,
    TaskRefusal, TimeZone, Turn, TurnStep, ports::PreparedCall,
};

use super::tools;

/// How many steps a turn has at most.
pub const MAX_STEPS: i32 = Turn::MAX_STEPS as i32;
/// How many calls a turn carries out at most.
pub const MAX_CALLS: usize = 16;
/// How many tasks the calls of a turn name at most; a task counts as often as it is named.
pub const MAX_TASKS: usize = 200;

/// How far a turn is.
#[derive(Debug, Default)]
pub(super) struct Progress {
    steps: i32,
    calls: usize,
    tasks: usize,
    changes: Option<Changes>,
    call_ids: HashSet<String>,
    /// How many tasks its calls have deleted, or name to be deleted. An undo deletes none: what it takes
    /// back can be brought back.
    deletions: usize,
    /// Whether the user has said no to a deletion.
    was_denied: bool,
    confirm_above: ConfirmAbove,
}

/// What a turn has changed so far. It is undone as a whole, so it has effects of its own or those of
/// one undo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Changes {
    OfItsOwn,
    OfAnUndo,
}

/// What comes next.
#[derive(Debug, PartialEq)]
pub(super) enum Next {
    /// End with this answer.
    Answer(AnswerText),
    /// Carry these calls out, then ask the model again.
    Run(NextStep),
    /// Ask the user before any of these calls is carried out.
    Ask(NextStep),
    /// End without an answer.
    Fail(FailureCode),
}

/// The calls of one answer of the model.
#[derive(Debug, PartialEq)]
pub(super) struct NextStep {
    /// 1, 2, 3 … within the turn.
    pub(super) number: i32,
    /// What the model said it would do.
    pub(super) plan: Option<String>,
    /// What it thought.
    pub(super) reasoning: Option<String>,
    /// The calls in order.
    pub(super) calls: Vec<PreparedCall>,
}

impl Progress {
    /// How far a turn is that has recorded these steps. More deletions than that are asked about.
    pub(super) fn after(steps: &[TurnStep], confirm_above: ConfirmAbove) -> Self {
        let recorded = || steps.iter().flat_map(|step| &step.calls);
        let is_carried_out = |call: &&RecordedCall| match &call.result {
            CallResult::Rejected(rejection) => rejection.code != RejectionCode::NotExecuted,
            _ => true,
        };
        let changed = recorded().find(|call| call.effects().next().is_some());
        let of_an_undo = |call: &RecordedCall| call.name == tools::UNDO;
        let changes = changed.map(|call| match of_an_undo(call) {
            true => Changes::OfAnUndo,
            false => Changes::OfItsOwn,
        });
        Self {
            steps: steps.last().map_or(0, |step| step.number),
            calls: recorded().filter(is_carried_out).count(),
            tasks: recorded().map(|call| tasks_of(&call.result)).sum(),
            changes,
            call_ids: recorded().map(|call| call.id.clone()).collect(),
            deletions: recorded()
                .filter(|call| !of_an_undo(call))
                .flat_map(RecordedCall::effects)
                .filter(|effect| effect.after.is_none())
                .count(),
            was_denied: recorded().any(|call| matches!(call.result, CallResult::Denied(_))),
            confirm_above,
        }
    }

    /// Decides. `nonce` makes call ids that the turn has not seen.
    pub(super) fn next(
        &mut self,
        reply: ModelReply,
        zone: &TimeZone,
        mut nonce: impl FnMut() -> String,
    ) -> Next {
        let (plan, reasoning, calls) = match reply {
            ModelReply::Text(text) => {
                return AnswerText::new(text)
                    .map_or(Next::Fail(FailureCode::ModelAnswerInvalid), Next::Answer);
            }
            ModelReply::ToolCalls { plan, reasoning, calls } => (plan, reasoning, calls),
        };
        if calls.is_empty() || calls.len() > TurnStep::MAX_CALLS {
            return Next::Fail(FailureCode::ModelAnswerInvalid);
        }
        if self.steps == MAX_STEPS || self.calls == MAX_CALLS {
            return Next::Fail(FailureCode::TurnStepLimit);
        }
        self.steps += 1;
        let calls: Vec<_> =
            calls.into_iter().map(|call| self.prepare(call, zone, &mut nonce)).collect();
        let asks = self.is_to_be_confirmed(&calls);
        let step = NextStep { number: self.steps, plan, reasoning, calls };
        if asks { Next::Ask(step) } else { Next::Run(step) }
    }

    /// Whether the user is asked first: about more deletions in all than go without, about whatever a
    /// filter matches, and after a no about each.
    fn is_to_be_confirmed(&mut self, calls: &[PreparedCall]) -> bool {
        let mut named = 0;
        for call in calls {
            match call.operation.as_ref().ok().and_then(CallOperation::deletion) {
                Some(Deletion::Matching(_)) => return true,
                Some(Deletion::Named(tasks)) => named += tasks.len(),
                None => {}
            }
        }
        let deletions = self.deletions + named;
        let is_free = !self.was_denied && deletions <= usize::from(self.confirm_above.get());
        if named > 0 && !is_free {
            return true;
        }
        self.deletions = deletions;
        false
    }

    fn prepare(
        &mut self,
        call: ModelToolCall,
        zone: &TimeZone,
        nonce: &mut impl FnMut() -> String,
    ) -> PreparedCall {
        let operation = if self.calls < MAX_CALLS {
            self.calls += 1;
            tools::parse(&call.name, &call.arguments, zone)
                .and_then(|operation| self.within_tasks(operation))
                .and_then(|operation| self.admit(operation))
        } else {
            Err(not_executed(&format!("a turn has at most {MAX_CALLS} calls")))
        };
        // Results are matched to calls by id, so a repeated or empty one would be ambiguous.
        let mut id = call.id;
        while id.is_empty() || !self.call_ids.insert(id.clone()) {
            id = format!("{}_{}", call.name, nonce());
        }
        PreparedCall { id, name: call.name, arguments: call.arguments, operation }
    }

    /// The operation, if the turn may change as many tasks more.
    fn within_tasks(&mut self, operation: CallOperation) -> Result<CallOperation, Rejection> {
        let tasks = self.tasks + operation.tasks().len();
        if tasks > MAX_TASKS {
            return Err(not_executed(&format!("a turn changes at most {MAX_TASKS} tasks")));
        }
        self.tasks = tasks;
        Ok(operation)
    }

    /// The operation, unless it would add an undo to other changes, or others to an undo.
    fn admit(&mut self, operation: CallOperation) -> Result<CallOperation, Rejection> {
        if operation.only_reads() {
            return Ok(operation);
        }
        let undoes = matches!(operation, CallOperation::Undo(_));
        match (self.changes, undoes) {
            (None, _) | (Some(Changes::OfItsOwn), false) => {
                self.changes = Some(if undoes { Changes::OfAnUndo } else { Changes::OfItsOwn });
                Ok(operation)
            }
            (Some(Changes::OfItsOwn), true) => {
                Err(not_executed("tasks were changed for this message already"))
            }
            (Some(Changes::OfAnUndo), _) => {
                Err(not_executed("an undo is the only change for its message"))
            }
        }
    }
}

/// How many tasks a call named, as [`CallOperation::tasks`] counts them.
fn tasks_of(result: &CallResult) -> usize {
    match result {
        // A call names no more: that was approved, which has a bound of its own.
        CallResult::Each(outcomes) if outcomes.len() > TaskIds::MAX => 0,
        CallResult::Each(outcomes) => outcomes.len(),
        CallResult::Outcome(TaskOutcome::Done(TaskDone::Created { .. }))
        | CallResult::Outcome(TaskOutcome::Refused(TaskRefusal::LimitReached { .. }))
        | CallResult::Listed(_)
        | CallResult::NothingToUndo
        | CallResult::UndoConflict(_)
        | CallResult::Waiting(_)
        | CallResult::Denied(_)
        | CallResult::Rejected(_) => 0,
        CallResult::Outcome(_) => 1,
    }
}

/// Why a step is refused that would delete so many tasks.
pub(super) fn too_many_tasks(tasks: u64) -> Rejection {
    let most = Action::MAX_TASKS;
    Rejection {
        code: RejectionCode::NotExecuted,
        message: format!(
            "Not executed: that would delete {tasks} tasks, and at most {most} can be deleted at once; \
             please narrow it."
        ),
    }
}

fn not_executed(why: &str) -> Rejection {
    Rejection {
        code: RejectionCode::NotExecuted,
        message: format!("Not executed: {why}. Answer now; the user can ask for the rest."),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use todo_domain::{ActionId, ModelIdentity};
    use uuid::Uuid;

    use super::*;

    fn calls(number: usize) -> ModelReply {
        let call = |n| ModelToolCall {
            id: format!("c{n}"),
            name: "list_tasks".into(),
            arguments: r#"{"status":"all"}"#.into(),
        };
        ModelReply::ToolCalls {
            plan: None,
            reasoning: None,
            calls: (0..number).map(call).collect(),
        }
    }

    fn next(progress: &mut Progress, reply: ModelReply) -> Next {
        let mut count = 0;
        progress.next(reply, &TimeZone::UTC, || {
            count += 1;
            format!("nonce{count}")
        })
    }

    fn executed(next: &Next) -> usize {
        let Next::Run(NextStep { calls, .. }) = next else { panic!("{next:?}") };
        calls.iter().filter(|call| call.operation.is_ok()).count()
    }

    #[test]
    fn text_ends_the_turn() {
        let answer = next(&mut Progress::default(), ModelReply::Text("Done.".into()));
        assert_eq!(answer, Next::Answer(AnswerText::new("Done.").unwrap()));
    }

    #[test]
    fn nothing_said_and_too_much_said_are_no_answers() {
        for reply in [
            ModelReply::Text(" ".into()),
            ModelReply::Text("x".repeat(32_001)),
            calls(0),
            calls(129),
        ] {
            assert_eq!(
                next(&mut Progress::default(), reply),
                Next::Fail(FailureCode::ModelAnswerInvalid)
            );
        }
    }

    #[test]
    fn after_a_no_each_deletion_of_the_turn_is_asked_about() {
        let delete = || ModelReply::ToolCalls {
            plan: None,
            reasoning: None,
            calls: vec![ModelToolCall {
                id: "c9".into(),
                name: "delete_tasks".into(),
                arguments: r#"{"task_ids":[1]}"#.into(),
            }],
        };
        let denied = RecordedCall {
            id: "c1".into(),
            name: "delete_tasks".into(),
            arguments: r#"{"task_ids":[1,2,3,4]}"#.into(),
            result: CallResult::Denied(ActionId::new(Uuid::from_u128(1))),
            duration: Duration::ZERO,
        };
        let identity = ModelIdentity { engine: "offline".into(), model: "offline".into() };
        let step = TurnStep::approved(identity, vec![denied]);
        let mut after_a_no = Progress::after(&[step], ConfirmAbove::default());
        assert!(matches!(next(&mut after_a_no, delete()), Next::Ask(_)));
        let mut before = Progress::after(&[], ConfirmAbove::default());
        assert!(matches!(next(&mut before, delete()), Next::Run(_)));
    }

    #[test]
    fn a_seventh_step_fails_the_turn() {
        let mut progress = Progress::default();
        for number in 1..=MAX_STEPS {
            assert!(
                matches!(next(&mut progress, calls(1)), Next::Run(step) if step.number == number)
            );
        }
        assert_eq!(next(&mut progress, calls(1)), Next::Fail(FailureCode::TurnStepLimit));
        assert!(matches!(next(&mut progress, ModelReply::Text("ok".into())), Next::Answer(_)));
    }

    #[test]
    fn of_fifty_calls_sixteen_are_executed_and_all_are_answered() {
        let mut progress = Progress::default();
        let step = next(&mut progress, calls(50));
        assert_eq!(executed(&step), MAX_CALLS);
        let Next::Run(NextStep { calls: all, .. }) = &step else { panic!() };
        assert_eq!(all.len(), 50);
        assert_eq!(all[16].operation.as_ref().unwrap_err().code, RejectionCode::NotExecuted);
        assert_eq!(next(&mut progress, calls(1)), Next::Fail(FailureCode::TurnStepLimit));
    }

    #[test]
    fn two_hundred_tasks_are_changed_and_no_more() {
        let complete = |first: i64, count: i64| {
            let ids: Vec<_> = (first..first + count).collect();
            let arguments = serde_json::json!({ "task_ids": ids }).to_string();
            ModelToolCall { id: format!("c{first}"), name: "complete_tasks".into(), arguments }
        };
        let calls = vec![
            complete(1, 50),
            complete(51, 50),
            complete(101, 50),
            complete(151, 49),
            complete(201, 2),
            complete(203, 1),
            complete(204, 1),
        ];
        let reply = ModelReply::ToolCalls { plan: None, reasoning: None, calls };
        let Next::Run(step) = next(&mut Progress::default(), reply) else { panic!() };
        let calls = step.calls;
        let refused: Vec<_> = calls.iter().map(|call| call.operation.is_err()).collect();
        assert_eq!(refused, [false, false, false, false, true, false, true]);
        assert_eq!(calls[4].operation.as_ref().unwrap_err().code, RejectionCode::NotExecuted);
    }

    fn delete(id: &str, tasks: &[i64]) -> ModelToolCall {
        let arguments = serde_json::json!({ "task_ids": tasks }).to_string();
        ModelToolCall { id: id.into(), name: "delete_tasks".into(), arguments }
    }

    fn asks(progress: &mut Progress, calls: Vec<ModelToolCall>) -> bool {
        let reply = ModelReply::ToolCalls { plan: None, reasoning: None, calls };
        match next(progress, reply) {
            Next::Ask(_) => true,
            Next::Run(_) => false,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_fourth_deletion_of_a_turn_is_asked_about_however_it_is_called() {
        assert!(!asks(&mut Progress::default(), vec![delete("a", &[1, 2, 3])]));
        assert!(asks(&mut Progress::default(), vec![delete("a", &[1, 2, 3, 4])]));
        assert!(asks(&mut Progress::default(), vec![delete("a", &[1, 2]), delete("b", &[3, 4])]));
        let mut progress = Progress::default();
        assert!(!asks(&mut progress, vec![delete("a", &[1, 2])]));
        assert!(!asks(&mut progress, vec![delete("b", &[3])]));
        assert!(asks(&mut progress, vec![delete("c", &[4])]));
    }

    #[test]
    fn with_a_threshold_of_zero_every_deletion_is_asked_about() {
        let never = ConfirmAbove::new(0).unwrap();
        assert!(asks(&mut Progress::after(&[], never), vec![delete("a", &[1])]));
    }

    #[test]
    fn what_a_filter_matches_is_always_asked_about() {
        let call = ModelToolCall {
            id: "a".into(),
            name: "delete_tasks".into(),
            arguments: r#"{"task_ids":[],"status":"completed"}"#.into(),
        };
        assert!(asks(&mut Progress::default(), vec![call]));
    }

    #[test]
    fn repeated_and_empty_call_ids_get_one_of_their_own() {
        let mut progress = Progress::default();
        let call = |id: &str| ModelToolCall {
            id: id.into(),
            name: "list_tasks".into(),
            arguments: "{}".into(),
        };
        let reply = ModelReply::ToolCalls {
            plan: None,
            reasoning: None,
            calls: vec![call("a"), call("a"), call("")],
        };
        let Next::Run(NextStep { calls, .. }) = next(&mut progress, reply) else { panic!() };
        let ids: HashSet<_> = calls.iter().map(|call| call.id.as_str()).collect();
        assert_eq!(ids, HashSet::from(["a", "list_tasks_nonce1", "list_tasks_nonce2"]));
    }
}
