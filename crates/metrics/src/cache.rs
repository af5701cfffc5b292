//! What is kept close at hand, and Redis.

use std::time::Duration;

use opentelemetry::{
    KeyValue,
    metrics::{Counter, Gauge, Histogram, Meter},
};

use crate::metric::{Label, Metric};

/// From a command next door to the longest that anybody may choose to wait for one.
const COMMAND_BUCKETS: &[f64] =
    &[0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0];

const REQUESTS: Metric = Metric::counter(
    "cache_requests",
    "Questions put to a cache, by whether it had the answer",
    &[
        Label::new("cache", "`conversations`"),
        Label::new(
            "outcome",
            "`hit`, `miss`, or `unavailable` where it could not be asked or trusted",
        ),
    ],
);
const AVAILABLE: Metric =
    Metric::gauge("redis_available", "1 while Redis can be used, 0 while it is done without", &[]);
const DURATION: Metric = Metric::durations(
    "redis_command_duration",
    "From a command to the answer of Redis, or to the end of waiting for it",
    &[Label::new("outcome", "`ok`, `refused`, or `lost` without an answer in time")],
    COMMAND_BUCKETS,
);

pub(crate) const ALL: &[&Metric] = &[&REQUESTS, &AVAILABLE, &DURATION];

/// Records caches and Redis.
#[derive(Debug, Clone)]
pub struct CacheMetrics {
    requests: Counter<u64>,
    available: Gauge<u64>,
    duration: Histogram<f64>,
}

/// Whether a cache had the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheOutcome {
    /// It had.
    Hit,
    /// It had not.
    Miss,
    /// Nobody knows: the cache could not be asked, or not be trusted.
    Unavailable,
}

impl CacheOutcome {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Unavailable => "unavailable",
        }
    }
}

/// What became of a command to Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedisOutcome {
    /// It was carried out.
    Ok,
    /// Redis answered that it won't.
    Refused,
    /// No answer came, or none in time.
    Lost,
}

impl RedisOutcome {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::Lost => "lost",
        }
    }
}

impl CacheMetrics {
    pub(crate) fn new(meter: &Meter) -> Self {
        Self {
            requests: REQUESTS.build_counter(meter),
            available: AVAILABLE.build_gauge(meter),
            duration: DURATION.build_histogram(meter),
        }
    }

    /// A cache was asked.
    pub fn asked(&self, cache: &'static str, outcome: CacheOutcome) {
        let labels = [KeyValue::new("cache", cache), KeyValue::new("outcome", outcome.as_str())];
        self.requests.add(1, &labels);
    }

    /// From now on Redis can be used, or not.
    pub fn redis_is(&self, available: bool) {
        self.available.record(u64::from(available), &[]);
    }

    /// A command was sent to Redis.
    pub fn redis_command(&self, outcome: RedisOutcome, took: Duration) {
        self.duration.record(took.as_secs_f64(), &[KeyValue::new("outcome", outcome.as_str())]);
    }
}
