//! What Prometheus is shown has the names that the documentation tells.

use std::collections::BTreeMap;

use opentelemetry::metrics::MeterProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::Registry;

use crate::{catalogue, metric::Kind};

#[test]
fn every_metric_is_exported_under_its_documented_name_with_its_meaning() {
    let registry = Registry::new();
    let exporter = opentelemetry_prometheus::exporter().with_registry(registry.clone());
    let provider = SdkMeterProvider::builder().with_reader(exporter.build().unwrap()).build();
    let meter = provider.meter("test");
    for metric in catalogue() {
        match metric.kind {
            Kind::Counter => metric.build_counter(&meter).add(1, &[]),
            Kind::Gauge => metric.build_gauge(&meter).record(1, &[]),
            Kind::Histogram => metric.build_histogram(&meter).record(1.0, &[]),
        }
    }

    let exported: BTreeMap<_, _> = registry
        .gather()
        .iter()
        .map(|family| (family.name().to_owned(), family.help().to_owned()))
        .filter(|(name, _)| name != "target_info")
        .collect();
    let declared: BTreeMap<_, _> =
        catalogue().iter().map(|metric| (metric.exported_name(), metric.help.to_owned())).collect();
    assert_eq!(exported, declared);
    assert_eq!(declared.len(), catalogue().len());
}

#[test]
fn buckets_rise_and_only_histograms_have_them() {
    for metric in catalogue() {
        assert_eq!(metric.kind == Kind::Histogram, !metric.buckets.is_empty(), "{metric:?}");
        assert!(metric.buckets.is_sorted_by(|a, b| a < b), "{metric:?}");
    }
}
