//! The log: what is written, in which form, that panics are part of it, and what of it is reported.
//! Below it are metrics and traces.
//!
//! The log goes to the standard output, where containers and service managers read it, unless that
//! is for answers. It gets there by way of a queue: nobody waits for whoever reads it.

mod errors;
mod json;
mod line_queue;
pub(crate) mod metrics;
mod otlp;
pub(crate) mod resource;
mod text;
pub(crate) mod traces;

#[cfg(test)]
mod tests;

use std::{
    any::Any,
    error::Error,
    fmt, io,
    panic::{self, PanicHookInfo},
    sync::OnceLock,
    time::{Duration, SystemTime},
};

use jiff::Timestamp;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::{
    Layer,
    filter::{LevelFilter, filter_fn},
    fmt::{
        MakeWriter,
        format::{JsonFields, Writer},
        layer,
        time::FormatTime,
    },
    layer::SubscriberExt,
    registry,
};

pub(crate) use self::errors::Sentry;
use self::{
    errors::ErrorLayer,
    json::JsonFormat,
    line_queue::LineQueue,
    text::{TextFields, TextFormat},
    traces::{Traces, is_meant_for_traces},
};
use crate::config::{LogConfig, LogFormat};

/// The name of the event that a panic is in the log.
const PANIC: &str = "panic";

/// Starts the log of this process, its traces, if there are any, and the reports of its errors, if
/// somebody takes them.
///
/// # Errors
/// When there is a log already.
pub(crate) fn start(
    config: LogConfig,
    traces: &Traces,
    sentry: Option<&Sentry>,
) -> Result<(), Box<dyn Error>> {
    let errors = sentry.map(|sentry| ErrorLayer::new(sentry.client()));
    let lines = queue(io::stdout())?;
    install(subscriber(config, Utc, move || lines.clone(), traces, errors))
}

/// The same for a command whose standard output is its answer: its log goes to the standard error.
///
/// # Errors
/// When there is a log already.
pub(crate) fn start_on_stderr(config: LogConfig) -> Result<(), Box<dyn Error>> {
    let lines = queue(io::stderr())?;
    install(subscriber(config, Utc, move || lines.clone(), &Traces::none(), None))
}

/// The lines of this process's log that wait to be written.
static LINES: OnceLock<LineQueue> = OnceLock::new();

/// How long the end of the process, and a panic, may wait for whoever reads the log.
const LAST_LINES: Duration = Duration::from_secs(1);

fn queue(out: impl io::Write + Send + 'static) -> io::Result<LineQueue> {
    let tell_dropped = |lines| {
        tracing::warn!(lines, "Lines of the log were dropped: nobody took them fast enough");
    };
    let queue = LineQueue::start(out, tell_dropped)?;
    Ok(LINES.get_or_init(|| queue).clone())
}

/// Waits until the log is written, a second at most: there are no lines of this process's after
/// that. Without a log nothing happens.
pub(crate) fn flush() {
    if let Some(lines) = LINES.get() {
        lines.flush(LAST_LINES);
    }
}

/// How many lines of the log were dropped because nobody read it.
pub(crate) fn dropped_lines() -> u64 {
    LINES.get().map_or(0, LineQueue::dropped)
}

fn install(subscriber: impl Subscriber + Send + Sync) -> Result<(), Box<dyn Error>> {
    tracing::subscriber::set_global_default(subscriber)?;
    panic::set_hook(Box::new(log_panic));
    Ok(())
}

fn log_panic(panic: &PanicHookInfo<'_>) {
    let location = panic.location().map(ToString::to_string);
    tracing::error!(name: PANIC, location, "panicked: {}", reason(panic.payload()));
    // It may be the last thing this process does.
    flush();
}

fn subscriber<T, W>(
    config: LogConfig,
    timer: T,
    writer: W,
    traces: &Traces,
    errors: Option<ErrorLayer>,
) -> impl Subscriber + Send + Sync + use<T, W>
where
    T: FormatTime + Send + Sync + 'static,
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let lines = match config.format {
        LogFormat::Text => layer()
            .with_writer(writer)
            .with_ansi(false)
            .fmt_fields(TextFields)
            .event_format(TextFormat { timer })
            .boxed(),
        LogFormat::Json => layer()
            .with_writer(writer)
            .with_ansi(false)
            .fmt_fields(JsonFields::new())
            .event_format(JsonFormat { timer })
            .boxed(),
    };
    let most = LevelFilter::from_level(config.level.max(Level::INFO));
    let traces = traces.layer();
    let (are_traced, are_reported) = (traces.is_some(), errors.is_some());
    let is_logged = move |metadata: &Metadata<'_>| {
        // Between a line and the span of its request there may be spans of its trace: where there
        // are such spans, the log sees them, too, and leaves them out of its lines.
        let are_made = are_traced || are_reported;
        is_wanted(metadata, config.level) && (are_made || !is_meant_for_traces(metadata))
    };
    // What no layer wants is switched off here: left to the layers' own filters, a span that none
    // of them wants is made all the same, and hides the request's from the log.
    let anybody = filter_fn(move |metadata| {
        is_logged(metadata)
            || (are_traced && is_meant_for_traces(metadata))
            || (are_reported && ErrorLayer::is_wanted(metadata))
    });
    let lines = lines.with_filter(filter_fn(is_logged).with_max_level_hint(most));
    let errors = errors.map(|errors| {
        let filter = filter_fn(ErrorLayer::is_wanted);
        errors.with_filter(filter.with_max_level_hint(LevelFilter::INFO))
    });
    registry().with(anybody.with_max_level_hint(most)).with(lines).with(traces).with(errors)
}

/// Our spans name the request a line belongs to, so they are wanted even where lines of their
/// level are not.
fn is_wanted(metadata: &Metadata<'_>, level: Level) -> bool {
    let bound = match (is_ours(metadata.target()), metadata.is_span()) {
        (true, true) => level.max(Level::INFO),
        (true, false) => level,
        // What strangers send that is no HTTP is answered, and no error of ours.
        (false, _) if metadata.target().starts_with("actix_http") && level < Level::DEBUG => {
            return false;
        }
        (false, _) => level_of_dependencies(level),
    };
    *metadata.level() <= bound
}

fn is_ours(target: &str) -> bool {
    ["todo_", "chatbot_api"].iter().any(|ours| target.starts_with(ours))
}

/// Libraries never speak below info: there they print what passes through them, such as the
/// parameters of statements, and that is none of the log's business.
fn level_of_dependencies(level: Level) -> Level {
    match level {
        Level::ERROR => Level::ERROR,
        Level::WARN | Level::INFO => Level::WARN,
        _ => Level::INFO,
    }
}

/// A panic's message is shown where it is fixed text. One made at run time may quote what a user
/// wrote; the location has to do.
fn reason(payload: &dyn Any) -> &str {
    payload.downcast_ref::<&'static str>().copied().unwrap_or("see the location")
}

/// RFC 3339 in UTC with milliseconds.
struct Utc;

impl FormatTime for Utc {
    #[expect(clippy::disallowed_methods, reason = "the log is read beside those of other programs")]
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        let now = Timestamp::try_from(SystemTime::now()).map_err(|_| fmt::Error)?;
        write!(writer, "{now:.3}")
    }
}
