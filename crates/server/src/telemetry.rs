//! The log: what is written, in which form, and that panics are part of it. Below it are metrics
//! and traces.
//!
//! The log goes to the standard output, where containers and service managers read it.

mod json;
pub(crate) mod metrics;
mod otlp;
pub(crate) mod resource;
mod text;
pub(crate) mod traces;

#[cfg(test)]
mod tests;

use std::{any::Any, error::Error, fmt, io, panic, time::SystemTime};

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

use self::{
    json::JsonFormat,
    text::{TextFields, TextFormat},
    traces::{Traces, is_meant_for_traces},
};
use crate::config::{LogConfig, LogFormat};

/// Starts the log of this process, and its traces, if there are any.
///
/// # Errors
/// When there is one already.
pub(crate) fn start(config: LogConfig, traces: &Traces) -> Result<(), Box<dyn Error>> {
    tracing::subscriber::set_global_default(subscriber(config, Utc, io::stdout, traces))?;
    panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(ToString::to_string);
        tracing::error!(location, "panicked: {}", reason(panic.payload()));
    }));
    Ok(())
}

fn subscriber<T, W>(
    config: LogConfig,
    timer: T,
    writer: W,
    traces: &Traces,
) -> Box<dyn Subscriber + Send + Sync>
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
    let are_traced = traces.is_some();
    let filter = filter_fn(move |metadata| {
        // Between a line and the span of its request there may be spans of its trace: where there
        // are such spans, the log sees them, too, and leaves them out of its lines.
        is_wanted(metadata, config.level) && (are_traced || !is_meant_for_traces(metadata))
    });
    let lines = lines.with_filter(filter.with_max_level_hint(most));
    // A layer without a filter, even one that is not there, would have every span made.
    match traces {
        Some(traces) => Box::new(registry().with(lines).with(traces)),
        None => Box::new(registry().with(lines)),
    }
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
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        let now = Timestamp::try_from(SystemTime::now()).map_err(|_| fmt::Error)?;
        write!(writer, "{now:.3}")
    }
}
