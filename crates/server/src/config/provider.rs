//! How the provider of the model is spared when it fails, and not asked too much at a time.

use std::time::Duration;

use todo_adapters::CircuitBreakerSettings;

use super::Variables;

/// Reads how calls of the provider are held back.
///
/// - `PROVIDER_BREAKER_FAILURES`: after how many failed calls in a row none is made for a while.
///   1 to 1000, default 5.
/// - `PROVIDER_BREAKER_PAUSE`: for how long. Seconds from 0.1 to 600, default 30.
/// - `PROVIDER_CONCURRENCY`: how many calls there may be at a time, 1 to 10000, default 128.
/// - `PROVIDER_QUEUE`: how many more may wait for one of those to end, 0 to 100000, default 64.
pub(super) fn read(variables: &mut Variables) -> CircuitBreakerSettings {
    let defaults = CircuitBreakerSettings::default();
    CircuitBreakerSettings {
        failures: variables.whole("PROVIDER_BREAKER_FAILURES", defaults.failures, 1..=1_000),
        pause: pause(variables, defaults.pause),
        concurrency: variables.whole("PROVIDER_CONCURRENCY", defaults.concurrency, 1..=10_000),
        queue: variables.whole("PROVIDER_QUEUE", defaults.queue, 0..=100_000),
        longest_wait: defaults.longest_wait,
    }
}

fn pause(variables: &mut Variables, default: Duration) -> Duration {
    variables.seconds("PROVIDER_BREAKER_PAUSE", default, 0.1..=600.0)
}
