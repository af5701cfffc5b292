//! Traces: what a request was made of, and how long each part took, sent to a collector if one was
//! named.
//!
//! A span is meant for traces if it says of which kind it is: if it has a field `otel.kind`. Its
//! fields are OpenTelemetry's attributes. No line of the log shows it, and no other span is sent.

use std::{
    error::Error,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use opentelemetry::{global, trace::TracerProvider};
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    propagation::TraceContextPropagator,
    trace::{self, BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider, SpanData},
};
use tokio::task::spawn_blocking;
use tracing::{Metadata, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{Layer, filter::filter_fn, registry::LookupSpan};

use super::otlp::{LAST_EXPORT_TIMEOUT, exporter};
use crate::config::TelemetryConfig;

/// Traces on their way to a collector, or nothing.
pub(crate) struct Traces(Option<SdkTracerProvider>);

impl Traces {
    /// Nothing is traced.
    pub(crate) const fn none() -> Self {
        Self(None)
    }

    /// Gets ready to send, if there is a collector to send to.
    ///
    /// Finished spans wait in a queue that has a bound, for a thread of its own: whatever becomes
    /// of the collector, no request waits for it. What has no room is dropped.
    ///
    /// # Errors
    /// When the exporter can't be set up.
    pub(crate) fn start(
        config: &TelemetryConfig,
        resource: Resource,
    ) -> Result<Self, Box<dyn Error>> {
        let Some(otlp) = &config.otlp else { return Ok(Self::none()) };
        let traces = &config.traces;
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(traces.queue_size)
            .with_max_export_batch_size(traces.batch_size)
            .with_scheduled_delay(traces.delay);
        let exporter = exporter(SpanExporter::builder().with_http(), otlp, "traces").build()?;
        let processor = BatchSpanProcessor::builder(Watched::new(exporter))
            .with_batch_config(batches.build())
            .build();
        let provider = SdkTracerProvider::builder()
            .with_resource(resource)
            .with_sampler(traces.sampler.clone())
            .with_span_processor(processor)
            .build();
        global::set_text_map_propagator(TraceContextPropagator::new());
        Ok(Self(Some(provider)))
    }

    /// Turns the spans that are meant for it into spans of a trace; `None` where nothing is traced.
    pub(super) fn layer<S>(&self) -> Option<impl Layer<S> + Send + Sync + use<S>>
    where
        S: Subscriber + for<'lookup> LookupSpan<'lookup> + Send + Sync,
    {
        let tracer = self.0.as_ref()?.tracer("chatbot-api");
        let layer = tracing_opentelemetry::layer()
            .with_tracer(tracer)
            .with_level(false)
            .with_location(false)
            .with_target(false)
            .with_threads(false)
            .with_tracked_inactivity(false);
        let filter = filter_fn(is_meant_for_traces).with_max_level_hint(LevelFilter::INFO);
        Some(layer.with_filter(filter))
    }

    /// Sends what there is for the last time, as long as that takes no more than two seconds.
    pub(crate) async fn stop(self) {
        let Some(provider) = self.0 else { return };
        let last_export = move || provider.shutdown_with_timeout(LAST_EXPORT_TIMEOUT);
        // Should it panic, a line of the log says so.
        if let Ok(Err(error)) = spawn_blocking(last_export).await {
            tracing::warn!("The last traces were not sent: {error}");
        }
    }
}

/// Whether a span goes to the collector, and not to the log.
pub(super) fn is_meant_for_traces(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && metadata.fields().field("otel.kind").is_some()
}

/// Says when traces begin to get lost, and when they arrive again.
#[derive(Debug)]
struct Watched<E> {
    exporter: E,
    is_failing: AtomicBool,
}

impl<E> Watched<E> {
    fn new(exporter: E) -> Self {
        Self { exporter, is_failing: AtomicBool::new(false) }
    }
}

impl<E: trace::SpanExporter> trace::SpanExporter for Watched<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let result = self.exporter.export(batch).await;
        let was_failing = self.is_failing.swap(result.is_err(), Ordering::Relaxed);
        match &result {
            Err(error) if !was_failing => {
                tracing::warn!("Traces get lost, the collector does not take them: {error}");
            }
            Ok(()) if was_failing => tracing::info!("The collector takes traces again"),
            _ => {}
        }
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
