//! Turns, steps, tools, messages.

use std::{fmt, time::Duration};

use opentelemetry::{
    KeyValue,
    metrics::{Counter, Histogram, Meter},
};

use crate::metric::{Label, Metric};

/// From what the offline assistant takes to the end of a turn's time.
const TURN_BUCKETS: &[f64] =
    &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 7.5, 10.0, 15.0, 20.0, 30.0];
/// A turn has at most six steps.
const STEP_BUCKETS: &[f64] = &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
/// A turn carries out at most sixteen calls.
const CALL_BUCKETS: &[f64] = &[0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0];
/// Tools are a few statements of SQL.
const TOOL_BUCKETS: &[f64] =
    &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

/// What tools are counted as that no model was shown.
const UNKNOWN_TOOL: &str = "unknown";

const OUTCOME: Label = Label::new(
    "outcome",
    "`completed`; `waiting` for a question; `replayed` for the stored answer to a message that came again; or the code of the \
     failure as in ERRORS.md",
);
const ROLE: Label = Label::new("role", "`user`, `assistant`");
const TOOL: &[Label] = &[
    Label::new("tool", "the tool's name; `unknown` for one that there is not"),
    Label::new(
        "outcome",
        "`ok`; why not: `task_not_found`, `version_mismatch`, `task_limit_reached`, `too_many_tags`, \
         `nothing_to_undo`, `undo_conflict`, `waiting` and `denied` for the user's decision, `turn_not_found` and `turn_in_progress` where a turn was named, \
         `unknown_tool`, `invalid_arguments`, `not_executed` beyond a turn's bound; `failed` where the database \
         gave up the whole step",
    ),
];

const REQUESTS: Metric =
    Metric::counter("chat_requests", "Messages sent to the chat, by what came of them", &[OUTCOME]);
const QUESTIONS: Metric =
    Metric::counter("chat_questions", "Steps that users were asked about first", &[]);
const DECISIONS: Metric = Metric::counter(
    "chat_decisions",
    "Decisions of what was asked, by its id or in words",
    &[Label::new(
        "outcome",
        "`approved`, `rejected`; `replayed` for one that came again; or the code of the refusal as in \
         ERRORS.md",
    )],
);
const DURATION: Metric = Metric::durations(
    "chat_duration",
    "From a message to its answer or its failure",
    &[OUTCOME],
    TURN_BUCKETS,
);
const RUNNING: Metric = Metric::gauge("chat_turns_running", "Turns that run now", &[]);
const STEPS: Metric = Metric::numbers(
    "chat_turn_steps",
    "Steps of a turn: answers of the model that asked for tools",
    &[],
    STEP_BUCKETS,
);
const CALLS: Metric =
    Metric::numbers("chat_turn_tool_calls", "Tool calls of a turn", &[], CALL_BUCKETS);
const MESSAGES: Metric =
    Metric::counter("chat_messages", "Messages stored, by who said them", &[ROLE]);
const CONVERSATIONS: Metric =
    Metric::counter("conversations_created", "Conversations that were begun", &[]);
const TOOL_CALLS: Metric = Metric::counter("tool_calls", "Tool calls, by what came of them", TOOL);
const TOOL_DURATION: Metric = Metric::durations(
    "tool_duration",
    "What a tool call took within its step's transaction",
    TOOL,
    TOOL_BUCKETS,
);

pub(crate) const ALL: &[&Metric] = &[
    &REQUESTS, &QUESTIONS, &DECISIONS, &DURATION, &RUNNING, &STEPS, &CALLS, &MESSAGES,
    &CONVERSATIONS, &TOOL_CALLS, &TOOL_DURATION,
];

/// Records turns.
#[derive(Clone)]
pub struct ChatMetrics {
    meter: Meter,
    requests: Counter<u64>,
    questions: Counter<u64>,
    decisions: Counter<u64>,
    duration: Histogram<f64>,
    steps: Histogram<f64>,
    calls: Histogram<f64>,
    messages: Counter<u64>,
    conversations: Counter<u64>,
    tool_calls: Counter<u64>,
    tool_duration: Histogram<f64>,
}

impl fmt::Debug for ChatMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChatMetrics").finish_non_exhaustive()
    }
}

impl ChatMetrics {
    pub(crate) fn new(meter: &Meter) -> Self {
        Self {
            meter: meter.clone(),
            requests: REQUESTS.build_counter(meter),
            questions: QUESTIONS.build_counter(meter),
            decisions: DECISIONS.build_counter(meter),
            duration: DURATION.build_histogram(meter),
            steps: STEPS.build_histogram(meter),
            calls: CALLS.build_histogram(meter),
            messages: MESSAGES.build_counter(meter),
            conversations: CONVERSATIONS.build_counter(meter),
            tool_calls: TOOL_CALLS.build_counter(meter),
            tool_duration: TOOL_DURATION.build_histogram(meter),
        }
    }

    /// Asks for the number of running turns whenever metrics are read.
    pub fn watch_running(&self, running: impl Fn() -> usize + Send + Sync + 'static) {
        RUNNING.build_observed_gauge(&self.meter, move |observe| observe(running() as u64, &[]));
    }

    /// A user's message was stored.
    pub fn asked(&self) {
        self.messages.add(1, &[KeyValue::new("role", "user")]);
    }

    /// An assistant's message was stored.
    pub fn answered(&self) {
        self.messages.add(1, &[KeyValue::new("role", "assistant")]);
    }

    /// A user was asked about a step.
    pub fn asked_user(&self) {
        self.questions.add(1, &[]);
    }

    /// A decision came in: `outcome` is what was decided, or a code.
    pub fn decided(&self, outcome: &'static str) {
        self.decisions.add(1, &[KeyValue::new("outcome", outcome)]);
    }

    /// A message began a conversation.
    pub fn conversation_created(&self) {
        self.conversations.add(1, &[]);
    }

    /// A message was answered, or was not: `outcome` is `completed` or a code.
    pub fn ended(&self, outcome: &'static str, took: Duration) {
        let labels = [KeyValue::new("outcome", outcome)];
        self.requests.add(1, &labels);
        self.duration.record(took.as_secs_f64(), &labels);
    }

    /// A turn that had begun has ended, after so many steps with so many calls in all.
    pub fn turn(&self, steps: u32, calls: u32) {
        self.steps.record(steps.into(), &[]);
        self.calls.record(calls.into(), &[]);
    }

    /// A tool was called. `tool` is `None` where there is no tool of that name, which the model
    /// has made up.
    pub fn called(&self, tool: Option<&'static str>, outcome: &'static str, took: Duration) {
        let labels = [
            KeyValue::new("tool", tool.unwrap_or(UNKNOWN_TOOL)),
            KeyValue::new("outcome", outcome),
        ];
        self.tool_calls.add(1, &labels);
        self.tool_duration.record(took.as_secs_f64(), &labels);
    }
}
