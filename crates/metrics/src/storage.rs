//! Connections and queries.

use opentelemetry::metrics::Meter;

use crate::metric::Metric;

pub(crate) const ALL: &[&Metric] = &[];

/// Connections and queries.
#[derive(Debug, Clone)]
pub struct StorageMetrics {}

impl StorageMetrics {
    pub(crate) fn new(_meter: &Meter) -> Self {
        Self {}
    }
}
