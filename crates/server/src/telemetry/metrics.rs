//! Metrics: gathered for whoever asks at `/metrics`, and sent to a collector if one was named.

use std::{error::Error, sync::Arc, time::Instant};

use opentelemetry::metrics::MeterProvider;
use opentelemetry_otlp::{MetricExporter, RetryPolicy, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    metrics::{PeriodicReader, SdkMeterProvider, Temporality},
};
use prometheus::{Registry, TextEncoder};
use todo_http::MetricsPage;
use todo_metrics::{Metrics, observe_log, observe_process};
use tokio::{task::spawn_blocking, time::timeout};

use super::otlp::{self, LAST_EXPORT_TIMEOUT};
use crate::config::{OtlpConfig, TelemetryConfig};

/// Everything that is measured, or nothing.
pub(crate) struct Measurements {
    metrics: Metrics,
    running: Option<Running>,
}

struct Running {
    provider: SdkMeterProvider,
    registry: Registry,
}

impl Measurements {
    /// Starts to measure, unless that is switched off.
    ///
    /// # Errors
    /// When the exporters cannot be set up.
    pub(crate) fn start(
        config: &TelemetryConfig,
        resource: Resource,
    ) -> Result<Self, Box<dyn Error>> {
        if !config.metrics {
            return Ok(Self { metrics: Metrics::none(), running: None });
        }
        let registry = Registry::new();
        // The process's time on processors, its memory, threads and file descriptors.
        #[cfg(target_os = "linux")]
        registry.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
        let scraped = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .scope_info_enabled(false)
            .without_target_info()
            .build()?;
        let mut provider = SdkMeterProvider::builder().with_resource(resource).with_reader(scraped);
        if let Some(otlp) = &config.otlp {
            let sent = PeriodicReader::builder(exporter(otlp)?);
            provider =
                provider.with_reader(sent.with_interval(config.metric_export_interval).build());
        }
        let provider = provider.build();
        let meter = provider.meter("chatbot-api");
        observe_process(&meter, env!("CARGO_PKG_VERSION"), Instant::now());
        observe_log(&meter, super::dropped_lines);
        let metrics = Metrics::new(&meter);
        Ok(Self { metrics, running: Some(Running { provider, registry }) })
    }

    /// What is recorded to.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// What `/metrics` answers with.
    pub(crate) fn page(&self) -> Option<Arc<dyn MetricsPage>> {
        let registry = self.running.as_ref()?.registry.clone();
        Some(Arc::new(Page(registry)))
    }

    /// Sends what there is for the last time, as long as that takes no more than two seconds.
    pub(crate) async fn stop(self) {
        let Some(Running { provider, .. }) = self.running else { return };
        // The SDK waits five seconds, whatever its settings say.
        let last_export = spawn_blocking(move || provider.shutdown());
        match timeout(LAST_EXPORT_TIMEOUT, last_export).await {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(error))) => tracing::warn!("The last metrics were not sent: {error}"),
            Ok(Err(error)) => tracing::warn!("The last metrics were not sent: {error}"),
            Err(_) => {
                tracing::warn!("The last metrics were not sent: the collector takes too long");
            }
        }
    }
}

/// A failed export is not repeated: the next one carries its numbers too.
fn exporter(config: &OtlpConfig) -> Result<MetricExporter, Box<dyn Error>> {
    let exporter = otlp::exporter(MetricExporter::builder().with_http(), config, "metrics")
        .with_retry_policy(RetryPolicy::disabled())
        .with_temporality(Temporality::Cumulative)
        .build()?;
    Ok(exporter)
}

struct Page(Registry);

impl MetricsPage for Page {
    fn render(&self) -> Result<String, Box<dyn Error + Send + Sync>> {
        Ok(TextEncoder::new().encode_to_string(&self.0.gather())?)
    }
}
