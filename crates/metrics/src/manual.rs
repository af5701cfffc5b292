//! The catalogue as a page for people: `docs/METRICS.md`.

use std::fmt::Write;

use crate::{
    SECTIONS,
    metric::{Kind, Metric, Unit},
};

const PREFACE: &str = "\
# Metrics

Every metric of the service under its name at `GET /metrics`. Sent over OTLP, names are without the
unit and `_total` at their end, which travel as the metric's unit and type. How to scrape them and
what to ask: [OBSERVABILITY.md](OBSERVABILITY.md).

Labels have few values, all of them from the code: nobody's id, address or text is among them.

This page is printed from the declarations in `crates/metrics`. A test compares the two;
`UPDATE_DOCS=1 cargo test -p todo-metrics --test manual` writes it anew.
";

/// The page.
#[must_use]
pub fn manual() -> String {
    let mut page = PREFACE.to_owned();
    for (heading, metrics) in SECTIONS {
        // Writing to a string does not fail.
        let _ = write!(page, "\n## {heading}\n");
        for metric in metrics {
            describe(metric, &mut page);
        }
    }
    page
}

fn describe(metric: &Metric, page: &mut String) {
    let kind = match metric.kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
    };
    let unit = match metric.unit {
        Unit::Count => "",
        Unit::Seconds => ", seconds",
        Unit::Bytes => ", bytes",
        Unit::Dollars => ", US dollars",
    };
    let _ =
        write!(page, "\n### `{}`\n\n{}. A {kind}{unit}.\n", metric.exported_name(), metric.help);
    if !metric.labels.is_empty() {
        page.push('\n');
    }
    for label in metric.labels {
        let _ = writeln!(page, "- `{}`: {}", label.name, label.values);
    }
    if !metric.buckets.is_empty() {
        let bounds: Vec<_> = metric.buckets.iter().map(ToString::to_string).collect();
        let _ = write!(page, "\nBuckets: {}\n", bounds.join(", "));
    }
}
