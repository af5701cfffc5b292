//! Requests.

use std::time::Duration;

use opentelemetry::{
    KeyValue,
    metrics::{Counter, Histogram, Meter, UpDownCounter},
};

use crate::metric::{Label, Metric};

/// From a health probe to the end of a turn's time, with bounds at the promises made about lists
/// (0.1 s) and answers (5 s).
const BUCKETS: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0];

const LABELS: &[Label] = &[
    Label::new("method", "`GET`, `HEAD`, `POST`, `PUT`, `PATCH`, `DELETE`, `OPTIONS`, `other`"),
    Label::new(
        "route",
        "the template as in API.md, such as `/api/{user_id}/tasks/{id}`; `unknown` where no route \
         matches",
    ),
    Label::new("status", "the HTTP status; `abandoned` where the client left before its answer"),
];

const REQUESTS: Metric = Metric::counter("http_requests", "HTTP requests that have ended", LABELS);
const DURATION: Metric = Metric::durations(
    "http_request_duration",
    "From the head of an HTTP request to its answer, without the sending of a body",
    LABELS,
    BUCKETS,
);
const IN_FLIGHT: Metric =
    Metric::gauge("http_requests_in_flight", "HTTP requests that are being answered", &[]);
const CONNECTIONS_REFUSED: Metric = Metric::counter(
    "http_connections_refused",
    "Connections that were closed at once because their address had as many as it may have",
    &[],
);

const OPEN_STREAMS: Metric =
    Metric::gauge("http_streams_open", "Turns that are being sent as they happen", &[]);

pub(crate) const ALL: &[&Metric] =
    &[&REQUESTS, &DURATION, &IN_FLIGHT, &CONNECTIONS_REFUSED, &OPEN_STREAMS];

/// Records requests.
#[derive(Debug, Clone)]
pub struct HttpMetrics {
    requests: Counter<u64>,
    duration: Histogram<f64>,
    in_flight: UpDownCounter<i64>,
    connections_refused: Counter<u64>,
    open_streams: UpDownCounter<i64>,
}

impl HttpMetrics {
    /// The label of methods that are not distinguished.
    pub const OTHER_METHOD: &str = "other";

    pub(crate) fn new(meter: &Meter) -> Self {
        Self {
            requests: REQUESTS.build_counter(meter),
            duration: DURATION.build_histogram(meter),
            in_flight: IN_FLIGHT.build_up_down_counter(meter),
            connections_refused: CONNECTIONS_REFUSED.build_counter(meter),
            open_streams: OPEN_STREAMS.build_up_down_counter(meter),
        }
    }

    /// A connection was closed at once: its address has as many as it may have.
    pub fn connection_refused(&self) {
        self.connections_refused.add(1, &[]);
    }

    /// A turn begins to be sent; it is, until what is returned is dropped.
    #[must_use]
    pub fn stream_opened(&self) -> OpenStream {
        self.open_streams.add(1, &[]);
        OpenStream(self.open_streams.clone())
    }

    /// A request has come in; [`HttpMetrics::ended`] is to follow.
    pub fn started(&self) {
        self.in_flight.add(1, &[]);
    }

    /// A request has ended: with this status, or without one when its client left before. `method`
    /// is one of the label's, and not what the client wrote; `route` is the template that matched,
    /// and not the path.
    pub fn ended(&self, method: &'static str, route: &str, status: Option<u16>, took: Duration) {
        let status = status.map_or_else(|| "abandoned".to_owned(), |status| status.to_string());
        let labels = [
            KeyValue::new("method", method),
            KeyValue::new("route", route.to_owned()),
            KeyValue::new("status", status),
        ];
        self.in_flight.add(-1, &[]);
        self.requests.add(1, &labels);
        self.duration.record(took.as_secs_f64(), &labels);
    }
}

/// A turn that is being sent.
#[derive(Debug)]
pub struct OpenStream(UpDownCounter<i64>);

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.add(-1, &[]);
    }
}
