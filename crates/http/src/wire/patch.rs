//! Fields of a JSON merge patch (RFC 7396).

use serde::{Deserialize, Deserializer};
use todo_domain::Change;

use crate::error::Fields;

/// A field that may be absent, `null`, or have a value, most often a text. The absent one comes from
/// `#[serde(default)]`.
#[derive(Debug, Default)]
pub(crate) enum PatchField<V = String> {
    #[default]
    Absent,
    Null,
    Value(V),
}

impl PatchField {
    /// The text, if there is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Value(text) => Some(text),
            Self::Absent | Self::Null => None,
        }
    }
}

impl<V> PatchField<V> {
    /// What to put in the place of a value that can't be cleared.
    pub(crate) fn set<T, E: ToString>(
        self,
        name: &str,
        fields: &mut Fields,
        parse: impl FnOnce(V) -> Result<T, E>,
    ) -> Option<Option<T>> {
        match self {
            Self::Absent => Some(None),
            Self::Null => fields.parse(name, Err("must not be null")),
            Self::Value(value) => fields.parse(name, parse(value)).map(Some),
        }
    }

    /// What happens to a value that can be cleared.
    pub(crate) fn change<T, E: ToString>(
        self,
        name: &str,
        fields: &mut Fields,
        parse: impl FnOnce(V) -> Result<T, E>,
    ) -> Option<Change<T>> {
        match self {
            Self::Absent => Some(Change::Keep),
            Self::Null => Some(Change::Clear),
            Self::Value(value) => fields.parse(name, parse(value)).map(Change::Set),
        }
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for PatchField<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Option::<V>::deserialize(deserializer)?;
        Ok(value.map_or(Self::Null, Self::Value))
    }
}
