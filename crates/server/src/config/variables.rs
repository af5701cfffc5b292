//! Reads variables one by one and remembers everything that is wrong with them.

use std::{
    borrow::Cow,
    collections::HashSet,
    ffi::OsString,
    fmt::{self, Display},
    mem,
    time::Duration,
};

use ::config::{Config as Settings, Environment, Map};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{
    files::{self, EnvironmentFile, SecretFile},
    kind::{Choice, Flag, OrOff, Seconds, Secret, Share, Text, Whole},
    table::ENV_FILE,
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

impl Display for ConfigError {
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
    /// The variables that were asked for, with their defaults as text.
    #[cfg(test)]
    pub(super) defaults: std::collections::BTreeMap<String, String>,
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
        let mut variables = Self {
            settings: settings(values.clone())?,
            not_utf8,
            faults: Vec::new(),
            warnings: Vec::new(),
            values: Values::default(),
            #[cfg(test)]
            defaults: std::collections::BTreeMap::new(),
        };
        if let Some(path) = variables.text(ENV_FILE) {
            let EnvironmentFile { values: more, problem, warning } =
                files::environment(path.as_ref());
            if let Some(problem) = problem {
                variables.fault(ENV_FILE.name, problem);
            }
            if let Some(problem) = warning {
                variables.warn(ENV_FILE.name, problem);
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
    pub(super) fn text(&mut self, variable: Text) -> Option<String> {
        self.value(variable.name)
    }

    /// The same, or the default.
    pub(super) fn text_or(&mut self, variable: Text, default: &str) -> String {
        self.note_default(variable.name, default);
        self.text(variable).unwrap_or_else(|| default.to_owned())
    }

    fn value(&mut self, name: &'static str) -> Option<String> {
        let value = self.look_up(name);
        self.values.note(name, value.clone().map(SecretString::from));
        value
    }

    /// Whether the variable has a value.
    pub(super) fn is_set(&mut self, name: &'static str) -> bool {
        self.look_up(name).is_some()
    }

    /// A value that must never be shown. It may be kept in a file, which a second variable names,
    /// with `_FILE` at the end of its name.
    pub(super) fn secret(&mut self, variable: Secret) -> Option<SecretString> {
        let value = self.secret_text(variable.name);
        self.values.note(variable.name, value.clone());
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
        self.note_default(name, "");
        if self.not_utf8.contains(name) {
            self.fault(name.to_owned(), "must be valid UTF-8");
        }
        let value = self.settings.get_string(&name.to_ascii_lowercase()).ok()?;
        let value = files::without_mark(value.trim()).trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// Notes what the variable means where it is unset, for the example that is printed of the table.
    pub(super) fn note_default(&mut self, name: &str, default: impl Display) {
        #[cfg(test)]
        {
            let noted = self.defaults.entry(name.to_owned()).or_default();
            let default = default.to_string();
            if !default.is_empty() {
                *noted = default;
            }
        }
        #[cfg(not(test))]
        let _ = (name, default);
    }

    /// The entries of a comma-separated list without surrounding white space; empty ones, as a
    /// comma at the end leaves them, do not count. A list of nothing but commas is a fault.
    pub(super) fn list(&mut self, variable: Text) -> Vec<String> {
        let Some(value) = self.text(variable) else { return Vec::new() };
        let entries: Vec<_> = entries(&value, &[',']).map(str::to_owned).collect();
        self.check_has_entries(variable.name, entries.len());
        entries
    }

    /// The same of secrets, which may also stand on lines of their own.
    pub(super) fn secret_list(&mut self, variable: Secret) -> Vec<SecretString> {
        let Some(value) = self.secret(variable) else { return Vec::new() };
        let entries: Vec<_> =
            entries(value.expose_secret(), &[',', '\n']).map(SecretString::from).collect();
        self.check_has_entries(variable.name, entries.len());
        entries
    }

    fn check_has_entries(&mut self, name: &'static str, entries: usize) {
        if entries == 0 {
            self.fault(name, "has no entry: name at least one, or leave it out");
        }
    }

    /// A value that `parse` understands, or the default when it is unset.
    fn parsed<T>(
        &mut self,
        name: &'static str,
        default: T,
        expected: impl Display,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> T {
        let Some(value) = self.value(name) else { return default };
        parse(&value).unwrap_or_else(|| {
            self.fault(name, format!("must be {expected}"));
            default
        })
    }

    /// What `parse` makes of a text, or the default.
    pub(super) fn text_as<T>(
        &mut self,
        variable: Text,
        default: T,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> T {
        self.parsed(variable.name, default, expected, parse)
    }

    /// Yes or no.
    pub(super) fn flag(&mut self, variable: Flag, default: bool) -> bool {
        self.note_default(variable.name, default);
        self.parsed(variable.name, default, variable, |value| {
            match value.to_ascii_lowercase().as_str() {
                "true" | "1" => Some(true),
                "false" | "0" => Some(false),
                _ => None,
            }
        })
    }

    /// What one of the words means, which may be in any case unless it is the only one; the default
    /// where none is set.
    pub(super) fn choice<T>(
        &mut self,
        variable: Choice,
        default: T,
        meaning: impl FnOnce(&str) -> Option<T>,
    ) -> T {
        self.parsed(variable.name, default, variable, |value| {
            let is_only = variable.words.len() == 1;
            let is_it =
                |word: &&&str| **word == value || !is_only && word.eq_ignore_ascii_case(value);
            variable.words.iter().find(is_it).and_then(|word| meaning(word))
        })
    }

    /// A choice of one word, which need not be made.
    pub(super) fn only(&mut self, variable: Choice) {
        self.note_default(variable.name, variable);
        self.choice(variable, (), |_| Some(()));
    }

    /// An address that paths are appended to, without room for credentials.
    pub(super) fn base_url(&mut self, variable: Text) -> Option<Url> {
        let expected = "an http:// or https:// address without user, password, query and fragment";
        self.text_as(variable, None, expected, |text| {
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
    pub(super) fn seconds(&mut self, variable: Seconds, default: Duration) -> Duration {
        self.note_default(variable.name, default.as_secs_f64());
        self.seconds_or(variable, default)
    }

    /// The same, where the default depends on other variables.
    pub(super) fn seconds_or(&mut self, variable: Seconds, default: Duration) -> Duration {
        self.parsed(variable.name, default, variable, |value| {
            let bounds = variable.min..=variable.max;
            let seconds = value.parse().ok().filter(|seconds| bounds.contains(seconds))?;
            Duration::try_from_secs_f64(seconds).ok()
        })
    }

    /// A number from 0 to 1, as what `make` makes of it.
    pub(super) fn share<T>(
        &mut self,
        variable: Share,
        default: (f64, T),
        make: impl FnOnce(f64) -> Option<T>,
    ) -> T {
        self.note_default(variable.name, default.0);
        self.parsed(variable.name, default.1, variable, |value| {
            value.parse().ok().filter(|share| (0.0..=1.0).contains(share)).and_then(make)
        })
    }

    /// A whole number.
    pub(super) fn whole<T>(&mut self, variable: Whole, default: T) -> T
    where
        T: Display + TryFrom<u64>,
    {
        self.note_default(variable.name, &default);
        self.whole_or(variable, default, |number| T::try_from(number).ok())
    }

    /// What is made of a whole number, or a default that is none.
    pub(super) fn whole_or<T>(
        &mut self,
        variable: Whole,
        default: T,
        make: impl FnOnce(u64) -> Option<T>,
    ) -> T {
        self.parsed(variable.name, default, variable, |value| {
            let bounds = variable.min..=variable.max;
            value.parse().ok().filter(|number| bounds.contains(number)).and_then(make)
        })
    }

    /// A whole number from 1 on, or 0 or `off` for `Some(None)`; `None` where it is unset.
    pub(super) fn or_off<T: TryFrom<u64>>(&mut self, variable: OrOff) -> Option<Option<T>> {
        self.parsed(variable.name, None, variable, |value| {
            if value.eq_ignore_ascii_case("off") {
                return Some(Some(None));
            }
            match value.parse().ok().filter(|number| *number <= variable.max)? {
                0 => Some(Some(None)),
                number => T::try_from(number).ok().map(|number| Some(Some(number))),
            }
        })
    }

    /// The same, with a default.
    pub(super) fn limit<T>(&mut self, variable: OrOff, default: T) -> Option<T>
    where
        T: Display + TryFrom<u64>,
    {
        self.note_default(variable.name, &default);
        self.or_off(variable).unwrap_or(Some(default))
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
    pub(super) fn takes_effect_with(&mut self, name: &'static str, other: Secret) {
        let other = other.name;
        let has_other = self.is_set(other) || self.look_up(&format!("{other}_FILE")).is_some();
        if !has_other && self.is_set(name) {
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
