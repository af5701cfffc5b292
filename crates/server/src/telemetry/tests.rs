//! How the log reads.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use serde_json::json;
use tracing::{debug, error, info, info_span, warn};

use super::*;

struct Noon;

impl FormatTime for Noon {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        writer.write_str("2026-11-27T12:00:00.000Z")
    }
}

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is logged while `work` runs.
fn log(level: Level, format: LogFormat, work: impl FnOnce()) -> String {
    let buffer = Buffer::default();
    let writer = buffer.clone();
    let config = LogConfig { level, format };
    let subscriber = subscriber(config, Noon, move || writer.clone(), &Traces::none(), None);
    tracing::subscriber::with_default(subscriber, work);
    let bytes = buffer.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

fn text(level: Level, work: impl FnOnce()) -> String {
    log(level, LogFormat::Text, work)
}

#[test]
fn a_line_is_time_name_level_message_and_then_the_fields() {
    let line = text(Level::INFO, || {
        info!(target: "todo_http::chat", turn = 3, engine = "offline", "Chat endpoint called");
    });

    assert_eq!(
        line,
        "2026-11-27T12:00:00.000Z - todo_http::chat - INFO - Chat endpoint called turn=3 engine=offline\n"
    );
}

#[test]
fn every_line_of_a_request_carries_what_its_spans_know() {
    let lines = text(Level::INFO, || {
        let empty = tracing::field::Empty;
        let request = info_span!("request", request_id = %"r-1", status = empty, code = empty);
        let _request = request.enter();
        request.record("code", None::<&str>);
        request.record("status", 500);
        info_span!("nothing").in_scope(|| {
            info_span!("turn", turn = "t-1").in_scope(|| error!(code = 7, "Database error"));
        });
    });

    assert_eq!(
        lines,
        "2026-11-27T12:00:00.000Z - chatbot_api::telemetry::tests - ERROR - Database error code=7 request_id=r-1 status=500 turn=t-1\n"
    );
}

#[test]
fn the_request_is_named_even_where_only_errors_are_logged() {
    let lines = text(Level::ERROR, || {
        info_span!("request", request_id = "r-1").in_scope(|| {
            warn!("not now");
            error!("now");
        });
    });

    assert!(lines.ends_with(" - ERROR - now request_id=r-1\n"), "{lines}");
    assert_eq!(lines.lines().count(), 1);
}

#[test]
fn nobody_forges_a_line_or_a_field() {
    let line = text(Level::INFO, || {
        info!(path = "/x level=1", empty = "", "one\ntwo {}", "three\r\u{1b}");
    });

    assert!(
        line.ends_with(" - one\\ntwo three\\r\\u{1b} path=\"/x level=1\" empty=\"\"\n"),
        "{line}"
    );
    assert_eq!(line.lines().count(), 1);
}

#[test]
fn the_level_is_that_of_our_crates() {
    let speak = || {
        debug!(target: "todo_app::chat", "detail");
        info!(target: "chatbot_api", "news");
    };

    assert_eq!(text(Level::WARN, speak).lines().count(), 0);
    assert_eq!(text(Level::INFO, speak).lines().count(), 1);
    assert_eq!(text(Level::DEBUG, speak).lines().count(), 2);
}

#[test]
fn libraries_keep_to_warnings_and_never_go_into_details() {
    let speak = || {
        tracing::trace!(target: "hyper", "bytes");
        debug!(target: "hyper", "details");
        info!(target: "hyper", "news");
        warn!(target: "hyper", "warning");
        error!(target: "hyper", "error");
    };
    let lines = |level| text(level, speak).lines().count();

    assert_eq!(lines(Level::ERROR), 1);
    assert_eq!(lines(Level::WARN), 2);
    assert_eq!(lines(Level::INFO), 2);
    assert_eq!(lines(Level::DEBUG), 3);
    assert_eq!(lines(Level::TRACE), 3);
}

#[test]
fn a_collector_gets_one_json_object_a_line() {
    let line = log(Level::INFO, LogFormat::Json, || {
        info_span!("request", request_id = "r-1")
            .in_scope(|| info!(target: "todo_http", turn = 3, "Chat endpoint called"));
    });

    let value: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(
        value,
        json!({
            "timestamp": "2026-11-27T12:00:00.000Z",
            "level": "INFO",
            "target": "todo_http",
            "message": "Chat endpoint called",
            "turn": 3,
            "spans": [{ "name": "request", "request_id": "r-1" }],
        })
    );
}

#[test]
fn where_nothing_is_traced_a_span_for_traces_is_not_even_made() {
    text(Level::TRACE, || {
        assert!(info_span!("turn", otel.kind = "internal").is_disabled());
        assert!(!info_span!("turn").is_disabled());
    });
}

#[test]
fn time_is_utc_with_milliseconds() {
    let mut now = String::new();
    Utc.format_time(&mut Writer::new(&mut now)).unwrap();

    assert_eq!(now.len(), "2026-11-27T12:00:00.000Z".len(), "{now}");
    assert!(now.ends_with('Z'));
    now.parse::<Timestamp>().unwrap();
}

#[test]
fn a_panic_is_explained_only_in_words_of_the_program() {
    let fixed: Box<dyn Any> = Box::new("the queue is empty");
    let made: Box<dyn Any> = Box::new(format!("cannot parse {}", "buy milk"));

    assert_eq!(reason(fixed.as_ref()), "the queue is empty");
    assert_eq!(reason(made.as_ref()), "see the location");
}
