//! Reads variables one by one and remembers everything that is wrong with them.

use std::{collections::HashSet, ffi::OsString, fmt, ops::RangeInclusive, time::Duration};

use ::config::{Config as Settings, Environment, Map};
use secrecy::SecretString;

/// One variable and what is wrong with it.
///
/// Values are left out on purpose, all of them: a secret is easily put into the wrong variable.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fault {
    variable: &'static str,
    problem: String,
}

/// Everything that is wrong with the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConfigError(Vec<Fault>);

impl std::error::Error for ConfigError {}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration is wrong:")?;
        for Fault { variable, problem } in &self.0 {
            write!(f, "\n  {variable}: {problem}")?;
        }
        Ok(())
    }
}

/// A snapshot of the environment, and the faults found in it so far.
///
/// A reader that meets a fault notes it and goes on with the default, so that one start reports
/// them all; [`Variables::finish`] sees to it that nobody works with such a default.
pub(crate) struct Variables {
    settings: Settings,
    not_utf8: HashSet<String>,
    faults: Vec<Fault>,
    #[cfg(test)]
    pub(crate) asked: std::collections::BTreeSet<&'static str>,
}

impl Variables {
    /// Takes the given variables as the environment. Names that are not in capitals are none of
    /// ours and left out: the lookup below does not tell `port` or `PORT.x` from `PORT`.
    ///
    /// # Errors
    /// [`ConfigError`] when the environment cannot be read at all.
    pub(crate) fn new(
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ConfigError> {
        let mut values = Map::new();
        let mut not_utf8 = HashSet::new();
        for (name, value) in environment {
            let Some(name) = name.to_str().filter(|name| is_plain_name(name)) else { continue };
            match value.into_string() {
                Ok(value) => drop(values.insert(name.to_owned(), value)),
                Err(_) => drop(not_utf8.insert(name.to_owned())),
            }
        }
        let source = Environment::default().ignore_empty(true).source(Some(values));
        let settings = Settings::builder().add_source(source).build().map_err(|error| {
            ConfigError(vec![Fault { variable: "environment", problem: error.to_string() }])
        })?;
        Ok(Self {
            settings,
            not_utf8,
            faults: Vec::new(),
            #[cfg(test)]
            asked: std::collections::BTreeSet::new(),
        })
    }

    /// The value without surrounding white space, or `None` when nothing is left of it.
    pub(crate) fn text(&mut self, name: &'static str) -> Option<String> {
        #[cfg(test)]
        self.asked.insert(name);
        if self.not_utf8.contains(name) {
            self.fault(name, "must be valid UTF-8");
        }
        let value = self.settings.get_string(&name.to_ascii_lowercase()).ok()?;
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// A value that must never be shown.
    pub(crate) fn secret(&mut self, name: &'static str) -> Option<SecretString> {
        self.text(name).map(SecretString::from)
    }

    /// The entries of a comma-separated list without surrounding white space; empty ones, as a
    /// comma at the end leaves them, do not count.
    pub(crate) fn list(&mut self, name: &'static str) -> Vec<String> {
        let value = self.text(name).unwrap_or_default();
        value
            .split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// A value that `parse` understands, or the default when it is unset.
    pub(crate) fn parsed<T>(
        &mut self,
        name: &'static str,
        default: T,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> T {
        let Some(value) = self.text(name) else { return default };
        parse(&value).unwrap_or_else(|| {
            self.fault(name, format!("must be {expected}"));
            default
        })
    }

    /// Yes or no.
    pub(crate) fn flag(&mut self, name: &'static str, default: bool) -> bool {
        self.parsed(name, default, "true, false, 1 or 0", |value| {
            match value.to_ascii_lowercase().as_str() {
                "true" | "1" => Some(true),
                "false" | "0" => Some(false),
                _ => None,
            }
        })
    }

    /// A number of seconds, fractions allowed.
    pub(crate) fn seconds(
        &mut self,
        name: &'static str,
        default: Duration,
        bounds: RangeInclusive<f64>,
    ) -> Duration {
        let expected = format!("a number of seconds from {} to {}", bounds.start(), bounds.end());
        self.parsed(name, default, &expected, |value| {
            let seconds = value.parse().ok().filter(|seconds| bounds.contains(seconds))?;
            Duration::try_from_secs_f64(seconds).ok()
        })
    }

    /// Notes that something is wrong with a variable.
    pub(crate) fn fault(&mut self, variable: &'static str, problem: impl Into<String>) {
        self.faults.push(Fault { variable, problem: problem.into() });
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// [`ConfigError`] with every fault that was noted.
    pub(crate) fn finish(self) -> Result<(), ConfigError> {
        if self.faults.is_empty() { Ok(()) } else { Err(ConfigError(self.faults)) }
    }
}

fn is_plain_name(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}
