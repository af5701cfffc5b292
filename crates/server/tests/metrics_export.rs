//! Metrics that are sent to a collector, and that a collector in trouble is nobody else's.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::{net::TcpListener, path::Path, process::ExitStatus};

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use prost::Message;
use tempfile::TempDir;
use todo_testkit::{
    collector::{Collector, Export},
    process::Service,
};

struct Running {
    service: Service,
    _data: TempDir,
}

fn start(endpoint: &str, variables: &[(&str, &str)]) -> Running {
    let data = tempfile::tempdir().unwrap();
    let binary = Path::new(env!("CARGO_BIN_EXE_chatbot-api"));
    let own = [
        ("DATA_DIR", data.path().to_str().unwrap()),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
        ("OTEL_METRIC_EXPORT_INTERVAL", "1000"),
    ];
    let service = Service::start(binary, &[&own, variables].concat());
    Running { service, _data: data }
}

impl Running {
    /// Ends the service as its manager would.
    async fn stop(self) -> (ExitStatus, String) {
        self.service.signal("TERM");
        tokio::task::spawn_blocking(|| self.service.wait()).await.unwrap()
    }
}

fn decode(export: &Export) -> Option<ExportMetricsServiceRequest> {
    let is_metrics = export.path == "/v1/metrics";
    is_metrics.then(|| ExportMetricsServiceRequest::decode(export.body.as_slice()).unwrap())
}

fn names(request: &ExportMetricsServiceRequest) -> Vec<&str> {
    let scopes = request.resource_metrics.iter().flat_map(|resource| &resource.scope_metrics);
    scopes.flat_map(|scope| &scope.metrics).map(|metric| metric.name.as_str()).collect()
}

/// The attributes of the process as `name=value`.
fn resource(request: &ExportMetricsServiceRequest) -> Vec<String> {
    use opentelemetry_proto::tonic::common::v1::any_value::Value;

    let resources = request.resource_metrics.iter().filter_map(|it| it.resource.as_ref());
    let attributes = resources.flat_map(|resource| &resource.attributes);
    let text = |value: &Option<_>| match value {
        Some(Value::StringValue(text)) => text.clone(),
        other => panic!("{other:?}"),
    };
    attributes.map(|it| format!("{}={}", it.key, text(&it.value.as_ref().unwrap().value))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_gets_the_metrics_under_the_service_s_name_with_its_key() {
    let collector = Collector::start();
    let running = start(
        &collector.endpoint(),
        &[
            ("OTEL_EXPORTER_OTLP_HEADERS", "x-api-key=two%20words"),
            ("OTEL_SERVICE_NAME", "todo-berlin"),
            ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=test"),
        ],
    );
    running.service.stranger().sign_up("ada").await;

    let (export, request) = collector.wait_for(|export| {
        let request = decode(export)?;
        names(&request).contains(&"http_requests").then(|| (export.clone(), request))
    });
    assert_eq!(export.header("content-type"), Some("application/x-protobuf"));
    assert_eq!(export.header("x-api-key"), Some("two words"));
    let resource = resource(&request);
    for attribute in ["service.name=todo-berlin", "deployment.environment=test"] {
        assert!(resource.iter().any(|it| it == attribute), "{resource:?}");
    }
    assert!(names(&request).contains(&"process_uptime"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_measured_last_is_sent_before_the_process_ends() {
    let collector = Collector::start();
    let interval = ("OTEL_METRIC_EXPORT_INTERVAL", "3600000");
    let running = start(&collector.endpoint(), &[interval]);
    running.service.stranger().sign_up("ada").await;

    let (status, output) = running.stop().await;

    assert!(status.success(), "{status}\n{output}");
    collector.wait_for(|export| names(&decode(export)?).contains(&"http_requests").then_some(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_never_answers_delays_neither_requests_nor_the_end() {
    let collector = Collector::silent();
    let running = start(&collector.endpoint(), &[]);
    collector.wait_for_a_connection();

    let ada = running.service.stranger().sign_up("ada").await;
    for number in 0..50 {
        ada.say(&format!("add task {number}")).await;
    }
    assert_eq!(ada.get("/metrics").await.status, 200);
    let (status, output) = running.stop().await;

    assert!(status.success(), "{status}\n{output}");
    assert!(output.contains("not sent: the collector takes too long"), "{output}");
    assert!(output.contains("Stopped") && !output.contains("Stopped before"), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_with_little_time_still_gives_a_collector_two_seconds_and_no_more() {
    let collector = Collector::silent();
    let running = start(&collector.endpoint(), &[("SHUTDOWN_TIMEOUT", "0.1")]);
    collector.wait_for_a_connection();

    let (status, output) = running.stop().await;

    assert!(status.success(), "{status}\n{output}");
    assert!(output.contains("not sent: the collector takes too long"), "{output}");
    assert!(output.trim_end().ends_with("Stopped"), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_not_there_is_told_of_in_the_log_and_nowhere_else() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    let running = start(&endpoint, &[]);
    let ada = running.service.stranger().sign_up("ada").await;
    ada.say("add buy milk").await;

    let (status, output) = running.stop().await;

    assert!(status.success(), "{status}\n{output}");
    assert!(output.contains("The last metrics were not sent"), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn switched_off_nothing_is_sent() {
    let collector = Collector::start();
    let off = [("METRICS_ENABLED", "false"), ("OTEL_TRACES_SAMPLER", "always_off")];
    let running = start(&collector.endpoint(), &off);
    running.service.stranger().sign_up("ada").await;

    let (status, output) = running.stop().await;

    assert!(status.success(), "{status}\n{output}");
    assert_eq!(collector.connections(), 0);
}
