//! Reads, where a database has a replica.

use std::time::Duration;

use opentelemetry::{
    KeyValue,
    metrics::{Counter, Gauge, Meter},
};

use crate::metric::{Label, Metric, Unit};

const LAG: Metric = Metric::gauge(
    "database_replica_lag",
    "How far the replica lags behind the primary, as of the last time it was known",
    &[],
)
.of(Unit::Seconds);
const READS: Metric = Metric::counter(
    "database_reads",
    "Reads of a database that has a replica, by the server that was asked last",
    &[Label::new("target", "`primary`, `replica`")],
);

pub(crate) const ALL: &[&Metric] = &[&LAG, &READS];

/// Where a read went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadTarget {
    /// To the server that is written to.
    Primary,
    /// To a copy of it.
    Replica,
}

impl ReadTarget {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Replica => "replica",
        }
    }
}

/// Records the use of a replica.
#[derive(Debug, Clone)]
pub struct ReplicaMetrics {
    lag: Gauge<f64>,
    reads: Counter<u64>,
}

impl ReplicaMetrics {
    pub(crate) fn new(meter: &Meter) -> Self {
        Self { lag: LAG.build_measure(meter), reads: READS.build_counter(meter) }
    }

    /// The replica lags so far behind.
    pub fn lags(&self, lag: Duration) {
        self.lag.record(lag.as_secs_f64(), &[]);
    }

    /// Something was read.
    pub fn read(&self, target: ReadTarget) {
        self.reads.add(1, &[KeyValue::new("target", target.as_str())]);
    }
}
