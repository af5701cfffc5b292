//! Reads variables one by one and remembers everything that is wrong with them.

use std::{
    borrow::Cow, collections::HashSet, ffi::OsString, fmt, mem, ops::RangeInclusive, str::FromStr,
    time::Duration,
};

use ::config::{Config as Settings, Environment, Map};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{
    files::{self, EnvironmentFile, SecretFile},
    values::Values,
};

/// One variable and what is wrong with it.
///
/// Values are left out on purpose, all of them: a secret is easily put into the wrong variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConfigProblem {
    pub(crate) variable: Cow<'static, str>,
    pub(crate) problem: String,
}

/// Everything that is wrong with the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConfigError(pub(crate) Vec<ConfigProblem>);

impl std::error::Error for ConfigError {}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration is wrong:")?;
        for ConfigProblem { variable, problem } in &self.0 {
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
    faults: Vec<ConfigProblem>,
    warnings: Vec<ConfigProblem>,
    values: Values,
    #[cfg(test)]
    pub(crate) asked: std::collections::BTreeSet<String>,
}

/// Names a file with further variables. Those of the environment itself count more.
const ENV_FILE: &str = "ENV_FILE";

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
        let mut variables = Self {
            settings: settings(values.clone())?,
            not_utf8,
            faults: Vec::new(),
            warnings: Vec::new(),
            values: Values::default(),
            #[cfg(test)]
            asked: std::collections::BTreeSet::new(),
        };
        if let Some(path) = variables.text(ENV_FILE) {
            let EnvironmentFile { values: more, problem, warning } =
                files::environment(path.as_ref());
            if let Some(problem) = problem {
                variables.fault(ENV_FILE, problem);
            }
            if let Some(problem) = warning {
                variables.warn(ENV_FILE, problem);
            }
            for (name, value) in more.into_iter().filter(|(name, _)| is_plain_name(name)) {
                let present = values.entry(name).or_default();
                if present.trim().is_empty() {
                    *present = value;
                }
            }
            variables.settings = settings(values)?;
        }
        Ok(variables)
    }

    /// The value without surrounding white space, or `None` when nothing is left of it.
    pub(crate) fn text(&mut self, name: &'static str) -> Option<String> {
        let value = self.look_up(name);
        self.values.note(name, value.clone().map(SecretString::from));
        value
    }

    /// A value that must never be shown. It may be kept in a file, which a second variable names,
    /// with `_FILE` at the end of its name.
    pub(crate) fn secret(&mut self, name: &'static str) -> Option<SecretString> {
        let value = self.secret_text(name);
        self.values.note(name, value.clone());
        value
    }

    fn secret_text(&mut self, name: &'static str) -> Option<SecretString> {
        let file_name = format!("{name}_FILE");
        let (value, path) = (self.look_up(name), self.look_up(&file_name));
        match (value, path) {
            (value, None) => value.map(SecretString::from),
            (Some(_), Some(_)) => {
                self.fault(file_name, format!("can't be set together with {name}"));
                None
            }
            (None, Some(path)) => match files::secret(path.as_ref()) {
                Ok(SecretFile { secret, warning }) => {
                    if let Some(problem) = warning {
                        self.warn(file_name, problem);
                    }
                    Some(secret)
                }
                Err(problem) => {
                    self.fault(file_name, problem);
                    None
                }
            },
        }
    }

    fn look_up(&mut self, name: &str) -> Option<String> {
        #[cfg(test)]
        self.asked.insert(name.to_owned());
        if self.not_utf8.contains(name) {
            self.fault(name.to_owned(), "must be valid UTF-8");
        }
        let value = self.settings.get_string(&name.to_ascii_lowercase()).ok()?;
        let value = files::without_mark(value.trim()).trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// The entries of a comma-separated list without surrounding white space; empty ones, as a
    /// comma at the end leaves them, do not count. A list of nothing but commas is a fault.
    pub(crate) fn list(&mut self, name: &'static str) -> Vec<String> {
        let Some(value) = self.text(name) else { return Vec::new() };
        let entries: Vec<_> = entries(&value, &[',']).map(str::to_owned).collect();
        self.check_has_entries(name, entries.len());
        entries
    }

    /// The same of secrets, which may also stand on lines of their own.
    pub(crate) fn secret_list(&mut self, name: &'static str) -> Vec<SecretString> {
        let Some(value) = self.secret(name) else { return Vec::new() };
        let entries: Vec<_> =
            entries(value.expose_secret(), &[',', '\n']).map(SecretString::from).collect();
        self.check_has_entries(name, entries.len());
        entries
    }

    fn check_has_entries(&mut self, name: &'static str, entries: usize) {
        if entries == 0 {
            self.fault(name, "has no entry: name at least one, or leave it out");
        }
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

    /// An address that paths are appended to, without room for credentials.
    pub(crate) fn base_url(&mut self, name: &'static str) -> Option<Url> {
        let expected = "an http:// or https:// address without user, password, query and fragment";
        self.parsed(name, None, expected, |text| {
            let url = Url::parse(text).ok()?;
            let is_plain = matches!(url.scheme(), "http" | "https")
                && url.username().is_empty()
                && url.password().is_none()
                && url.query().is_none()
                && url.fragment().is_none();
            is_plain.then_some(Some(url))
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

    /// A whole number.
    pub(crate) fn whole<T: FromStr + PartialOrd + fmt::Display>(
        &mut self,
        name: &'static str,
        default: T,
        bounds: RangeInclusive<T>,
    ) -> T {
        self.whole_as(name, default, "a whole number", bounds, Some)
    }

    /// What is made of a whole number, `kind` of something.
    pub(crate) fn whole_as<N: FromStr + PartialOrd + fmt::Display, T>(
        &mut self,
        name: &'static str,
        default: T,
        kind: &str,
        bounds: RangeInclusive<N>,
        make: impl FnOnce(N) -> Option<T>,
    ) -> T {
        let expected = format!("{kind} from {} to {}", bounds.start(), bounds.end());
        self.parsed(name, default, &expected, |value| {
            value.parse().ok().filter(|number| bounds.contains(number)).and_then(make)
        })
    }

    /// Notes that something is wrong with a variable.
    pub(crate) fn fault(
        &mut self,
        variable: impl Into<Cow<'static, str>>,
        problem: impl Into<String>,
    ) {
        self.faults.push(ConfigProblem { variable: variable.into(), problem: problem.into() });
    }

    /// Notes that a variable is set that can have no effect, unless the other one is set, too.
    pub(crate) fn takes_effect_with(&mut self, name: &'static str, other: &'static str) {
        let has_other =
            self.look_up(other).or_else(|| self.look_up(&format!("{other}_FILE"))).is_some();
        if !has_other && self.look_up(name).is_some() {
            self.fault(name, format!("has no effect without {other}: set that, or leave this out"));
        }
    }

    /// Notes what the operator should change about a variable, although it can be worked with.
    pub(crate) fn warn(
        &mut self,
        variable: impl Into<Cow<'static, str>>,
        problem: impl Into<String>,
    ) {
        self.warnings.push(ConfigProblem { variable: variable.into(), problem: problem.into() });
    }

    /// What the operator should change.
    pub(crate) fn take_warnings(&mut self) -> Vec<ConfigProblem> {
        mem::take(&mut self.warnings)
    }

    /// What every variable was set to that has been asked for.
    pub(crate) fn take_values(&mut self) -> Values {
        mem::take(&mut self.values)
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// [`ConfigError`] with every fault that was noted.
    pub(crate) fn finish(self) -> Result<(), ConfigError> {
        if self.faults.is_empty() { Ok(()) } else { Err(ConfigError(self.faults)) }
    }
}

fn settings(values: Map<String, String>) -> Result<Settings, ConfigError> {
    let source = Environment::default().ignore_empty(true).source(Some(values));
    Settings::builder().add_source(source).build().map_err(|error| {
        ConfigError(vec![ConfigProblem {
            variable: "environment".into(),
            problem: error.to_string(),
        }])
    })
}

fn entries<'a>(list: &'a str, separators: &'a [char]) -> impl Iterator<Item = &'a str> {
    list.split(separators).map(str::trim).filter(|entry| !entry.is_empty())
}

fn is_plain_name(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}
