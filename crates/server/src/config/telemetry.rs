//! What is reported about the service while it runs: metrics to scrape, and what is sent to a collector
//! over OTLP. The variables are those of the OpenTelemetry specification.

use std::{net::SocketAddr, time::Duration};

use opentelemetry_sdk::trace::Sampler;
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{
    Variables,
    table::{
        METRICS_ADDRESS, METRICS_ENABLED, OTEL_BSP_MAX_EXPORT_BATCH_SIZE, OTEL_BSP_MAX_QUEUE_SIZE,
        OTEL_BSP_SCHEDULE_DELAY, OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS,
        OTEL_EXPORTER_OTLP_PROTOCOL, OTEL_METRIC_EXPORT_INTERVAL, OTEL_RESOURCE_ATTRIBUTES,
        OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG,
    },
};

const SERVICE_NAME: &str = "chatbot-api";
const EXPORT_INTERVAL_MS: u64 = 60_000;
/// The specification's.
const QUEUE_SIZE: usize = 2_048;
const BATCH_SIZE: usize = 512;
const DELAY_MS: u64 = 5_000;

/// What is reported about the service while it runs.
#[derive(Debug)]
pub(crate) struct TelemetryConfig {
    /// Whether anything is measured and `/metrics` answers.
    pub(crate) metrics: bool,
    /// Where `/metrics` and the details of `/health/detailed` are shown instead of at the API's own.
    pub(crate) operator_address: Option<SocketAddr>,
    /// How often metrics are sent.
    pub(crate) metric_export_interval: Duration,
    /// Where telemetry is sent; `None`: nowhere.
    pub(crate) otlp: Option<OtlpConfig>,
    /// Which requests are traced, if there is somewhere to send traces to.
    pub(crate) traces: TracesConfig,
    /// What the service is called there.
    pub(crate) service_name: String,
    /// What else tells this process from others there.
    pub(crate) resource_attributes: Vec<(String, String)>,
}

/// A collector that takes OTLP as protobuf over HTTP.
#[derive(Debug)]
pub(crate) struct OtlpConfig {
    /// Its address.
    endpoint: Url,
    /// Sent along, such as a key.
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
        let headers = variables.secret_list(OTEL_EXPORTER_OTLP_HEADERS);
        let headers = headers.iter().map(ExposeSecret::expose_secret);
        let headers = pairs(variables, OTEL_EXPORTER_OTLP_HEADERS.name, headers, is_header)
            .into_iter()
            .map(|(name, value)| (name, SecretString::from(value)))
            .collect();
        let attributes = variables.list(OTEL_RESOURCE_ATTRIBUTES);
        let attributes = attributes.iter().map(String::as_str);
        Self {
            resource_attributes: pairs(
                variables,
                OTEL_RESOURCE_ATTRIBUTES.name,
                attributes,
                |name, _| !name.is_empty(),
            ),
            metrics: variables.flag(METRICS_ENABLED, true),
            operator_address: variables.text_as(
                METRICS_ADDRESS,
                None,
                "an IP address with a port, such as 127.0.0.1:9090 or [::1]:9090",
                |value| value.parse().ok().map(Some),
            ),
            metric_export_interval: export_interval(variables),
            otlp: endpoint(variables).map(|endpoint| OtlpConfig { endpoint, headers }),
            traces: TracesConfig::read(variables),
            service_name: variables.text_or(OTEL_SERVICE_NAME, SERVICE_NAME),
        }
    }
}

/// Credentials go into the headers, and the paths of the signals are appended.
fn endpoint(variables: &mut Variables) -> Option<Url> {
    // Whoever asks for another protocol would be sent what they don't expect.
    variables.only(OTEL_EXPORTER_OTLP_PROTOCOL);
    variables.base_url(OTEL_EXPORTER_OTLP_ENDPOINT)
}

fn export_interval(variables: &mut Variables) -> Duration {
    Duration::from_millis(variables.whole(OTEL_METRIC_EXPORT_INTERVAL, EXPORT_INTERVAL_MS))
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

/// Which requests are traced, and how many of their spans wait to be sent.
#[derive(Debug)]
pub(crate) struct TracesConfig {
    /// Which requests are traced.
    pub(crate) sampler: Sampler,
    /// How many finished spans may wait.
    pub(crate) queue_size: usize,
    /// How many are sent at once: at most as many as may wait.
    pub(crate) batch_size: usize,
    /// How long they wait for a full batch.
    pub(crate) delay: Duration,
}

impl TracesConfig {
    fn read(variables: &mut Variables) -> Self {
        let queue_size = variables.whole(OTEL_BSP_MAX_QUEUE_SIZE, QUEUE_SIZE);
        let batch_size = variables.whole(OTEL_BSP_MAX_EXPORT_BATCH_SIZE, BATCH_SIZE);
        if batch_size > queue_size && variables.is_set(OTEL_BSP_MAX_EXPORT_BATCH_SIZE.name) {
            let problem =
                format!("must not be above OTEL_BSP_MAX_QUEUE_SIZE, which is {queue_size}");
            variables.fault(OTEL_BSP_MAX_EXPORT_BATCH_SIZE.name, problem);
        }
        Self {
            sampler: sampler(variables),
            queue_size,
            batch_size: batch_size.min(queue_size),
            delay: Duration::from_millis(variables.whole(OTEL_BSP_SCHEDULE_DELAY, DELAY_MS)),
        }
    }
}

fn sampler(variables: &mut Variables) -> Sampler {
    let ratio = variables.share(OTEL_TRACES_SAMPLER_ARG, (1.0, 1.0), Some);
    let parent_based = |root| Sampler::ParentBased(Box::new(root));
    let expected = "always_on, always_off, traceidratio or one of these after parentbased_";
    let default = parent_based(Sampler::AlwaysOn);
    variables.note_default(OTEL_TRACES_SAMPLER.name, "parentbased_always_on");
    variables.text_as(OTEL_TRACES_SAMPLER, default, expected, |name| {
        let root = match name.strip_prefix("parentbased_").unwrap_or(name) {
            "always_on" => Sampler::AlwaysOn,
            "always_off" => Sampler::AlwaysOff,
            "traceidratio" => Sampler::TraceIdRatioBased(ratio),
            _ => return None,
        };
        Some(if name.starts_with("parentbased_") { parent_based(root) } else { root })
    })
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

    fn traces(pairs: &[(&str, &str)]) -> TracesConfig {
        read(pairs).unwrap().telemetry.traces
    }

    #[test]
    fn samplers_have_the_names_of_the_specification() {
        for (name, ratio, sampler) in [
            ("", "", "ParentBased(AlwaysOn)"),
            ("always_on", "", "AlwaysOn"),
            ("always_off", "", "AlwaysOff"),
            ("traceidratio", "0.25", "TraceIdRatioBased(0.25)"),
            ("parentbased_always_on", "0.25", "ParentBased(AlwaysOn)"),
            ("parentbased_always_off", "", "ParentBased(AlwaysOff)"),
            ("parentbased_traceidratio", "", "ParentBased(TraceIdRatioBased(1.0))"),
            ("parentbased_traceidratio", "0", "ParentBased(TraceIdRatioBased(0.0))"),
        ] {
            let pairs = [("OTEL_TRACES_SAMPLER", name), ("OTEL_TRACES_SAMPLER_ARG", ratio)];
            assert_eq!(format!("{:?}", traces(&pairs).sampler), sampler, "{pairs:?}");
        }
    }

    #[test]
    fn no_more_is_sent_at_once_than_may_wait() {
        assert_eq!(traces(&[]).batch_size, 512);
        let traces = traces(&[("OTEL_BSP_MAX_QUEUE_SIZE", "8"), ("OTEL_BSP_SCHEDULE_DELAY", "50")]);
        assert_eq!((traces.queue_size, traces.batch_size), (8, 8));
        assert_eq!(traces.delay, Duration::from_millis(50));
    }
}
