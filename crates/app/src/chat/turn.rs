//! One turn, from the user's message to the answer: begin, ask the model, run a step, ask again …
//! finish. The database is only touched in between, never while the model thinks.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt;
use serde_json::Value;
use todo_domain::{
    Action, ActionId, AnswerText, FailureCode, MessageId, ModelAnswer, ModelError, ModelFailure,
    ModelIdentity, ModelMessage, ModelRequest, ModelToolCall, RecordedCall, TimeZone, Timestamp,
    TokenUsage, TurnEnd, TurnFence, TurnStatus, TurnStep,
    ports::{
        AskOutcome, AskStep, Begun, DeltaSink, EndOutcome, FailTurn, FinishTurn, RunStep,
        StepOutcome, StoreError,
    },
};
use tokio::{sync::oneshot, time::Instant};
use tracing::Instrument;

use super::{
    ChatError, ChatReply, ChatRequest, DecisionRequest, FailedTurn, Followed, ReplyStatus,
    Services,
    begin::{Opened, begin},
    decide::decide,
    estimate::estimate,
    history,
    progress::{Next, NextStep, Progress, too_many_tasks},
    progress_report::ProgressReport,
    prompt::system_prompt,
    replay::replayed,
    reply::Waits,
    report::ToolCallReport,
    running::Running,
    started_turn::Beginning,
    stop::{Failure, Stop},
    trace,
    turn_telemetry::TurnTelemetry,
};

/// How often a step is tried in all when the database gives way to another transaction, or the
/// reply to a commit is lost. Steps are recorded, so trying again never does anything twice.
const STEP_TRIES: u32 = 3;
/// What lies between two tries, at first: time for the other transaction to end.
const STEP_PAUSE: Duration = Duration::from_millis(50);

/// What a turn begins or goes on with.
pub(super) enum Opening {
    /// A message.
    Message(ChatRequest),
    /// The decision of what it asked.
    Decision(Box<Action>, DecisionRequest),
}

/// Carries a request through to its answer or its failure.
pub(super) async fn run(
    services: &Services,
    opening: Opening,
    followed: Followed,
    has_begun: oneshot::Sender<Beginning>,
    record: &mut TurnTelemetry,
) -> Result<ChatReply, ChatError> {
    let span = trace::turn();
    let turn = carry_through(services, opening, followed, has_begun, record);
    let reply = turn.instrument(span.clone()).await;
    reply.inspect_err(|error| trace::ended(&span, error))
}

async fn carry_through(
    services: &Services,
    opening: Opening,
    followed: Followed,
    has_begun: oneshot::Sender<Beginning>,
    record: &mut TurnTelemetry,
) -> Result<ChatReply, ChatError> {
    let deadline = Instant::now() + services.settings.timeout;
    let now = services.clock.now();
    let opened = match opening {
        Opening::Message(request) => begin(services, request, now, record).await?,
        Opening::Decision(action, request) => {
            decide(services, *action, request, now, record).await?
        }
    };
    let (begun, request) = match opened {
        Opened::Begun(begun, request) => (begun, request),
        Opened::Replayed(turn) => return replayed(turn),
    };
    trace::begun(&begun.fence);
    let sink = Arc::clone(&request.sink);
    let report = Arc::new(ProgressReport::begin(services, &begun, sink, followed));
    // Whoever began it may have gone.
    let _ = has_begun.send((begun.fence, report.events()));
    let mut turn = RunningTurn::new(services, request, begun, deadline, report, record);
    // A bug must not leave the turn running until its lease ends.
    let driven = AssertUnwindSafe(turn.drive()).catch_unwind().await;
    match driven.unwrap_or_else(|_| Err(Failure::from(FailureCode::Internal).into())) {
        Ok(answer) => turn.finish(answer).await,
        Err(Stop::Asked(action, at)) => turn.waits(*action, at),
        Err(Stop::Failed(failure)) => Err(turn.fail(failure).await),
        Err(Stop::FencedOff) => Err(turn.stopped().await),
        Err(Stop::WhileAsking) => Err(turn.stopped_while_asking().await),
    }
}

struct RunningTurn<'a> {
    services: &'a Services,
    record: &'a mut TurnTelemetry,
    report: Arc<ProgressReport>,
    running: Running,
    fence: TurnFence,
    answer_id: MessageId,
    zone: TimeZone,
    deadline: Instant,
    /// Grows by the calls and results of each step.
    request: ModelRequest,
    progress: Progress,
    identity: ModelIdentity,
    usage: TokenUsage,
    reports: Vec<ToolCallReport>,
}

impl<'a> RunningTurn<'a> {
    fn new(
        services: &'a Services,
        request: ChatRequest,
        begun: Begun,
        deadline: Instant,
        report: Arc<ProgressReport>,
        record: &'a mut TurnTelemetry,
    ) -> Self {
        let zone = request.time_zone.unwrap_or(begun.time_zone);
        let mut messages = history::messages(begun.history);
        messages.push(ModelMessage::User(request.text.into()));
        let model_request = ModelRequest {
            user: begun.fence.user_id,
            system: system_prompt(begun.asked_at, &zone),
            messages,
            tools: Arc::clone(&services.tools),
            now: begun.asked_at,
            time_zone: zone.clone(),
            deadline: deadline.into_std(),
        };
        let mut turn = Self {
            services,
            record,
            report,
            running: services.running.enter(begun.fence, &services.turns),
            fence: begun.fence,
            answer_id: begun.answer_id,
            zone,
            deadline,
            request: model_request,
            progress: Progress::after(&begun.steps, services.settings.confirm_above),
            identity: services.model.identity(),
            usage: begun.usage,
            reports: Vec::new(),
        };
        for TurnStep { plan, reasoning, calls, .. } in begun.steps {
            turn.show_model(plan, reasoning, &calls);
        }
        turn
    }

    /// Adds a recorded step to what the model reads next.
    fn show_model(
        &mut self,
        plan: Option<String>,
        reasoning: Option<String>,
        recorded: &[RecordedCall],
    ) {
        let calls = recorded
            .iter()
            .map(|call| ModelToolCall {
                id: call.id.clone(),
                name: call.name.clone(),
                arguments: call.arguments.clone(),
            })
            .collect();
        self.request.messages.push(ModelMessage::ToolCalls { plan, reasoning, calls });
        for call in recorded {
            let report = ToolCallReport::of(call);
            self.request.messages.push(ModelMessage::ToolResult {
                call_id: call.id.clone(),
                content: Value::to_string(&report.result),
            });
            self.reports.push(report);
        }
    }

    /// Asks and runs steps until there is an answer.
    async fn drive(&mut self) -> Result<AnswerText, Stop> {
        loop {
            let answer = self.ask().await?;
            self.identity = answer.identity;
            self.usage += answer.usage;
            let nonce = || self.services.ids.next().simple().to_string();
            match self.progress.next(answer.reply, &self.zone, nonce) {
                Next::Answer(text) => return Ok(text),
                Next::Fail(code) => return Err(Failure::from(code).into()),
                Next::Run(step) => {
                    let step = self.prepare(step, answer.usage)?;
                    self.run_step(step).await?;
                }
                Next::Ask(step) => {
                    let step = self.prepare(step, answer.usage)?;
                    self.ask_user(step).await?;
                }
            }
        }
    }

    fn prepare(&self, step: NextStep, usage: TokenUsage) -> Result<RunStep, Stop> {
        self.check_deadline()?;
        let NextStep { number, plan, reasoning, calls } = step;
        Ok(RunStep {
            fence: self.fence,
            number,
            plan,
            reasoning,
            identity: self.identity.clone(),
            usage,
            calls,
            now: self.services.clock.now(),
        })
    }

    async fn ask(&mut self) -> Result<ModelAnswer, Stop> {
        self.check_deadline()?;
        let sink = Arc::clone(&self.report) as Arc<dyn DeltaSink>;
        let answer = self.services.model.respond(&self.request, sink);
        let answer = tokio::time::timeout_at(self.deadline, answer);
        // Whoever stops the turn drops the request.
        let answer = tokio::select! {
            biased;
            () = self.running.stopping.cancelled() => return Err(Stop::WhileAsking),
            answer = self.record.of_model(answer) => answer,
        };
        let answer = answer.unwrap_or_else(|_| {
            Err(ModelError::new(ModelFailure::DeadlineExceeded, "no answer within the turn's time"))
        });
        let answer = answer.map_err(Failure::from)?;
        self.record.answered(&answer);
        Ok(answer)
    }

    fn check_deadline(&self) -> Result<(), Stop> {
        if Instant::now() < self.deadline {
            Ok(())
        } else {
            Err(Failure::from(FailureCode::TurnTimeout).into())
        }
    }

    /// Runs a step. It is not interrupted by the deadline: it bounds itself by the store's budget.
    async fn run_step(&mut self, step: RunStep) -> Result<(), Stop> {
        let span = trace::step(step.number, step.calls.len());
        let asked = Instant::now();
        self.report.step_begins(&step);
        let turns = &self.services.turns;
        let run = self.with_tries(step.number, || turns.run_step(step.clone()));
        let recorded = run.instrument(span.clone()).await.and_then(|outcome| match outcome {
            StepOutcome::Recorded(calls) => Ok(calls),
            StepOutcome::FencedOff => Err(Stop::FencedOff),
        });
        let recorded = recorded.inspect_err(|stop| {
            if let Stop::Failed(failure) = stop {
                trace::fail(&span, failure.code.as_str());
                self.record.step_failed(&step.calls, asked.elapsed());
            }
        })?;
        self.record.step_done(&recorded);
        self.report.step_done(&recorded);
        self.show_model(step.plan, step.reasoning, &recorded);
        Ok(())
    }

    /// Lets the turn wait for the user's decision of a step. A step that deletes more than an action
    /// covers is refused, and one without a task to delete is run.
    async fn ask_user(&mut self, step: RunStep) -> Result<(), Stop> {
        let ask = AskStep {
            step,
            action_id: ActionId::new(self.services.ids.next()),
            time_zone: self.zone.clone(),
        };
        let turns = &self.services.turns;
        let asked = self.with_tries(ask.step.number, || turns.ask(ask.clone())).await?;
        match asked {
            AskOutcome::Asked(action) => {
                let recorded = ask.waiting_calls();
                self.report.step_begins(&ask.step);
                self.record.asked(&action, &recorded);
                self.report.step_done(&recorded);
                self.reports.extend(recorded.iter().map(ToolCallReport::of));
                Err(Stop::Asked(action, ask.step.now))
            }
            AskOutcome::Recorded(recorded) => {
                self.report.step_begins(&ask.step);
                self.record.step_done(&recorded);
                self.report.step_done(&recorded);
                self.show_model(ask.step.plan, ask.step.reasoning, &recorded);
                Ok(())
            }
            AskOutcome::TooManyTasks { tasks } => {
                let mut step = ask.step;
                for call in &mut step.calls {
                    call.operation = Err(too_many_tasks(tasks));
                }
                self.run_step(step).await
            }
            AskOutcome::FencedOff => Err(Stop::FencedOff),
        }
    }

    /// The question, as long as nobody has decided.
    fn waits(self, action: Action, created_at: Timestamp) -> Result<ChatReply, ChatError> {
        let usage = self.usage;
        self.report.ended(TurnEnd::Waiting { action: action.id, usage, created_at });
        ChatReply::waiting(Waits {
            action,
            message_id: self.answer_id,
            identity: self.identity,
            tool_calls: self.reports,
            usage,
            created_at,
            is_replayed: false,
        })
    }

    /// Does the work of a step in the store, again if that may help.
    async fn with_tries<T, W: Future<Output = Result<T, StoreError>>>(
        &mut self,
        step: i32,
        work: impl Fn() -> W,
    ) -> Result<T, Stop> {
        let mut tries = 1;
        loop {
            match self.record.of_store(work()).await {
                Ok(outcome) => return Ok(outcome),
                Err(error) if tries < STEP_TRIES && error.kind.may_succeed_again() => {
                    self.check_deadline()?;
                    tracing::warn!(step, tries, "Trying a step again");
                    tokio::time::sleep(tries * STEP_PAUSE).await;
                    tries += 1;
                }
                Err(error) => return Err(Failure::from(error).into()),
            }
        }
    }

    async fn finish(mut self, text: AnswerText) -> Result<ChatReply, ChatError> {
        let end = FinishTurn {
            fence: self.fence,
            message_id: self.answer_id,
            text,
            identity: self.identity.clone(),
            usage: self.usage,
            now: self.services.clock.now(),
        };
        let first = self.record.of_store(self.services.turns.finish(end.clone())).await;
        let finished = match first {
            Err(error) if error.kind.may_succeed_again() => self.finish_again(end.clone()).await,
            first => first.map(|outcome| matches!(outcome, EndOutcome::Ended(_))),
        };
        match finished {
            Ok(true) => {
                self.report.completed(&end);
                Ok(ChatReply {
                    conversation_id: self.fence.conversation_id,
                    turn_id: self.fence.turn_id,
                    message_id: end.message_id,
                    status: ReplyStatus::Completed,
                    text: end.text,
                    identity: self.identity,
                    tool_calls: self.reports,
                    usage: self.usage,
                    created_at: end.now,
                    is_replayed: false,
                })
            }
            Ok(false) => Err(self.stopped().await),
            Err(error) => Err(self.fail(error.into()).await),
        }
    }

    /// Tries to finish once more. If the turn turns out to be completed, the first try did it and
    /// only its reply was lost.
    async fn finish_again(&mut self, end: FinishTurn) -> Result<bool, StoreError> {
        let turns = &self.services.turns;
        if let EndOutcome::Ended(_) = self.record.of_store(turns.finish(end)).await? {
            return Ok(true);
        }
        let turn = turns.turn(self.fence.user_id, self.fence.turn_id);
        let turn = self.record.of_store(turn).await?;
        Ok(turn.is_some_and(|turn| turn.status == TurnStatus::Completed))
    }

    /// Records the failure. Should even that fail, the lease ends the turn.
    async fn fail(mut self, failure: Failure) -> ChatError {
        let ended = self.record_failure(failure.code).await;
        if matches!(ended, Ok(EndOutcome::FencedOff)) {
            return self.stopped().await;
        }
        self.report.ended(TurnEnd::Failed(failure.code));
        tracing::warn!(code = failure.code.as_str(), "Turn failed");
        ChatError::Failed(FailedTurn {
            conversation_id: self.fence.conversation_id,
            turn_id: self.fence.turn_id,
            code: failure.code,
            retry_after: failure.retry_after,
            tool_calls: self.reports,
        })
    }

    async fn record_failure(&mut self, code: FailureCode) -> Result<EndOutcome<()>, StoreError> {
        let end = FailTurn {
            fence: self.fence,
            code,
            identity: self.identity.clone(),
            usage: self.usage,
            partial_answer: self.report.partial_answer(),
            now: self.services.clock.now(),
        };
        self.record.of_store(self.services.turns.fail(end)).await
    }

    /// Somebody else ended the turn or took it over while the model was answering. The store refuses
    /// this end, counts what the turn has cost, and keeps what had been said.
    async fn stopped_while_asking(mut self) -> ChatError {
        self.usage += estimate(&self.request, self.report.received());
        // Of an error the store has logged what there is to say.
        let _ = self.record_failure(FailureCode::Internal).await;
        self.stopped().await
    }

    /// Somebody else ended the turn or took it over.
    async fn stopped(self) -> ChatError {
        let TurnFence { user_id, conversation_id, turn_id, .. } = self.fence;
        let turn = self.record.of_store(self.services.turns.turn(user_id, turn_id)).await;
        match turn {
            Ok(Some(turn)) if turn.status == TurnStatus::Cancelled => {
                self.report.ended(TurnEnd::Cancelled);
                // A step whose reply was lost is recorded, and its calls ran.
                let calls = turn.steps.iter().flat_map(|step| &step.calls);
                let tool_calls = calls.map(ToolCallReport::of).collect();
                ChatError::Cancelled { conversation_id, turn_id, tool_calls, is_replayed: false }
            }
            _ => ChatError::Stopped { conversation_id, turn_id, tool_calls: self.reports },
        }
    }
}
