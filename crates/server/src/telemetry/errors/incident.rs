//! What is known of a request, what was noted on the way, and the event that is made of it.

use std::{collections::BTreeMap, fmt::Debug, time::SystemTime};

use sentry::{
    Level as Severity,
    integrations::backtrace::current_stacktrace,
    protocol::{
        Breadcrumb, Event as Report, Exception, Mechanism, Stacktrace, TraceContext, TraceId,
    },
};
use tracing::{
    Event, Level,
    field::{Field, Visit},
};

use crate::telemetry::PANIC;

/// The fields of lines that may leave the process. None of them holds what people wrote, who they
/// are, or how an error reads.
const FIELDS: [&str; 9] =
    ["attempt", "code", "condition", "kind", "location", "operation", "running", "step", "tries"];
/// How many lines of a request are kept; what went wrong first comes first.
const MAX_NOTES: usize = 20;

/// A request, and what was noted while it was worked at.
#[derive(Default)]
pub(super) struct Incident {
    request_id: Option<String>,
    trace_id: Option<String>,
    method: Option<String>,
    route: Option<String>,
    code: Option<String>,
    status: Option<u64>,
    /// Where in the trace it is, if it is timed.
    pub(super) trace: Option<TraceContext>,
    notes: Vec<Note>,
    is_reported: bool,
}

/// A line of the log.
pub(super) struct Note {
    at: SystemTime,
    level: Level,
    target: &'static str,
    message: String,
    fields: BTreeMap<&'static str, String>,
    is_panic: bool,
    stacktrace: Option<Stacktrace>,
}

impl Incident {
    /// The event of an error outside of a request.
    pub(super) fn of(note: Note) -> Report<'static> {
        Self { notes: vec![note], ..Self::default() }.report()
    }

    /// `POST /api/{user_id}/chat`
    pub(super) fn name(&self) -> String {
        let part = |part: &Option<String>| part.clone().unwrap_or_default();
        format!("{} {}", part(&self.method), part(&self.route))
    }

    /// What the request was answered with.
    pub(super) fn status(&self) -> Option<u64> {
        self.status
    }

    pub(super) fn trace_id(&self) -> Option<TraceId> {
        self.trace_id.as_ref()?.parse().ok()
    }

    /// Whether somebody only asked how we are. That the answer is a 503 is then no failure.
    pub(super) fn is_probe(&self) -> bool {
        self.route.as_ref().is_some_and(|route| route.starts_with("/health"))
    }

    pub(super) fn push(&mut self, note: Note) {
        if self.notes.len() < MAX_NOTES {
            self.notes.push(note);
        }
    }

    /// The event, if the request has just been answered and that was no success.
    pub(super) fn answered(&mut self) -> Option<Report<'static>> {
        let has_failed = self.status.is_some_and(|status| status >= 500);
        if self.is_reported || !has_failed || self.is_probe() {
            return None;
        }
        self.is_reported = true;
        Some(self.report())
    }

    /// The event, if something failed that no answer has reported: nobody waited for it any more, or
    /// it is a panic, which is never right.
    pub(super) fn closed(self) -> Option<Report<'static>> {
        let is_untold = |note: &Note| note.is_panic || (self.status.is_none() && note.is_error());
        let is_due = !self.is_reported && !self.is_probe() && self.notes.iter().any(is_untold);
        is_due.then(|| self.report())
    }

    fn report(&self) -> Report<'static> {
        let cause = self.notes.iter().find(|note| note.is_panic).or_else(|| {
            let errors = self.notes.iter().filter(|note| note.is_error());
            errors.min_by_key(|note| note.level)
        });
        let is_panic = cause.is_some_and(|cause| cause.is_panic);
        let noted_code = || self.notes.iter().find_map(|note| note.fields.get("code").cloned());
        let code = self.code.clone().or_else(noted_code);
        let kind = match &code {
            _ if is_panic => "panic",
            Some(code) => code,
            None => "error",
        };
        let exception = Exception {
            ty: kind.to_owned(),
            value: cause.map(Note::summary),
            stacktrace: cause.and_then(|cause| cause.stacktrace.clone()),
            mechanism: Some(Mechanism {
                ty: if is_panic { "panic" } else { "log" }.to_owned(),
                handled: Some(!is_panic),
                ..Mechanism::default()
            }),
            ..Exception::default()
        };
        let mut report = Report {
            level: if is_panic { Severity::Fatal } else { Severity::Error },
            logger: cause.map(|cause| cause.target.to_owned()),
            fingerprint: fingerprint(kind, cause).into(),
            breadcrumbs: self.notes.iter().map(Note::breadcrumb).collect::<Vec<_>>().into(),
            exception: vec![exception].into(),
            tags: self.tags(code.as_deref(), cause),
            ..Report::default()
        };
        if self.route.is_some() {
            report.transaction = Some(self.name());
        }
        let trace = self.trace.clone().or_else(|| {
            self.trace_id().map(|trace_id| TraceContext { trace_id, ..TraceContext::default() })
        });
        if let Some(trace) = trace {
            report.contexts.insert("trace".to_owned(), trace.into());
        }
        report
    }

    fn tags(&self, code: Option<&str>, cause: Option<&Note>) -> BTreeMap<String, String> {
        let status = self.status.map(|status| status.to_string());
        let of_cause = |name| cause.and_then(|cause| cause.fields.get(name)).map(String::as_str);
        let tags = [
            ("request_id", self.request_id.as_deref()),
            ("trace_id", self.trace_id.as_deref()),
            ("method", self.method.as_deref()),
            ("route", self.route.as_deref()),
            ("status", status.as_deref()),
            ("code", code),
            ("operation", of_cause("operation")),
            ("kind", of_cause("kind")),
        ];
        let known = tags.into_iter().filter_map(|(name, value)| Some((name, value?)));
        known.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }
}

/// What belongs together: everything with one code, wherever it shows. Panics and other bugs are
/// distinguished by where they happened.
fn fingerprint(kind: &str, cause: Option<&Note>) -> Vec<std::borrow::Cow<'static, str>> {
    let mut parts = vec![kind.to_owned()];
    if let ("panic" | "internal_error" | "error", Some(cause)) = (kind, cause) {
        let location = cause.fields.get("location").or_else(|| cause.fields.get("operation"));
        parts.extend([cause.message.clone(), location.cloned().unwrap_or_default()]);
    }
    parts.into_iter().map(Into::into).collect()
}

impl Note {
    #[expect(
        clippy::disallowed_methods,
        reason = "reports are read beside those of other programs"
    )]
    pub(super) fn of(event: &Event<'_>) -> Self {
        let metadata = event.metadata();
        let is_panic = metadata.name() == PANIC;
        let mut note = Self {
            at: SystemTime::now(),
            level: *metadata.level(),
            target: metadata.target(),
            message: String::new(),
            fields: BTreeMap::new(),
            is_panic,
            stacktrace: if is_panic { stacktrace_of_panic() } else { None },
        };
        event.record(&mut note);
        note
    }

    /// Whether something has failed for good: it says so, or names a failure's code.
    pub(super) fn is_error(&self) -> bool {
        self.level == Level::ERROR || self.fields.contains_key("code")
    }

    fn summary(&self) -> String {
        let details = ["operation", "kind", "location"];
        let details = details.into_iter().filter_map(|name| self.fields.get(name));
        let details: Vec<_> = details.map(String::as_str).collect();
        if details.is_empty() {
            return self.message.clone();
        }
        format!("{} ({})", self.message, details.join(", "))
    }

    fn breadcrumb(&self) -> Breadcrumb {
        let fields = self.fields.iter();
        Breadcrumb {
            timestamp: self.at,
            ty: "default".to_owned(),
            category: Some(self.target.to_owned()),
            level: if self.level == Level::ERROR { Severity::Error } else { Severity::Warning },
            message: Some(self.message.clone()),
            data: fields.map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect(),
        }
    }
}

/// The frames of the panicking code: those above it are the panic's own, and ours to report it.
fn stacktrace_of_panic() -> Option<Stacktrace> {
    let mut stacktrace = current_stacktrace()?;
    let is_machinery = |name: &String| name.starts_with("core::panicking::");
    let frames = &mut stacktrace.frames;
    if let Some(end) =
        frames.iter().position(|frame| frame.function.as_ref().is_some_and(is_machinery))
    {
        frames.truncate(end);
    }
    Some(stacktrace)
}

impl Visit for Incident {
    fn record_str(&mut self, field: &Field, value: &str) {
        let target = match field.name() {
            "request_id" => &mut self.request_id,
            "trace_id" => &mut self.trace_id,
            "method" => &mut self.method,
            "route" => &mut self.route,
            "code" => &mut self.code,
            _ => return,
        };
        *target = Some(value.to_owned());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "status" {
            self.status = Some(value);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

impl Visit for Note {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.message = value.to_owned();
        } else if FIELDS.contains(&field.name()) {
            self.fields.insert(field.name(), value.to_owned());
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" || FIELDS.contains(&field.name()) {
            self.record_str(field, &format!("{value:?}"));
        }
    }
}
