//! Spans as a collector sees them.

use std::{collections::BTreeMap, fmt::Write};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, KeyValue, any_value},
    trace::v1::{Span, status::StatusCode},
};
use prost::Message;
use serde_json::Value;

/// A span that was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportedSpan {
    /// Its trace, in hexadecimal digits.
    pub trace_id: String,
    /// Itself, in hexadecimal digits.
    pub id: String,
    /// The span it is part of; empty for a root.
    pub parent: String,
    /// What it is called.
    pub name: String,
    /// `SERVER`, `CLIENT`, `INTERNAL`, …
    pub kind: &'static str,
    /// When it began: nanoseconds since 1970.
    pub started: u64,
    /// When it ended: nanoseconds since 1970.
    pub ended: u64,
    /// What is known of it.
    pub attributes: BTreeMap<String, Value>,
    /// What is known of the process it comes from.
    pub resource: BTreeMap<String, Value>,
    /// Whether its status is an error.
    pub is_error: bool,
    /// How many events it has.
    pub events: usize,
}

impl ExportedSpan {
    fn new(span: Span, resource: BTreeMap<String, Value>) -> Self {
        let kind = span.kind().as_str_name().trim_start_matches(SPAN_KIND);
        let is_error = span.status.is_some_and(|status| status.code() == StatusCode::Error);
        Self {
            trace_id: hex(&span.trace_id),
            id: hex(&span.span_id),
            parent: hex(&span.parent_span_id),
            name: span.name,
            kind,
            started: span.start_time_unix_nano,
            ended: span.end_time_unix_nano,
            attributes: attributes(span.attributes),
            resource,
            is_error,
            events: span.events.len(),
        }
    }

    /// An attribute; null without it.
    #[must_use]
    pub fn attribute(&self, name: &str) -> &Value {
        self.attributes.get(name).unwrap_or(&Value::Null)
    }
}

/// The spans of some exports, by their beginning.
///
/// # Panics
/// If the bodies are something else.
pub(super) fn decode(bodies: &[Vec<u8>]) -> Vec<ExportedSpan> {
    let mut spans = Vec::new();
    for body in bodies {
        let request = ExportTraceServiceRequest::decode(&body[..]).expect("the body is protobuf");
        for of_resource in request.resource_spans {
            let resource = attributes(of_resource.resource.unwrap_or_default().attributes);
            let of_scopes = of_resource.scope_spans.into_iter();
            let of_it = of_scopes.flat_map(|of_scope| of_scope.spans);
            spans.extend(of_it.map(|span| ExportedSpan::new(span, resource.clone())));
        }
    }
    spans.sort_by_key(|span| span.started);
    spans
}

const SPAN_KIND: &str = "SPAN_KIND_";

/// The names of spans as a tree, a line each, two blanks for each level; those that began first
/// come first. Spans whose parents were not sent are roots.
#[must_use]
pub fn tree(spans: &[ExportedSpan]) -> String {
    fn write(tree: &mut String, spans: &[ExportedSpan], span: &ExportedSpan, depth: usize) {
        // Writing to a string does not fail.
        let _ = writeln!(tree, "{:1$}{2}", "", 2 * depth, span.name);
        for child in spans.iter().filter(|child| child.parent == span.id) {
            write(tree, spans, child, depth + 1);
        }
    }
    let mut tree = String::new();
    for root in spans.iter().filter(|span| !spans.iter().any(|other| other.id == span.parent)) {
        write(&mut tree, spans, root, 0);
    }
    tree
}

fn attributes(pairs: Vec<KeyValue>) -> BTreeMap<String, Value> {
    pairs.into_iter().map(|pair| (pair.key, pair.value.map_or(Value::Null, json))).collect()
}

fn json(value: AnyValue) -> Value {
    match value.value {
        Some(any_value::Value::StringValue(text)) => text.into(),
        Some(any_value::Value::BoolValue(flag)) => flag.into(),
        Some(any_value::Value::IntValue(number)) => number.into(),
        Some(any_value::Value::DoubleValue(number)) => number.into(),
        Some(any_value::Value::ArrayValue(list)) => list.values.into_iter().map(json).collect(),
        other => panic!("no span of ours has such an attribute: {other:?}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
