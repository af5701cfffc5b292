//! Requests.

use opentelemetry::metrics::Meter;

use crate::metric::Metric;

pub(crate) const ALL: &[&Metric] = &[];

/// Requests.
#[derive(Debug, Clone)]
pub struct HttpMetrics {}

impl HttpMetrics {
    pub(crate) fn new(_meter: &Meter) -> Self {
        Self {}
    }
}
