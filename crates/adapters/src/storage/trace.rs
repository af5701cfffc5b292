//! What a trace tells of a unit of work, after OpenTelemetry's conventions for databases: the engine
//! and a name, no statement and no value.

use todo_domain::ports::StoreErrorKind;
use tracing::{Span, field::Empty};

/// A unit of work: the wait for a connection, its statements, its commit.
pub(crate) fn unit_of_work(engine: &'static str, operation: &'static str) -> Span {
    tracing::info_span!(
        "query",
        otel.kind = "client",
        otel.name = operation,
        otel.status_code = Empty,
        db.system.name = engine,
        db.operation.name = operation,
        error.type = Empty,
    )
}

/// The unit of work of this span failed in this way.
pub(crate) fn fail(span: &Span, kind: StoreErrorKind) {
    span.record("otel.status_code", "ERROR");
    span.record("error.type", kind.as_str());
}
