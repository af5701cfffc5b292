//! What can be set about Cohere.

use std::{num::NonZeroU32, time::Duration};

use secrecy::SecretString;
use url::Url;

use super::CohereModelName;
use crate::CircuitBreakerSettings;

/// Where Cohere is, who we are to it, and how patient we are.
#[derive(Debug, Clone)]
pub struct CohereSettings {
    /// `http` or `https`; the paths of the API are appended to its own.
    pub base_url: Url,
    /// Without one no `Authorization` header is sent, which suits a simulator and a private
    /// deployment behind its own gateway.
    pub api_key: Option<SecretString>,
    /// Which model answers.
    pub model: CohereModelName,
    /// How freely it chooses its words.
    pub temperature: Temperature,
    /// The most tokens an answer may have; the model's own maximum bounds it further.
    pub max_tokens: NonZeroU32,
    /// How long each phase of a call may take.
    pub timeouts: CohereTimeouts,
    /// How often and after which waits a call is made again.
    pub retries: CohereRetries,
    /// How many calls are made at a time, and when none is.
    pub circuit_breaker: CircuitBreakerSettings,
}

impl CohereSettings {
    /// The settings of a service that has only this key, or none.
    #[must_use]
    pub fn new(base_url: Url, api_key: Option<SecretString>) -> Self {
        Self {
            base_url,
            api_key,
            model: CohereModelName::default(),
            temperature: Temperature::default(),
            max_tokens: const { NonZeroU32::new(1_024).unwrap() },
            timeouts: CohereTimeouts::default(),
            retries: CohereRetries::default(),
            circuit_breaker: CircuitBreakerSettings::default(),
        }
    }
}

/// How long each phase of a call may take; a request's deadline bounds all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CohereTimeouts {
    /// Until a connection stands. 5 s by default.
    pub connect: Duration,
    /// Until the answer's first word, plan or call has come. 12 s by default, so that a turn of
    /// 30 s has time for a second attempt. What has begun to come is not cut off by it: starting
    /// over would only take longer.
    pub attempt: Duration,
    /// From one event of the answer to the next. 8 s by default.
    pub event: Duration,
    /// For a question about health, all in all. 5 s by default.
    pub probe: Duration,
}

impl Default for CohereTimeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            attempt: Duration::from_secs(12),
            event: Duration::from_secs(8),
            probe: Duration::from_secs(5),
        }
    }
}

/// How a failed call is made again: after a wait that doubles each time, is prolonged by up to
/// itself at random so that clients do not come back all at once, and stays within the bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CohereRetries {
    /// How many calls there are in all, at least one. 3 by default.
    pub attempts: usize,
    /// The shortest wait. 2 s by default.
    pub min_wait: Duration,
    /// The longest wait. 10 s by default.
    pub max_wait: Duration,
}

impl Default for CohereRetries {
    fn default() -> Self {
        Self { attempts: 3, min_wait: Duration::from_secs(2), max_wait: Duration::from_secs(10) }
    }
}

/// The number was not a [`Temperature`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a number from 0 to 1")]
pub struct TemperatureError;

/// From 0, the likeliest words only, to 1; 0.7 by default.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Temperature(f64);

impl Temperature {
    /// Checks and wraps a number.
    ///
    /// # Errors
    /// [`TemperatureError`] outside 0 to 1.
    pub fn new(temperature: f64) -> Result<Self, TemperatureError> {
        if (0.0..=1.0).contains(&temperature) {
            Ok(Self(temperature))
        } else {
            Err(TemperatureError)
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl Default for Temperature {
    fn default() -> Self {
        Self(0.7)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temperature_lies_between_0_and_1() {
        for number in [0.0, 0.7, 1.0] {
            assert_eq!(Temperature::new(number).map(Temperature::get), Ok(number));
        }
        for number in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            assert_eq!(Temperature::new(number), Err(TemperatureError));
        }
    }
}
