//! Lines for people: `time - name - level - message key=value`, where name is the module.

use std::fmt::{self, Debug, Write};

use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    field::RecordFields,
    fmt::{
        FmtContext, FormatEvent, FormatFields, FormattedFields, format::Writer, time::FormatTime,
    },
    registry::LookupSpan,
};

use super::traces::is_meant_for_traces;

/// Writes one event as one line: after the message its own fields, then those of the spans it
/// happened in, the innermost last. The spans of traces are left out.
pub(super) struct TextFormat<T> {
    pub(super) timer: T,
}

impl<S, N, T> FormatEvent<S, N> for TextFormat<T>
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    N: for<'writer> FormatFields<'writer> + 'static,
    T: FormatTime,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let metadata = event.metadata();
        let mut parts = Parts::default();
        event.record(&mut parts);

        self.timer.format_time(&mut writer)?;
        write!(writer, " - {} - {} - {}", metadata.target(), metadata.level(), parts.message)?;
        if !parts.fields.is_empty() {
            write!(writer, " {}", parts.fields)?;
        }
        let scope = context.event_scope().into_iter().flat_map(|scope| scope.from_root());
        for span in scope.filter(|span| !is_meant_for_traces(span.metadata())) {
            if let Some(fields) = span.extensions().get::<FormattedFields<N>>()
                && !fields.is_empty()
            {
                write!(writer, " {fields}")?;
            }
        }
        writeln!(writer)
    }
}

/// Writes the fields of a span as `key=value key=value`.
pub(super) struct TextFields;

impl<'writer> FormatFields<'writer> for TextFields {
    fn format_fields<R: RecordFields>(
        &self,
        mut writer: Writer<'writer>,
        fields: R,
    ) -> fmt::Result {
        let mut parts = Parts::default();
        fields.record(&mut parts);
        writer.write_str(&parts.fields)
    }
}

/// What an event says: its message, and everything else as `key=value key=value`.
#[derive(Default)]
struct Parts {
    message: String,
    fields: String,
}

impl Visit for Parts {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            push_on_one_line(&mut self.message, value);
            return;
        }
        if !self.fields.is_empty() {
            self.fields.push(' ');
        }
        self.fields.push_str(field.name());
        self.fields.push('=');
        push_value(&mut self.fields, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

/// A line break in what somebody sent must not look like another line of the log.
fn push_on_one_line(line: &mut String, text: &str) {
    for c in text.chars() {
        if c.is_control() { line.extend(c.escape_default()) } else { line.push(c) }
    }
}

/// A value that could be mistaken for the next field is put in quotes.
fn push_value(line: &mut String, value: &str) {
    let is_plain = |c: char| !c.is_whitespace() && !c.is_control() && c != '"' && c != '=';
    if !value.is_empty() && value.chars().all(is_plain) {
        line.push_str(value);
    } else {
        // Writing to a string does not fail.
        let _ = write!(line, "{value:?}");
    }
}
