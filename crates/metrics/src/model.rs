//! Calls of language models.

use opentelemetry::metrics::Meter;

use crate::metric::Metric;

pub(crate) const ALL: &[&Metric] = &[];

/// Calls of language models.
#[derive(Debug, Clone)]
pub struct ModelMetrics {}

impl ModelMetrics {
    pub(crate) fn new(_meter: &Meter) -> Self {
        Self {}
    }
}
