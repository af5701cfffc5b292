//! Where errors are reported.

use std::fmt;

use secrecy::ExposeSecret;
use sentry::types::Dsn;

use super::{
    Variables,
    table::{SENTRY_DSN, SENTRY_ENVIRONMENT, SENTRY_TRACES_SAMPLE_RATE},
};

/// Sentry refuses longer names.
const MAX_ENVIRONMENT: usize = 64;
const ENVIRONMENT: &str = "production";

/// Where errors are reported, and what goes along.
pub(crate) struct SentryConfig {
    /// The project's address.
    pub(crate) dsn: Dsn,
    /// Tells deployments from each other.
    pub(crate) environment: String,
    /// The share of requests whose duration is reported (S74).
    pub(crate) traces_sample_rate: f32,
}

impl fmt::Debug for SentryConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Whoever has the key in the DSN can fill the project.
        f.debug_struct("SentryConfig")
            .field("host", &self.dsn.host())
            .field("environment", &self.environment)
            .field("traces_sample_rate", &self.traces_sample_rate)
            .finish_non_exhaustive()
    }
}

impl SentryConfig {
    /// `None` without a DSN (S24). The others are checked all the same.
    pub(super) fn read(variables: &mut Variables) -> Option<Self> {
        let expected = "the DSN of a Sentry project, https://key@host/project";
        let dsn = variables.secret(SENTRY_DSN).and_then(|dsn| {
            let dsn = dsn.expose_secret().parse().ok();
            if dsn.is_none() {
                variables.fault(SENTRY_DSN.name, format!("must be {expected}"));
            }
            dsn
        });
        let expected = "at most 64 characters without white space and `/`, and not None";
        variables.note_default(SENTRY_ENVIRONMENT.name, ENVIRONMENT);
        let environment = ENVIRONMENT.to_owned();
        let environment = variables.text_as(SENTRY_ENVIRONMENT, environment, expected, |name| {
            let is_plain = |char: char| !char.is_whitespace() && !char.is_control() && char != '/';
            let is_valid = name.chars().count() <= MAX_ENVIRONMENT
                && name.chars().all(is_plain)
                && !name.eq_ignore_ascii_case("none");
            is_valid.then(|| name.to_owned())
        });
        let traces_sample_rate =
            variables.share(SENTRY_TRACES_SAMPLE_RATE, (0.1, 0.1), |rate| Some(rate as f32));
        Some(Self { dsn: dsn?, environment, traces_sample_rate })
    }
}

#[cfg(test)]
mod tests {
    use crate::config::tests::{faulty, production_and, read};

    const DSN: (&str, &str) = ("SENTRY_DSN", "https://hunter2@sentry.example.org/7");

    #[test]
    fn nothing_is_reported_unless_there_is_an_address() {
        assert!(read(&[]).unwrap().sentry.is_none());
        assert!(read(&[("SENTRY_DSN", " ")]).unwrap().sentry.is_none());
    }

    #[test]
    fn an_address_is_all_it_takes_and_a_tenth_of_the_requests_is_timed() {
        let config = production_and(&[DSN]).sentry.unwrap();

        assert_eq!(config.dsn.host(), "sentry.example.org");
        assert_eq!((config.environment.as_str(), config.traces_sample_rate), ("production", 0.1));
        assert!(!format!("{config:?}").contains("hunter2"), "{config:?}");
    }

    #[test]
    fn faults_are_named_also_where_nothing_is_reported() {
        for dsn in ["sentry.example.org", "https://sentry.example.org/7", "https://k@host/", "x"] {
            assert_eq!(faulty(&[("SENTRY_DSN", dsn)]), ["SENTRY_DSN"], "{dsn}");
        }
        for rate in ["1.1", "-0.1", "NaN", "ten"] {
            let name = "SENTRY_TRACES_SAMPLE_RATE";
            assert_eq!(faulty(&[(name, rate)]), [name], "{rate}");
        }
        for name in ["two words", "a/b", "None", &"x".repeat(65)] {
            let variable = "SENTRY_ENVIRONMENT";
            assert_eq!(faulty(&[(variable, name)]), [variable], "{name}");
        }
    }
}
