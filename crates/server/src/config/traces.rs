//! Which requests are traced, and how many of their spans wait to be sent. The variables are those
//! of the OpenTelemetry specification.

use std::time::Duration;

use opentelemetry_sdk::trace::Sampler;

use super::Variables;

const QUEUE_SIZE: usize = 2_048;
const BATCH_SIZE: usize = 512;
const DELAY: u64 = 5_000;

/// Which requests are traced, and how many of their spans wait to be sent.
#[derive(Debug)]
pub(crate) struct TracesConfig {
    /// `OTEL_TRACES_SAMPLER`: `always_on | always_off | traceidratio | parentbased_always_on |
    /// parentbased_always_off | parentbased_traceidratio`, default `parentbased_always_on`; and
    /// `OTEL_TRACES_SAMPLER_ARG`: the share of those with a ratio, 0 to 1, default 1.
    pub(crate) sampler: Sampler,
    /// `OTEL_BSP_MAX_QUEUE_SIZE`: how many finished spans may wait; 1 to 65536, default 2048.
    pub(crate) queue_size: usize,
    /// `OTEL_BSP_MAX_EXPORT_BATCH_SIZE`: how many are sent at once; 1 to 65536, and at most as many
    /// as may wait. Default 512, or as many as may wait if that is fewer.
    pub(crate) batch_size: usize,
    /// `OTEL_BSP_SCHEDULE_DELAY`: how long they wait for a full batch; milliseconds, 1 to 60000,
    /// default 5000.
    pub(crate) delay: Duration,
}

impl TracesConfig {
    pub(super) fn read(variables: &mut Variables) -> Self {
        let queue_size = variables.whole("OTEL_BSP_MAX_QUEUE_SIZE", QUEUE_SIZE, 1..=65_536);
        let batch_size = variables.whole("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", BATCH_SIZE, 1..=65_536);
        if batch_size > queue_size && variables.text("OTEL_BSP_MAX_EXPORT_BATCH_SIZE").is_some() {
            let problem =
                format!("must not be above OTEL_BSP_MAX_QUEUE_SIZE, which is {queue_size}");
            variables.fault("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", problem);
        }
        let delay = variables.whole("OTEL_BSP_SCHEDULE_DELAY", DELAY, 1..=60_000);
        Self {
            sampler: sampler(variables),
            queue_size,
            batch_size: batch_size.min(queue_size),
            delay: Duration::from_millis(delay),
        }
    }
}

fn sampler(variables: &mut Variables) -> Sampler {
    let ratio = variables.parsed("OTEL_TRACES_SAMPLER_ARG", 1.0, "a number from 0 to 1", |text| {
        text.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio))
    });
    let parent_based = |root| Sampler::ParentBased(Box::new(root));
    let expected = "always_on, always_off, traceidratio or one of these after parentbased_";
    let default = parent_based(Sampler::AlwaysOn);
    variables.parsed("OTEL_TRACES_SAMPLER", default, expected, |name| {
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
    use crate::config::tests::read;

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
