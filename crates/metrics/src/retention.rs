//! Retention.

use opentelemetry::metrics::{Counter, Meter};

use crate::metric::Metric;

const FORGOTTEN: Metric = Metric::counter(
    "turns_forgotten",
    "Turns that were removed with their record because they were older than `RETENTION_DAYS`",
    &[],
);

pub(crate) const ALL: &[&Metric] = &[&FORGOTTEN];

/// Records what is removed because it is old.
#[derive(Debug, Clone)]
pub struct RetentionMetrics {
    forgotten: Counter<u64>,
}

impl RetentionMetrics {
    pub(crate) fn new(meter: &Meter) -> Self {
        Self { forgotten: FORGOTTEN.build_counter(meter) }
    }

    /// So many turns were removed.
    pub fn forgot(&self, turns: u64) {
        self.forgotten.add(turns, &[]);
    }
}
