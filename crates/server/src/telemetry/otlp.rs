//! How telemetry goes to a collector: OTLP, as protobuf over HTTP.

use std::{collections::HashMap, time::Duration};

use opentelemetry_otlp::{Protocol, WithExportConfig, WithHttpConfig};
use secrecy::ExposeSecret;

use crate::config::OtlpConfig;

/// How long a collector may take to accept what it is sent.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the last sending may hold up the end of the process.
pub(super) const LAST_EXPORT_TIMEOUT: Duration = Duration::from_secs(2);

/// An exporter of a signal, `metrics` or `traces`, to the collector that is configured.
pub(super) fn exporter<B>(builder: B, config: &OtlpConfig, signal: &str) -> B
where
    B: WithExportConfig + WithHttpConfig,
{
    todo_adapters::install_crypto_provider();
    let headers: HashMap<_, _> = config
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), value.expose_secret().to_owned()))
        .collect();
    builder
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(config.url_of(signal))
        .with_timeout(EXPORT_TIMEOUT)
        .with_headers(headers)
}
