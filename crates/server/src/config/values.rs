//! What the variables were set to, for finding out later which of them were changed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use secrecy::{ExposeSecret, SecretString};

/// What every variable that was asked for is set to; none where it is unset.
#[derive(Clone, Default)]
pub(crate) struct Values(BTreeMap<&'static str, Option<SecretString>>);

impl Values {
    /// Notes what a variable is set to.
    pub(super) fn note(&mut self, name: &'static str, value: Option<SecretString>) {
        self.0.insert(name, value);
    }

    /// Takes over what `other` has for these variables, and leaves the rest as it is.
    pub(crate) fn take_over(&mut self, names: &[&'static str], other: &Self) {
        self.0.extend(names.iter().map(|name| (*name, other.0.get(name).cloned().flatten())));
    }

    /// The names of the variables that are set to something else in `other`.
    pub(crate) fn differences(&self, other: &Self) -> Vec<&'static str> {
        let names: BTreeSet<_> = self.0.keys().chain(other.0.keys()).copied().collect();
        names.into_iter().filter(|name| self.get(name) != other.get(name)).collect()
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_ref().map(ExposeSecret::expose_secret)
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Values").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pairs: &[(&'static str, &str)]) -> Values {
        Values(pairs.iter().map(|(name, value)| (*name, Some((*value).into()))).collect())
    }

    #[test]
    fn a_variable_that_is_set_unset_or_set_otherwise_is_a_difference() {
        let before = values(&[("A", "1"), ("B", "1"), ("C", "1")]);
        let mut after = values(&[("A", "1"), ("B", "2"), ("D", "1")]);
        after.note("E", None);
        assert_eq!(before.differences(&after), ["B", "C", "D"]);
        assert_eq!(before.differences(&before), [""; 0]);
    }

    #[test]
    fn what_was_taken_over_is_no_difference_any_more() {
        let mut before = values(&[("A", "1"), ("B", "1"), ("C", "1")]);
        let after = values(&[("A", "2"), ("B", "2")]);
        before.take_over(&["A", "C"], &after);
        assert_eq!(before.differences(&after), ["B"]);
    }

    #[test]
    fn no_value_is_shown() {
        assert!(!format!("{:?}", values(&[("A", "hunter2")])).contains("hunter2"));
    }
}
