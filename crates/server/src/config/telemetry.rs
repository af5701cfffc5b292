//! What is reported about the service while it runs: metrics to scrape, and what is sent to a collector
//! over OTLP. The variables are those of the OpenTelemetry specification.

use std::{net::SocketAddr, time::Duration};

use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{Variables, traces::TracesConfig};

const HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";
const ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";
const SERVICE_NAME: &str = "chatbot-api";
const EXPORT_INTERVAL: Duration = Duration::from_secs(60);

/// What is reported about the service while it runs.
#[derive(Debug)]
pub(crate) struct TelemetryConfig {
    /// `METRICS_ENABLED`: whether anything is measured and `/metrics` answers; `true | false | 1 |
    /// 0` in any case, default true.
    pub(crate) metrics: bool,
    /// `METRICS_ADDRESS`: an IP address with a port, such as 0.0.0.0:9090, where `/metrics` and the
    /// details of `/health/detailed` are shown instead of at the API's own. Default: none.
    pub(crate) operator_address: Option<SocketAddr>,
    /// `OTEL_METRIC_EXPORT_INTERVAL`: how often metrics are sent; milliseconds, 1000 to 3600000,
    /// default 60000.
    pub(crate) metric_export_interval: Duration,
    /// Where telemetry is sent; `None`: nowhere.
    pub(crate) otlp: Option<OtlpConfig>,
    /// Which requests are traced, if there is somewhere to send traces to.
    pub(crate) traces: TracesConfig,
    /// `OTEL_SERVICE_NAME`: what the service is called there, default `chatbot-api`.
    pub(crate) service_name: String,
    /// `OTEL_RESOURCE_ATTRIBUTES`: what else tells this process from others there;
    /// `name=value,name=value`, values percent-encoded where they have to be. Default: none.
    pub(crate) resource_attributes: Vec<(String, String)>,
}

/// A collector that takes OTLP as protobuf over HTTP.
#[derive(Debug)]
pub(crate) struct OtlpConfig {
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`: its address, `http` or `https`. Default: none, and nothing
    /// is sent.
    endpoint: Url,
    /// `OTEL_EXPORTER_OTLP_HEADERS`: sent along, such as a key; `name=value,name=value`, values
    /// percent-encoded where they have to be. Default: none.
    pub(crate) headers: Vec<(String, SecretString)>,
}

impl OtlpConfig {
    /// Where a signal goes: `metrics` or `traces`.
    pub(crate) fn url_of(&self, signal: &str) -> String {
        format!("{}/v1/{signal}", self.endpoint.as_str().trim_end_matches('/'))
    }
}

impl TelemetryConfig {
    pub(super) fn read(variables: &mut Variables) -> Self {
        let headers = variables.secret_list(HEADERS);
        let headers = headers.iter().map(ExposeSecret::expose_secret);
        let headers = pairs(variables, HEADERS, headers, is_header)
            .into_iter()
            .map(|(name, value)| (name, SecretString::from(value)))
            .collect();
        let attributes = variables.list(ATTRIBUTES);
        let attributes = attributes.iter().map(String::as_str);
        Self {
            resource_attributes: pairs(variables, ATTRIBUTES, attributes, |name, _| {
                !name.is_empty()
            }),
            metrics: variables.flag("METRICS_ENABLED", true),
            operator_address: variables.parsed(
                "METRICS_ADDRESS",
                None,
                "an IP address with a port, such as 127.0.0.1:9090 or [::1]:9090",
                |value| value.parse().ok().map(Some),
            ),
            metric_export_interval: export_interval(variables),
            otlp: endpoint(variables).map(|endpoint| OtlpConfig { endpoint, headers }),
            traces: TracesConfig::read(variables),
            service_name: variables
                .text("OTEL_SERVICE_NAME")
                .unwrap_or_else(|| SERVICE_NAME.to_owned()),
        }
    }
}

/// Credentials go into the headers, and the paths of the signals are appended.
fn endpoint(variables: &mut Variables) -> Option<Url> {
    // Whoever asks for another protocol would be sent what they don't expect.
    variables.parsed("OTEL_EXPORTER_OTLP_PROTOCOL", (), "http/protobuf", |protocol| {
        (protocol == "http/protobuf").then_some(())
    });
    variables.base_url("OTEL_EXPORTER_OTLP_ENDPOINT")
}

fn export_interval(variables: &mut Variables) -> Duration {
    let (name, kind) = ("OTEL_METRIC_EXPORT_INTERVAL", "a whole number of milliseconds");
    variables.whole_as(name, EXPORT_INTERVAL, kind, 1_000..=3_600_000, |milliseconds| {
        Some(Duration::from_millis(milliseconds))
    })
}

/// The entries of a list of `name=value`, decoded.
fn pairs<'a>(
    variables: &mut Variables,
    name: &'static str,
    entries: impl Iterator<Item = &'a str>,
    is_valid: fn(&str, &str) -> bool,
) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for (index, entry) in entries.enumerate() {
        let pair = entry.split_once('=').and_then(|(name, value)| {
            let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
            Some((name.trim().to_owned(), value.into_owned()))
        });
        match pair.filter(|(name, value)| is_valid(name, value)) {
            Some(pair) => pairs.push(pair),
            None => {
                let problem = format!("entry {} must be name=value, percent-encoded", index + 1);
                variables.fault(name, problem);
            }
        }
    }
    pairs
}

/// Whether HTTP can carry this header: RFC 9110's token, and visible ASCII.
fn is_header(name: &str, value: &str) -> bool {
    let in_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let in_value = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
    !name.is_empty() && name.bytes().all(in_token) && value.bytes().all(in_value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::{production_and, read};

    fn telemetry(pairs: &[(&str, &str)]) -> TelemetryConfig {
        read(pairs).unwrap().telemetry
    }

    #[test]
    fn metrics_are_on_and_nothing_is_sent_unless_it_was_asked_for() {
        let telemetry = telemetry(&[]);

        assert!(telemetry.metrics);
        assert!(telemetry.otlp.is_none());
        assert_eq!(telemetry.metric_export_interval, Duration::from_secs(60));
        assert_eq!(telemetry.service_name, "chatbot-api");
        assert!(!production_and(&[("METRICS_ENABLED", "0")]).telemetry.metrics);
    }

    #[test]
    fn signals_go_to_paths_below_the_endpoint() {
        for (endpoint, url) in [
            ("http://collector:4318", "http://collector:4318/v1/metrics"),
            ("https://otlp.example.org/in/", "https://otlp.example.org/in/v1/metrics"),
        ] {
            let otlp = telemetry(&[("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)]).otlp.unwrap();
            assert_eq!(otlp.url_of("metrics"), url);
        }
    }

    #[test]
    fn headers_and_attributes_are_lists_of_encoded_pairs() {
        let telemetry = telemetry(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Basic%20aHVudGVyMg==, x-scope = a,"),
            ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=prod,pod=a%2Cb"),
        ]);

        let headers = telemetry.otlp.as_ref().unwrap().headers.iter();
        let headers: Vec<_> =
            headers.map(|(name, value)| (name.as_str(), value.expose_secret())).collect();
        assert_eq!(headers, [("authorization", "Basic aHVudGVyMg=="), ("x-scope", "a")]);
        let attributes = telemetry.resource_attributes.iter();
        let attributes: Vec<_> = attributes.map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(attributes, [("deployment.environment", "prod"), ("pod", "a,b")]);
        assert!(!format!("{telemetry:?}").contains("aHVudGVyMg"));
    }
}
