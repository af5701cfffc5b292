//! What a turn leaves in the metrics and in the log: how it ended, and where its time went. Texts
//! stay out of both.

use std::time::Duration;

use todo_domain::{
    Action, CallResult, FailureCode, ModelAnswer, ModelReply, RecordedCall, TaskOutcome,
    TaskRefusal, TurnId,
    ports::{Begun, HistoryEntry, PreparedCall, StoreErrorKind},
};
use todo_metrics::ChatMetrics;
use tokio::time::Instant;

use super::{ChatError, ChatReply, ReplyStatus, Services, tools};

/// What is known of a turn so far. Everything it spends time on passes through here.
pub(super) struct TurnTelemetry {
    metrics: ChatMetrics,
    slow_threshold: Duration,
    started: Instant,
    /// Asking the model.
    model: Duration,
    /// Asking the store, what the tools took within it included.
    store: Duration,
    /// Carrying out calls.
    tools: Duration,
    begun: Option<Beginning>,
    steps: u32,
    calls: u32,
}

/// A turn that has begun, and the history it began with.
struct Beginning {
    turn_id: TurnId,
    history: HistorySize,
}

#[derive(Clone, Copy)]
struct HistorySize {
    messages: usize,
    characters: usize,
}

impl TurnTelemetry {
    pub(super) fn start(services: &Services) -> Self {
        Self {
            metrics: services.metrics.clone(),
            slow_threshold: services.settings.slow_threshold,
            started: Instant::now(),
            model: Duration::ZERO,
            store: Duration::ZERO,
            tools: Duration::ZERO,
            begun: None,
            steps: 0,
            calls: 0,
        }
    }

    /// Waits for the store.
    pub(super) async fn of_store<T>(&mut self, work: impl Future<Output = T>) -> T {
        let asked = Instant::now();
        let done = work.await;
        self.store += asked.elapsed();
        done
    }

    /// Waits for the model.
    pub(super) async fn of_model<T>(&mut self, answer: impl Future<Output = T>) -> T {
        let asked = Instant::now();
        let answer = answer.await;
        self.model += asked.elapsed();
        answer
    }

    /// The user's message is stored.
    pub(super) fn begun(&mut self, begun: &Begun) {
        if begun.fence.attempt == 1 {
            self.metrics.asked();
        }
        if begun.is_new_conversation {
            self.metrics.conversation_created();
        }
        let turn_id = begun.fence.turn_id;
        let history = HistorySize::of(&begun.history);
        tracing::debug!(
            %turn_id,
            attempt = begun.fence.attempt,
            database_ms = millis(self.store),
            history_messages = history.messages,
            history_characters = history.characters,
            "Turn begun"
        );
        self.begun = Some(Beginning { turn_id, history });
    }

    /// The model has answered.
    pub(super) fn answered(&self, answer: &ModelAnswer) {
        let calls = match &answer.reply {
            ModelReply::Text(_) => 0,
            ModelReply::ToolCalls { calls, .. } => calls.len(),
        };
        tracing::debug!(
            tool_calls = calls,
            model_ms = millis(self.model),
            input_tokens = answer.usage.input_tokens,
            output_tokens = answer.usage.output_tokens,
            "Model answered"
        );
    }

    /// A step is done and recorded.
    pub(super) fn step_done(&mut self, calls: &[RecordedCall]) {
        self.steps += 1;
        for call in calls {
            self.calls += 1;
            self.tools += call.duration;
            self.metrics.called(tools::known(&call.name), outcome_of_call(call), call.duration);
        }
        tracing::debug!(
            step = self.steps,
            tool_calls = calls.len(),
            tools_ms = millis(self.tools),
            database_ms = millis(self.database()),
            "Step done"
        );
    }

    /// A step is recorded, and the user is asked about it.
    pub(super) fn asked(&mut self, action: &Action, calls: &[RecordedCall]) {
        self.steps += 1;
        self.calls += u32::try_from(calls.len()).unwrap_or(u32::MAX);
        let tasks = action.tasks().len();
        self.metrics.asked_user();
        tracing::info!(action_id = %action.id, turn_id = %action.turn_id, tasks, "Question asked");
    }

    /// The store has given a step up, after so long.
    pub(super) fn step_failed(&self, calls: &[PreparedCall], took: Duration) {
        for call in calls {
            self.metrics.called(tools::known(&call.name), "failed", took);
        }
    }

    /// The turn is over, whatever came of it.
    pub(super) fn ended(self, result: &Result<ChatReply, ChatError>) {
        let took = self.started.elapsed();
        let outcome = outcome_of_turn(result);
        self.metrics.ended(outcome, took);
        if outcome == "completed" {
            self.metrics.answered();
        }
        if self.begun.is_some() {
            self.metrics.turn(self.steps, self.calls);
        }
        // The level of a line is part of its callsite.
        macro_rules! tell {
            ($level:ident, $($message:tt)+) => {
                tracing::$level!(
                    turn_id = self.begun.as_ref().map(|begun| tracing::field::display(begun.turn_id)),
                    outcome,
                    model_ms = millis(self.model),
                    database_ms = millis(self.database()),
                    tools_ms = millis(self.tools),
                    steps = self.steps,
                    tool_calls = self.calls,
                    history_messages = self.begun.as_ref().map(|begun| begun.history.messages),
                    history_characters = self.begun.as_ref().map(|begun| begun.history.characters),
                    $($message)+
                )
            };
        }
        if took > self.slow_threshold {
            tell!(warn, "Slow chat response: {:.1}s", took.as_secs_f64());
        } else {
            tell!(debug, "Turn ended after {:.3}s", took.as_secs_f64());
        }
    }

    /// What the store took beside the tools: connections, locks, the turn's own rows, commits.
    fn database(&self) -> Duration {
        // A step that is reported again was carried out earlier.
        self.store.saturating_sub(self.tools)
    }
}

impl HistorySize {
    fn of(history: &[HistoryEntry]) -> Self {
        let characters = history.iter().map(|entry| match entry {
            HistoryEntry::User(text) | HistoryEntry::Assistant(text) => text.chars().count(),
            HistoryEntry::Unanswered(_) | HistoryEntry::Undone => 0,
        });
        Self { messages: history.len(), characters: characters.sum() }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The code that the caller is answered with, save that a user who is deleted meanwhile counts as
/// an internal error.
fn outcome_of_turn(result: &Result<ChatReply, ChatError>) -> &'static str {
    match result {
        Ok(reply) if reply.is_replayed => "replayed",
        Ok(ChatReply { status: ReplyStatus::Waiting(_), .. }) => "waiting",
        Ok(_) => "completed",
        Err(ChatError::Failed(turn)) => turn.code.as_str(),
        Err(ChatError::ConversationNotFound) => "conversation_not_found",
        Err(ChatError::ConversationExists) => "conversation_exists",
        Err(ChatError::ConversationLimitReached { .. }) => "conversation_limit_reached",
        Err(ChatError::BudgetSpent { .. }) => "budget_spent",
        Err(ChatError::UserNotFound) => "invalid_token",
        Err(ChatError::TurnInProgress { .. }) => "turn_in_progress",
        Err(ChatError::KeyReused) => "idempotency_key_reused",
        Err(ChatError::ActionNotFound) => "action_not_found",
        Err(ChatError::ActionDecided { .. }) => "action_decided",
        Err(ChatError::ActionExpired) => "action_expired",
        Err(ChatError::Cancelled { is_replayed: true, .. }) => "replayed",
        Err(ChatError::Cancelled { .. }) => "turn_cancelled",
        Err(ChatError::Stopped { .. }) => "turn_stopped",
        Err(ChatError::Store(error)) if error.kind == StoreErrorKind::Importing => {
            "import_in_progress"
        }
        Err(ChatError::Store(error)) => FailureCode::from(error.kind).as_str(),
        Err(ChatError::Died) => FailureCode::Internal.as_str(),
    }
}

fn outcome_of_call(call: &RecordedCall) -> &'static str {
    match &call.result {
        CallResult::Rejected(rejection) => rejection.code.as_str(),
        CallResult::NothingToUndo => "nothing_to_undo",
        CallResult::UndoConflict(_) => "undo_conflict",
        CallResult::Waiting(_) => "waiting",
        CallResult::Denied(_) => "denied",
        CallResult::Listed(_) | CallResult::Outcome(_) | CallResult::Each(_) => {
            let refusal = call.result.outcomes().iter().find_map(TaskOutcome::refusal);
            refusal.map_or("ok", TaskRefusal::code)
        }
    }
}
