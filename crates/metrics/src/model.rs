//! Calls of language models.

use std::{sync::Arc, time::Duration};

use opentelemetry::{
    KeyValue, Value,
    metrics::{Counter, Histogram, Meter},
};

use crate::metric::{Label, Metric, Unit};

/// From what the offline assistant takes to the end of a turn's time.
const BUCKETS: &[f64] =
    &[0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 7.5, 10.0, 15.0, 20.0, 30.0];

const PROVIDER: Label = Label::new("provider", "the engine, such as `cohere` or `offline`");
const MODEL: Label = Label::new("model", "the configured model's name");
const OUTCOME: Label = Label::new(
    "outcome",
    "`ok`; the code of the failure as in ERRORS.md; `cancelled` where the turn stopped waiting",
);
const DIRECTION: Label = Label::new("direction", "`input`, `output`");

const BY_MODEL: &[Label] = &[PROVIDER, MODEL];
const BY_OUTCOME: &[Label] = &[PROVIDER, MODEL, OUTCOME];

const REQUESTS: Metric = Metric::counter(
    "model_requests",
    "Questions to a model, each with all its attempts, by what came of them",
    BY_OUTCOME,
);
const DURATION: Metric = Metric::durations(
    "model_request_duration",
    "From a question to its answer, with the wait for a slot, all attempts and the waits between them",
    BY_OUTCOME,
    BUCKETS,
);
const FIRST_DELTA: Metric = Metric::durations(
    "model_time_to_first_delta",
    "From a question to the first words of a text that answers it, with the wait for a slot",
    BY_MODEL,
    BUCKETS,
);
const RETRIES: Metric =
    Metric::counter("model_retries", "Attempts after the first of a question", BY_MODEL);
const RATE_LIMITS: Metric = Metric::counter(
    "model_rate_limits",
    "Attempts that the provider refused with status 429: too fast, or the quota is used up",
    BY_MODEL,
);
const TOKENS: Metric = Metric::counter(
    "model_tokens",
    "Tokens as the provider bills them, read and written",
    &[PROVIDER, MODEL, DIRECTION],
);
const COST: Metric = Metric::counter(
    "model_cost_dollars",
    "What the tokens cost by MODEL_PRICES; nothing for a model without a price",
    BY_MODEL,
)
.of(Unit::Dollars);

pub(crate) const ALL: &[&Metric] =
    &[&REQUESTS, &DURATION, &FIRST_DELTA, &RETRIES, &RATE_LIMITS, &TOKENS, &COST];

/// Records calls of models: [`ModelMetrics::of`] those of one model.
#[derive(Debug, Clone)]
pub struct ModelMetrics(Arc<Instruments>);

#[derive(Debug)]
struct Instruments {
    requests: Counter<u64>,
    duration: Histogram<f64>,
    first_delta: Histogram<f64>,
    retries: Counter<u64>,
    rate_limits: Counter<u64>,
    tokens: Counter<u64>,
    cost: Counter<f64>,
}

impl ModelMetrics {
    pub(crate) fn new(meter: &Meter) -> Self {
        Self(Arc::new(Instruments {
            requests: REQUESTS.build_counter(meter),
            duration: DURATION.build_histogram(meter),
            first_delta: FIRST_DELTA.build_histogram(meter),
            retries: RETRIES.build_counter(meter),
            rate_limits: RATE_LIMITS.build_counter(meter),
            tokens: TOKENS.build_counter(meter),
            cost: COST.build_sum(meter),
        }))
    }

    /// Those of one model. The names are the operator's, not what an answer says.
    #[must_use]
    pub fn of(&self, provider: &str, model: &str) -> MetricsOfModel {
        let text = |text: &str| Value::from(Arc::<str>::from(text));
        let labels =
            [KeyValue::new("provider", text(provider)), KeyValue::new("model", text(model))];
        MetricsOfModel { instruments: Arc::clone(&self.0), labels }
    }
}

/// Records the calls of one model.
#[derive(Debug, Clone)]
pub struct MetricsOfModel {
    instruments: Arc<Instruments>,
    labels: [KeyValue; 2],
}

impl MetricsOfModel {
    /// A question was answered, or was not: `outcome` is `ok`, `cancelled` or a code.
    pub fn ended(&self, outcome: &'static str, took: Duration) {
        let labels = self.labels_and(KeyValue::new("outcome", outcome));
        self.instruments.requests.add(1, &labels);
        self.instruments.duration.record(took.as_secs_f64(), &labels);
    }

    /// An answer's text began to come, so long after the question.
    pub fn began(&self, after: Duration) {
        self.instruments.first_delta.record(after.as_secs_f64(), &self.labels);
    }

    /// A question is asked again.
    pub fn retried(&self) {
        self.instruments.retries.add(1, &self.labels);
    }

    /// The provider asked us to slow down, or to pay.
    pub fn rate_limited(&self) {
        self.instruments.rate_limits.add(1, &self.labels);
    }

    /// An answer took these tokens, for so many dollars if that is known.
    pub fn used(&self, input_tokens: u64, output_tokens: u64, dollars: Option<f64>) {
        for (direction, tokens) in [("input", input_tokens), ("output", output_tokens)] {
            let labels = self.labels_and(KeyValue::new("direction", direction));
            self.instruments.tokens.add(tokens, &labels);
        }
        if let Some(dollars) = dollars {
            self.instruments.cost.add(dollars, &self.labels);
        }
    }

    fn labels_and(&self, label: KeyValue) -> [KeyValue; 3] {
        let [provider, model] = self.labels.clone();
        [provider, model, label]
    }
}
