//! What a trace tells of a request, after OpenTelemetry's conventions for HTTP servers: its method,
//! route and status, and nothing of its path, its query or its user.

use actix_web::http::{StatusCode, header::HeaderMap};
use opentelemetry::{global, propagation::Extractor, trace::TraceContextExt};
use tracing::{Span, field::Empty};
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// A request's position in a trace. Numbers in it are signed: a tracer takes others for text. Where nothing is traced it is nothing, and costs nothing.
pub(crate) struct RequestTrace {
    pub(crate) span: Span,
    id: Option<String>,
}

impl RequestTrace {
    /// Goes on with the trace that the client names in `traceparent`, or begins one.
    pub(crate) fn start(headers: &HeaderMap, method: Option<&str>, route: Option<&str>) -> Self {
        let span = tracing::info_span!(
            "HTTP",
            otel.kind = "server",
            otel.name = name(method, route),
            otel.status_code = Empty,
            http.request.method = method.unwrap_or("_OTHER"),
            http.route = route,
            http.response.status_code = Empty,
            error.type = Empty,
        );
        if span.is_disabled() {
            return Self { span, id: None };
        }
        let parent =
            global::get_text_map_propagator(|propagator| propagator.extract(&Headers(headers)));
        // Fails where no tracer is at work, and then there is nothing to continue.
        let _ = span.set_parent(parent);
        let context = span.context();
        let context = context.span().span_context().clone();
        let id = context.is_valid().then(|| context.trace_id().to_string());
        Self { span, id }
    }

    /// The trace, as 32 hexadecimal digits.
    pub(crate) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The request was answered. What the client did wrong is no error of this service.
    pub(crate) fn answered(&self, status: StatusCode, code: Option<&'static str>) {
        self.span.record("http.response.status_code", i64::from(status.as_u16()));
        if status.is_server_error() {
            self.span.record("otel.status_code", "ERROR");
            self.span.record("error.type", code.unwrap_or(status.as_str()));
        }
    }
}

fn name(method: Option<&str>, route: Option<&str>) -> String {
    let method = method.unwrap_or("HTTP");
    route.map_or_else(|| method.to_owned(), |route| format!("{method} {route}"))
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(AsRef::as_ref).collect()
    }
}
