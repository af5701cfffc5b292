//! Limits.

use opentelemetry::{
    KeyValue,
    metrics::{Counter, Meter},
};

use crate::metric::{Label, Metric};

const REFUSED: Metric = Metric::counter(
    "rate_limited",
    "Requests that were refused because there were too many of them, by the limit that refused",
    &[Label::new(
        "limit",
        "`default`, `chat`, `sign_up`; `sign_in`, `sign_in_address`, `sign_in_account` for attempts \
         to sign in",
    )],
);

pub(crate) const ALL: &[&Metric] = &[&REFUSED];

/// Records what limits refuse.
#[derive(Debug, Clone)]
pub struct LimitMetrics {
    refused: Counter<u64>,
}

impl LimitMetrics {
    pub(crate) fn new(meter: &Meter) -> Self {
        Self { refused: REFUSED.build_counter(meter) }
    }

    /// A limit refused a request.
    pub fn refused(&self, limit: &'static str) {
        self.refused.add(1, &[KeyValue::new("limit", limit)]);
    }
}
