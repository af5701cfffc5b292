//! Which lines become an event, and which events are one.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook},
};

use ::sentry::{Envelope, Transport, protocol::Event as Report};
use parking_lot::Mutex;
use tracing::{error, error_span, field::Empty, info, info_span, warn};

use super::*;
use crate::{
    config::{LogConfig, LogFormat, SentryConfig},
    telemetry::{Traces, Utc, log_panic, subscriber},
};

#[derive(Default)]
struct Kept(Mutex<Vec<Envelope>>);

impl Transport for Kept {
    fn send_envelope(&self, envelope: Envelope) {
        self.0.lock().push(envelope);
    }
}

/// What is sent while `work` runs.
fn envelopes(traces_sample_rate: f32, work: impl FnOnce()) -> Vec<Envelope> {
    let config = SentryConfig {
        dsn: "https://key@sentry.example.org/7".parse().unwrap(),
        environment: "tests".to_owned(),
        traces_sample_rate,
    };
    let kept = Arc::new(Kept::default());
    let options = sentry::options(&config).transport(Arc::clone(&kept));
    let layer = ErrorLayer::new(Arc::new(Client::with_options(options)));
    // Whatever is logged, the same is reported.
    let logs = LogConfig { level: Level::ERROR, format: LogFormat::Text };
    let subscriber = subscriber(logs, Utc, io::sink, &Traces::none(), Some(layer));
    tracing::subscriber::with_default(subscriber, work);
    std::mem::take(&mut kept.0.lock())
}

fn reports(work: impl FnOnce()) -> Vec<Report<'static>> {
    envelopes(0.0, work).iter().filter_map(|envelope| envelope.event().cloned()).collect()
}

fn request(route: &str) -> tracing::Span {
    info_span!(
        "request",
        request_id = "r-1",
        trace_id = "4bf92f3577b34da6a3ce929d0e0e4736",
        method = %"POST",
        route,
        user_id = 770_077,
        status = Empty,
        code = Empty,
    )
}

fn answer(request: &tracing::Span, status: u16, code: &str) {
    request.record("code", code);
    request.record("status", status);
}

fn exception(report: &Report<'_>) -> (String, String) {
    let exception = report.exception.last().unwrap();
    (exception.ty.clone(), exception.value.clone().unwrap_or_default())
}

#[test]
fn a_failed_request_is_one_event_however_many_lines_it_left() {
    let reports = reports(|| {
        let request = request("/api/{user_id}/chat");
        request.in_scope(|| {
            info_span!("turn").in_scope(|| {
                let (error, operation) = ("ada@example.org is taken", "turns.begin");
                error!(operation, kind = ?"Unavailable", error, "Database error");
                warn!(step = 1, tries = 2, "Trying a step again");
                error!(operation, kind = ?"Unavailable", error, "Database error");
            });
            warn!(code = "database_unavailable", "Turn failed");
            info!("said");
        });
        answer(&request, 503, "database_unavailable");
        request.in_scope(|| error!("too late to be another"));
    });

    let [report] = reports.as_slice() else { panic!("{reports:?}") };
    let summary = "Database error (turns.begin, \"Unavailable\")";
    assert_eq!(exception(report), ("database_unavailable".into(), summary.into()));
    assert_eq!(report.transaction.as_deref(), Some("POST /api/{user_id}/chat"));
    assert_eq!(report.fingerprint.as_ref(), ["database_unavailable"]);
    assert_eq!(report.tags["request_id"], "r-1");
    assert_eq!(report.tags["status"], "503");
    assert_eq!(report.release.as_deref(), Some(concat!("chatbot-api@", env!("CARGO_PKG_VERSION"))));
    assert_eq!(report.environment.as_deref(), Some("tests"));
    let trace = serde_json::to_value(&report.contexts["trace"]).unwrap();
    assert_eq!(trace["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
    let crumbs: Vec<_> = report.breadcrumbs.iter().filter_map(|it| it.message.clone()).collect();
    assert_eq!(crumbs, ["Database error", "Trying a step again", "Database error", "Turn failed"]);
    let sent = serde_json::to_string(report).unwrap();
    for personal in ["ada", "770077", "said"] {
        assert!(!sent.contains(personal), "{personal}: {sent}");
    }
    assert!(report.user.is_none() && report.request.is_none() && report.server_name.is_none());
}

#[test]
fn what_people_did_wrong_and_what_probes_found_is_not_reported() {
    let reports = reports(|| {
        let mistaken = request("/api/{user_id}/tasks");
        answer(&mistaken, 422, "validation_failed");
        let probe = request("/health/ready");
        probe.in_scope(|| error!(operation = "health.check", "Database error"));
        answer(&probe, 503, "database_unavailable");
        let retried = request("/api/{user_id}/chat");
        retried.in_scope(|| error!(operation = "turns.run_step", "Database error"));
        retried.record("status", 200_u16);
    });

    assert!(reports.is_empty(), "{reports:?}");
}

#[test]
fn a_turn_that_fails_after_everybody_has_gone_is_reported_when_it_is_over() {
    let reports = reports(|| {
        let request = request("/api/{user_id}/chat");
        request.in_scope(|| warn!(code = "turn_step_limit", "Turn failed"));
    });

    let [report] = reports.as_slice() else { panic!("{reports:?}") };
    assert_eq!(exception(report), ("turn_step_limit".into(), "Turn failed".into()));
    assert_eq!(report.tags["code"], "turn_step_limit");
}

#[test]
fn an_error_outside_of_any_request_is_an_event_of_its_own() {
    let reports = reports(|| {
        error_span!("cleaning").in_scope(|| error!(operation = "turns.clean", "Database error"));
        warn!("Late");
    });

    let [report] = reports.as_slice() else { panic!("{reports:?}") };
    assert_eq!(exception(report), ("error".into(), "Database error (turns.clean)".into()));
    assert!(!report.tags.contains_key("request_id"));
}

/// Panics with what somebody wrote.
#[inline(never)]
fn stumble_over(text: &str) {
    panic!("cannot parse {text}");
}

#[test]
fn a_panic_is_told_by_its_place_and_the_way_there_without_what_it_quotes() {
    let usual = take_hook();
    set_hook(Box::new(move |panic| {
        log_panic(panic);
        usual(panic);
    }));
    let reports = reports(|| {
        let request = request("/api/{user_id}/tasks");
        request.in_scope(|| {
            drop(catch_unwind(AssertUnwindSafe(|| stumble_over("buy milk"))));
            error!(error = "a request handler panicked", code = "internal_error", "Request failed");
        });
        answer(&request, 500, "internal_error");
    });

    let [report] = reports.as_slice() else { panic!("{reports:?}") };
    let (kind, value) = exception(report);
    assert_eq!((kind.as_str(), report.level), ("panic", ::sentry::Level::Fatal));
    assert!(value.starts_with("panicked: see the location ("), "{value}");
    assert!(value.contains("telemetry/errors/tests.rs:"), "{value}");
    assert_eq!(report.tags["code"], "internal_error");
    let stacktrace = report.exception.last().unwrap().stacktrace.as_ref().unwrap();
    let innermost = stacktrace.frames.last().unwrap().function.clone().unwrap_or_default();
    assert!(innermost.contains("stumble_over"), "{innermost}");
    assert!(!serde_json::to_string(report).unwrap().contains("milk"));
}

#[test]
fn of_the_requests_that_are_chosen_the_duration_is_told_with_that_of_their_parts() {
    let work = || {
        let (request, probe) = (request("/api/{user_id}/chat"), request("/health/ready"));
        request.in_scope(|| info_span!("model", message = "add milk").in_scope(|| info!("asked")));
        answer(&request, 200, "");
        answer(&probe, 200, "");
    };
    assert_eq!(envelopes(0.0, work).len(), 0);

    let envelopes = envelopes(1.0, work);
    assert_eq!(envelopes.len(), 1, "none for the probe");
    let mut sent = Vec::new();
    envelopes[0].to_writer(&mut sent).unwrap();
    let sent = String::from_utf8(sent).unwrap();
    let transaction: serde_json::Value =
        serde_json::from_str(sent.lines().nth(2).unwrap()).unwrap();
    assert_eq!(transaction["transaction"], "POST /api/{user_id}/chat");
    assert_eq!(transaction["contexts"]["trace"]["status"], "ok");
    assert_eq!(transaction["contexts"]["trace"]["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(transaction["spans"][0]["op"], "model");
    for personal in ["milk", "770077"] {
        assert!(!sent.contains(personal), "{personal}: {sent}");
    }
}
