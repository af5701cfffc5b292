//! Lines for collectors: one JSON object each.

use std::fmt;

use tracing::{Event, Subscriber};
use tracing_subscriber::{
    fmt::{
        FmtContext, FormatEvent, FormatFields, FormattedFields,
        format::{JsonFields, Writer},
        time::FormatTime,
    },
    registry::LookupSpan,
};

use super::traces::is_meant_for_traces;

/// Writes one event as one object: time, level, target, the event's own fields, and the spans it
/// happened in, the innermost last. Those of traces are left out.
pub(super) struct JsonFormat<T> {
    pub(super) timer: T,
}

impl<S, T> FormatEvent<S, JsonFields> for JsonFormat<T>
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    T: FormatTime,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let metadata = event.metadata();
        let mut fields = String::new();
        JsonFields::new().format_fields(Writer::new(&mut fields), event)?;

        writer.write_str(r#"{"timestamp":""#)?;
        self.timer.format_time(&mut writer)?;
        // Names of levels, modules and spans need no escaping.
        write!(writer, r#"","level":"{}","target":"{}""#, metadata.level(), metadata.target())?;
        write_members(&mut writer, &fields)?;
        writer.write_str(r#","spans":["#)?;
        let scope = context.event_scope().into_iter().flat_map(|scope| scope.from_root());
        let spans = scope.filter(|span| !is_meant_for_traces(span.metadata()));
        for (number, span) in spans.enumerate() {
            let comma = if number == 0 { "" } else { "," };
            write!(writer, r#"{comma}{{"name":"{}""#, span.name())?;
            if let Some(fields) = span.extensions().get::<FormattedFields<JsonFields>>() {
                write_members(&mut writer, fields)?;
            }
            writer.write_char('}')?;
        }
        writeln!(writer, "]}}")
    }
}

/// Writes the members of an object into one that has some already.
fn write_members(writer: &mut Writer<'_>, object: &str) -> fmt::Result {
    match object.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        Some(members) if !members.is_empty() => write!(writer, ",{members}"),
        _ => Ok(()),
    }
}
