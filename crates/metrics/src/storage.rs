//! Connections and queries.

use std::{fmt, time::Duration};

use opentelemetry::{
    KeyValue,
    metrics::{Counter, Histogram, Meter},
};

use crate::metric::{Label, Metric};

/// From a connection that lies ready to the end of a request's time for the database.
const WAIT_BUCKETS: &[f64] =
    &[0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];
/// From a row that is found by its key to what the slow query log tells of.
const QUERY_BUCKETS: &[f64] =
    &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

const POOL: Label = Label::new(
    "pool",
    "`primary` and `replica` with PostgreSQL; `writer` and `readers` with SQLite",
);
const STATE: Label = Label::new("state", "`in_use`, `idle`");
const OPERATION: Label =
    Label::new("operation", "the unit of work, such as `task.write` or `turn.begin`");
const OUTCOME: Label = Label::new(
    "outcome",
    "`ok`; else `unavailable`, `storage_full`, `crowded`, `contention`, `no_user`, `importing`, \
     `constraint`, `corrupt` or `internal`",
);
const KIND: Label = Label::new(
    "kind",
    "`unavailable`, `storage_full`, `crowded`, `contention`, `no_user`, `importing`, `constraint`, \
     `corrupt`, `internal`",
);

const CONNECTIONS: Metric = Metric::gauge(
    "database_pool_connections",
    "Open connections, at work and idle",
    &[POOL, STATE],
);
const SIZE: Metric =
    Metric::gauge("database_pool_size", "How many connections a pool may have", &[POOL]);
const WAITING: Metric =
    Metric::gauge("database_pool_waiting", "Units of work that wait for a connection", &[POOL]);
const WAIT: Metric = Metric::durations(
    "database_pool_wait",
    "How long a unit of work waited for its connection, or for none",
    &[POOL],
    WAIT_BUCKETS,
);
const QUERY_DURATION: Metric = Metric::durations(
    "database_query_duration",
    "What a unit of work took on its connection, from its first statement to its commit",
    &[OPERATION, OUTCOME],
    QUERY_BUCKETS,
);
const SLOW_QUERIES: Metric = Metric::counter(
    "database_slow_queries",
    "Units of work that took longer than SLOW_QUERY_THRESHOLD",
    &[OPERATION],
);
const ERRORS: Metric =
    Metric::counter("database_errors", "Units of work that failed", &[OPERATION, KIND]);

pub(crate) const ALL: &[&Metric] =
    &[&CONNECTIONS, &SIZE, &WAITING, &WAIT, &QUERY_DURATION, &SLOW_QUERIES, &ERRORS];

/// How busy a pool is at the moment of reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolReading {
    /// How many connections there may be.
    pub size: usize,
    /// How many are at work.
    pub in_use: usize,
    /// How many are open and idle.
    pub idle: usize,
    /// How many units of work wait for one.
    pub waiting: usize,
}

/// Records the use of databases.
#[derive(Clone)]
pub struct StorageMetrics {
    meter: Meter,
    wait: Histogram<f64>,
    query_duration: Histogram<f64>,
    slow_queries: Counter<u64>,
    errors: Counter<u64>,
}

impl fmt::Debug for StorageMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StorageMetrics").finish_non_exhaustive()
    }
}

impl StorageMetrics {
    pub(crate) fn new(meter: &Meter) -> Self {
        Self {
            meter: meter.clone(),
            wait: WAIT.build_histogram(meter),
            query_duration: QUERY_DURATION.build_histogram(meter),
            slow_queries: SLOW_QUERIES.build_counter(meter),
            errors: ERRORS.build_counter(meter),
        }
    }

    /// Asks how busy the pool of this name is whenever metrics are read; `None` when it is no
    /// more.
    pub fn watch_pool(
        &self,
        pool: &'static str,
        read: impl Fn() -> Option<PoolReading> + Clone + Send + Sync + 'static,
    ) {
        let name = KeyValue::new("pool", pool);
        CONNECTIONS.build_observed_gauge(&self.meter, {
            let (read, name) = (read.clone(), name.clone());
            move |observe| {
                if let Some(PoolReading { in_use, idle, .. }) = read() {
                    let state = |state| [name.clone(), KeyValue::new("state", state)];
                    observe(in_use as u64, &state("in_use"));
                    observe(idle as u64, &state("idle"));
                }
            }
        });
        for (metric, value) in [
            (&SIZE, (|reading| reading.size) as fn(PoolReading) -> usize),
            (&WAITING, |reading| reading.waiting),
        ] {
            let (read, name) = (read.clone(), [name.clone()]);
            metric.build_observed_gauge(&self.meter, move |observe| {
                if let Some(reading) = read() {
                    observe(value(reading) as u64, &name);
                }
            });
        }
    }

    /// A unit of work got its connection from this pool, or gave up, after so long.
    pub fn waited(&self, pool: &'static str, wait: Duration) {
        self.wait.record(wait.as_secs_f64(), &[KeyValue::new("pool", pool)]);
    }

    /// A unit of work ended on its connection: `outcome` is `ok` or the kind of the error.
    pub fn queried(&self, operation: &'static str, outcome: &'static str, took: Duration) {
        let labels = [KeyValue::new("operation", operation), KeyValue::new("outcome", outcome)];
        self.query_duration.record(took.as_secs_f64(), &labels);
    }

    /// A unit of work took longer than it should.
    pub fn slow(&self, operation: &'static str) {
        self.slow_queries.add(1, &[KeyValue::new("operation", operation)]);
    }

    /// A unit of work failed, with or without a connection.
    pub fn failed(&self, operation: &'static str, kind: &'static str) {
        let labels = [KeyValue::new("operation", operation), KeyValue::new("kind", kind)];
        self.errors.add(1, &labels);
    }
}
