//! Turns, steps, tools, messages.

use std::time::Duration;

use opentelemetry::{
    KeyValue,
    metrics::{Counter, Histogram, Meter},
};

use crate::metric::{Label, Metric};

/// From what the offline assistant takes to the end of a turn's time.
const TURN_BUCKETS: &[f64] =
    &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 7.5, 10.0, 15.0, 20.0, 30.0];

const OUTCOME: Label =
    Label::new("outcome", "`completed`, or the code of the failure as in ERRORS.md");

const REQUESTS: Metric =
    Metric::counter("chat_requests", "Messages sent to the chat, by what came of them", &[OUTCOME]);
const DURATION: Metric = Metric::durations(
    "chat_duration",
    "From a message to its answer or its failure",
    &[OUTCOME],
    TURN_BUCKETS,
);

pub(crate) const ALL: &[&Metric] = &[&REQUESTS, &DURATION];

/// Records turns.
#[derive(Debug, Clone)]
pub struct ChatMetrics {
    requests: Counter<u64>,
    duration: Histogram<f64>,
}

impl ChatMetrics {
    pub(crate) fn new(meter: &Meter) -> Self {
        Self { requests: REQUESTS.build_counter(meter), duration: DURATION.build_histogram(meter) }
    }

    /// A message was answered, or was not: `outcome` is `completed` or a code.
    pub fn ended(&self, outcome: &'static str, took: Duration) {
        let labels = [KeyValue::new("outcome", outcome)];
        self.requests.add(1, &labels);
        self.duration.record(took.as_secs_f64(), &labels);
    }
}
