//! How calls of a language model's provider are held back: the circuit breaker, the bound of
//! calls at a time, and the queue before it.

use opentelemetry::{
    KeyValue,
    metrics::{Counter, Gauge, Meter, UpDownCounter},
};

use crate::metric::{Label, Metric};

const PROVIDER: Label = Label::new("provider", "`cohere`");

const BREAKER_STATE: Metric = Metric::gauge(
    "model_breaker_state",
    "The circuit breaker before a provider: 0 closed, 1 half-open, 2 open",
    &[PROVIDER],
);
const BREAKER_OPENED: Metric = Metric::counter(
    "model_breaker_opened",
    "How often a closed circuit breaker opened because its provider failed again and again",
    &[PROVIDER],
);
const IN_FLIGHT: Metric = Metric::gauge(
    "model_requests_in_flight",
    "Calls of a provider that are on their way or whose answer is streaming in",
    &[PROVIDER],
);
const WAITING: Metric =
    Metric::gauge("model_queue_waiting", "Calls that wait for one in flight to end", &[PROVIDER]);

pub(crate) const ALL: &[&Metric] = &[&BREAKER_STATE, &BREAKER_OPENED, &IN_FLIGHT, &WAITING];

/// Where a circuit breaker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// Calls go through.
    Closed,
    /// One call finds out whether the provider is back.
    HalfOpen,
    /// No call goes through.
    Open,
}

/// Records how calls of providers are held back.
#[derive(Debug, Clone)]
pub struct ResilienceMetrics {
    breaker_state: Gauge<u64>,
    breaker_opened: Counter<u64>,
    in_flight: UpDownCounter<i64>,
    waiting: UpDownCounter<i64>,
}

impl ResilienceMetrics {
    pub(crate) fn new(meter: &Meter) -> Self {
        Self {
            breaker_state: BREAKER_STATE.build_gauge(meter),
            breaker_opened: BREAKER_OPENED.build_counter(meter),
            in_flight: IN_FLIGHT.build_up_down_counter(meter),
            waiting: WAITING.build_up_down_counter(meter),
        }
    }

    /// A provider is about to be called: its series begin, at rest, so that a rate over them is
    /// known before anything happens.
    pub fn started(&self, provider: &'static str) {
        let labels = [KeyValue::new("provider", provider)];
        self.breaker_state(provider, BreakerState::Closed);
        self.breaker_opened.add(0, &labels);
        self.in_flight.add(0, &labels);
        self.waiting.add(0, &labels);
    }

    /// The breaker stands here now.
    pub fn breaker_state(&self, provider: &'static str, state: BreakerState) {
        let state = match state {
            BreakerState::Closed => 0,
            BreakerState::HalfOpen => 1,
            BreakerState::Open => 2,
        };
        self.breaker_state.record(state, &[KeyValue::new("provider", provider)]);
    }

    /// A closed breaker has opened.
    pub fn breaker_opened(&self, provider: &'static str) {
        self.breaker_opened.add(1, &[KeyValue::new("provider", provider)]);
    }

    /// A call is on its way, until the guard is dropped.
    #[must_use]
    pub fn in_flight(&self, provider: &'static str) -> Counted {
        Counted::one(&self.in_flight, provider)
    }

    /// A call waits for its turn, until the guard is dropped.
    #[must_use]
    pub fn waiting(&self, provider: &'static str) -> Counted {
        Counted::one(&self.waiting, provider)
    }
}

/// Something that is counted as long as this exists.
#[derive(Debug)]
pub struct Counted {
    counter: UpDownCounter<i64>,
    provider: &'static str,
}

impl Counted {
    fn one(counter: &UpDownCounter<i64>, provider: &'static str) -> Self {
        counter.add(1, &[KeyValue::new("provider", provider)]);
        Self { counter: counter.clone(), provider }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.counter.add(-1, &[KeyValue::new("provider", self.provider)]);
    }
}
