//! Every metric of the service, and nothing else: one file per concern, each metric declared once
//! with its name, unit, meaning and labels, and recorded through methods that take what the code
//! at hand knows. `docs/METRICS.md` is printed from these declarations.
//!
//! Instruments come from a [`Meter`] of OpenTelemetry's API. Without one ([`Metrics::none`])
//! recording does nothing and costs next to nothing, so that users of the libraries need not care.
//!
//! Labels have few values by construction: enums, names from the code, route templates. Nothing a
//! client can make up becomes a label, and nobody's id does.

mod chat;
#[cfg(test)]
mod exported_names_tests;
mod http;
mod manual;
mod metric;
mod model;
mod process;
mod storage;

pub use opentelemetry::metrics::Meter;

pub use self::{
    chat::ChatMetrics,
    http::HttpMetrics,
    manual::manual,
    metric::{Kind, Label, Metric, Unit},
    model::{MetricsOfModel, ModelMetrics},
    process::observe_process,
    storage::{PoolReading, StorageMetrics},
};
use opentelemetry::metrics::{MeterProvider, noop::NoopMeterProvider};

/// All instruments. Clones share them.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// Turns, steps, tools, messages.
    pub chat: ChatMetrics,
    /// Requests.
    pub http: HttpMetrics,
    /// Calls of language models.
    pub model: ModelMetrics,
    /// Connections and queries.
    pub storage: StorageMetrics,
}

impl Metrics {
    /// Instruments of this meter.
    #[must_use]
    pub fn new(meter: &Meter) -> Self {
        Self {
            chat: ChatMetrics::new(meter),
            http: HttpMetrics::new(meter),
            model: ModelMetrics::new(meter),
            storage: StorageMetrics::new(meter),
        }
    }

    /// Instruments that record nothing.
    #[must_use]
    pub fn none() -> Self {
        Self::new(&NoopMeterProvider::new().meter("none"))
    }
}

/// The declared metrics by concern, in the order of the documentation.
const SECTIONS: [(&str, &[&Metric]); 5] = [
    ("Chat", chat::ALL),
    ("HTTP", http::ALL),
    ("Language models", model::ALL),
    ("Storage", storage::ALL),
    ("Process", process::ALL),
];

/// Every declared metric in the order of the documentation.
#[must_use]
pub fn catalogue() -> Vec<&'static Metric> {
    SECTIONS.iter().flat_map(|(_, metrics)| metrics.iter().copied()).collect()
}
