//! What tells this process from others at a collector.

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;

use crate::config::TelemetryConfig;

/// The service's name and version, and what the operator says about it, which counts for more.
pub(crate) fn resource(config: &TelemetryConfig) -> Resource {
    let attributes = config.resource_attributes.iter();
    Resource::builder_empty()
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .with_attributes(attributes.map(|(name, value)| KeyValue::new(name.clone(), value.clone())))
        .with_service_name(config.service_name.clone())
        .build()
}
