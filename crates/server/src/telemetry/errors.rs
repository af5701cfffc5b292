//! What of the log is reported to Sentry: one event for every request that failed through our
//! fault, with what led to it, and one for every error outside of a request.
//!
//! A failure leaves several lines: the store's, the turn's, the answer's. They are collected at the
//! request's span and become one event when the answer is known to be a 5xx, or when the last work
//! for a request that was given up is over. Only the fields that [`incident`] lists leave the
//! process: whatever a library has put into an error's text stays in the log, under the same
//! request id.

mod incident;
mod sentry;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use ::sentry::{
    Client, Hub, Scope, TransactionContext, TransactionOrSpan,
    protocol::{Event as Report, SpanStatus},
};
use tracing::{
    Event, Level, Metadata, Subscriber,
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Layer,
    layer::Context,
    registry::{LookupSpan, SpanRef},
};

use self::incident::{Incident, Note};
pub(crate) use self::sentry::Sentry;
use super::is_ours;

/// The name of the span that all of a request happens in.
const REQUEST: &str = "request";

/// Watches the log.
pub(super) struct ErrorLayer {
    client: Arc<Client>,
    hub: Hub,
}

/// How long something takes. At its end the library sends this of the requests it has chosen.
struct Timed(TransactionOrSpan);

impl ErrorLayer {
    pub(super) fn new(client: Arc<Client>) -> Self {
        let hub = Hub::new(Some(Arc::clone(&client)), Arc::new(Scope::default()));
        Self { client, hub }
    }

    /// What it has to see, whatever of it is logged.
    pub(super) fn is_wanted(metadata: &Metadata<'_>) -> bool {
        let bound = if metadata.is_span() { Level::INFO } else { Level::WARN };
        is_ours(metadata.target()) && *metadata.level() <= bound
    }

    fn report(&self, report: Report<'static>) {
        // It is put into a queue, or dropped if that is full.
        self.client.capture_event(report, None);
    }

    fn start_timing(&self, request: &Incident) -> Option<Timed> {
        if request.is_probe() {
            return None;
        }
        let (name, op) = (request.name(), "http.server");
        let context = match request.trace_id() {
            Some(trace_id) => TransactionContext::new_with_trace_id(&name, op, trace_id),
            None => TransactionContext::new(&name, op),
        };
        Some(Timed(self.hub.start_transaction(context).into()))
    }
}

impl<S> Layer<S> for ErrorLayer
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if span.name() == REQUEST {
            let mut incident = Incident::default();
            attributes.record(&mut incident);
            let timed = self.start_timing(&incident);
            incident.trace = timed.as_ref().map(|Timed(timed)| timed.get_trace_context());
            let mut extensions = span.extensions_mut();
            extensions.insert(incident);
            if let Some(timed) = timed {
                extensions.insert(timed);
            }
        } else if let Some(timed) = span.parent().and_then(|parent| part_of(&parent, span.name())) {
            span.extensions_mut().insert(timed);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let report = {
            let mut extensions = span.extensions_mut();
            let Some(incident) = extensions.get_mut::<Incident>() else { return };
            values.record(incident);
            incident.answered()
        };
        if let Some(report) = report {
            self.report(report);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let note = Note::of(event);
        let request = context
            .event_scope(event)
            .and_then(|mut spans| spans.find(|span| span.extensions().get::<Incident>().is_some()));
        let Some(request) = request else {
            if note.is_error() {
                self.report(Incident::of(note));
            }
            return;
        };
        if let Some(incident) = request.extensions_mut().get_mut::<Incident>() {
            incident.push(note);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let (incident, timed) = {
            let mut extensions = span.extensions_mut();
            (extensions.remove::<Incident>(), extensions.remove::<Timed>())
        };
        if let Some(Timed(timed)) = timed {
            if let Some(incident) = &incident {
                timed.set_status(incident.status().map_or(SpanStatus::Cancelled, status_of));
            }
            timed.finish();
        }
        if let Some(report) = incident.and_then(Incident::closed) {
            self.report(report);
        }
    }
}

/// A part of what is timed, if the span around it is.
fn part_of<'span, S: LookupSpan<'span>>(around: &SpanRef<'span, S>, name: &str) -> Option<Timed> {
    around.scope().find_map(|span| {
        let extensions = span.extensions();
        let Timed(whole) = extensions.get()?;
        Some(Timed(whole.start_child(name, "").into()))
    })
}

fn status_of(http: u64) -> SpanStatus {
    match http {
        ..400 => SpanStatus::Ok,
        401 => SpanStatus::Unauthenticated,
        403 => SpanStatus::PermissionDenied,
        404 => SpanStatus::NotFound,
        409 | 412 => SpanStatus::FailedPrecondition,
        429 => SpanStatus::ResourceExhausted,
        400..500 => SpanStatus::InvalidArgument,
        503 => SpanStatus::Unavailable,
        504 => SpanStatus::DeadlineExceeded,
        _ => SpanStatus::InternalError,
    }
}
