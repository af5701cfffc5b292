//! What a unit of work leaves in the metrics, and in the log when it is slow: which one it was and
//! how long it took, and no value of it.

use std::time::Duration;

use todo_metrics::StorageMetrics;
use tokio::time::Instant;

use super::error::Result;

/// Makes the records of a database's units of work.
#[derive(Debug, Clone)]
pub(crate) struct UnitObserver {
    pub(crate) metrics: StorageMetrics,
    /// Beyond it a unit of work is slow, the wait for its connection not included (S70).
    pub(crate) slow_threshold: Duration,
}

impl UnitObserver {
    pub(crate) fn of(&self, operation: &'static str) -> UnitTelemetry {
        UnitTelemetry { records: self.clone(), operation, connected: None }
    }

    /// A unit of work whose own record was lost with its task.
    pub(crate) fn lost(&self, operation: &'static str, kind: &'static str) {
        self.metrics.failed(operation, kind);
    }
}

/// What is known of a unit of work so far.
pub(crate) struct UnitTelemetry {
    records: UnitObserver,
    operation: &'static str,
    connected: Option<Instant>,
}

impl UnitTelemetry {
    /// It has a connection, or another one. What it takes from now on is its own doing.
    pub(crate) fn connected(&mut self) {
        self.connected = Some(Instant::now());
    }

    /// It is over, whatever came of it.
    pub(crate) fn ended<R>(self, result: &Result<R>) {
        let Self { records: UnitObserver { metrics, slow_threshold }, operation, connected } = self;
        let failure = result.as_ref().err().map(|failure| failure.kind().as_str());
        if let Some(kind) = failure {
            metrics.failed(operation, kind);
        }
        let Some(took) = connected.map(|since| since.elapsed()) else { return };
        metrics.queried(operation, failure.unwrap_or("ok"), took);
        if took > slow_threshold {
            metrics.slow(operation);
            let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            tracing::warn!(operation, duration_ms = millis, "Slow query");
        }
    }
}
