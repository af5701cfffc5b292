//! Every metric of the service, and nothing else: one file per concern, each metric declared once
//! with its name, unit, meaning and labels, and recorded through methods that take what the code
//! at hand knows. `docs/METRICS.md` is printed from these declarations.
//!
//! Instruments come from a [`Meter`] of OpenTelemetry's API. Without one ([`Metrics::none`])
//! recording does nothing and costs next to nothing, so that users of the libraries need not care.
//!
//! Labels have few values by construction: enums, names from the code, route templates. Nothing a
//! client can make up becomes a label, and nobody's id does.

mod cache;
mod chat;
#[cfg(test)]
mod exported_names_tests;
mod http;
mod limits;
mod manual;
mod metric;
mod model;
mod process;
mod replica;
mod resilience;
mod retention;
mod storage;

pub use opentelemetry::metrics::Meter;

pub use self::{
    cache::{CacheMetrics, CacheOutcome, RedisOutcome},
    chat::ChatMetrics,
    http::{HttpMetrics, OpenStream},
    limits::LimitMetrics,
    manual::manual,
    metric::{Kind, Label, Metric, Unit},
    model::{MetricsOfModel, ModelMetrics},
    process::{observe_log, observe_process},
    replica::{ReadTarget, ReplicaMetrics},
    resilience::{BreakerState, Counted, ResilienceMetrics},
    retention::RetentionMetrics,
    storage::{PoolReading, StorageMetrics},
};
use opentelemetry::metrics::{MeterProvider, noop::NoopMeterProvider};

/// All instruments. Clones share them.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// What is kept close at hand, and Redis.
    pub cache: CacheMetrics,
    /// Turns, steps, tools, messages.
    pub chat: ChatMetrics,
    /// Requests.
    pub http: HttpMetrics,
    /// Limits.
    pub limits: LimitMetrics,
    /// Calls of language models.
    pub model: ModelMetrics,
    /// Reads from a replica.
    pub replica: ReplicaMetrics,
    /// How calls of a model's provider are held back.
    pub resilience: ResilienceMetrics,
    /// What is removed because it is old.
    pub retention: RetentionMetrics,
    /// Connections and queries.
    pub storage: StorageMetrics,
}

impl Metrics {
    /// Instruments of this meter.
    #[must_use]
    pub fn new(meter: &Meter) -> Self {
        Self {
            cache: CacheMetrics::new(meter),
            chat: ChatMetrics::new(meter),
            http: HttpMetrics::new(meter),
            limits: LimitMetrics::new(meter),
            model: ModelMetrics::new(meter),
            replica: ReplicaMetrics::new(meter),
            resilience: ResilienceMetrics::new(meter),
            retention: RetentionMetrics::new(meter),
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
const SECTIONS: [(&str, &[&Metric]); 10] = [
    ("Chat", chat::ALL),
    ("HTTP", http::ALL),
    ("Limits", limits::ALL),
    ("Language models", model::ALL),
    ("Sparing the provider", resilience::ALL),
    ("Storage", storage::ALL),
    ("Retention", retention::ALL),
    ("Replica", replica::ALL),
    ("Caches and Redis", cache::ALL),
    ("Process", process::ALL),
];

/// Every declared metric in the order of the documentation.
#[must_use]
pub fn catalogue() -> Vec<&'static Metric> {
    SECTIONS.iter().flat_map(|(_, metrics)| metrics.iter().copied()).collect()
}

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
