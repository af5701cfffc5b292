//! Fields of a JSON merge patch (RFC 7396).

use serde::{Deserialize, Deserializer};
use todo_domain::Change;

use crate::error::Fields;

/// A field that may be absent, `null`, or a text. The absent one comes from `#[serde(default)]`.
#[derive(Debug, Default)]
pub(crate) enum PatchField {
    #[default]
    Absent,
    Null,
    Text(String),
}

impl PatchField {
    /// The text, if there is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Absent | Self::Null => None,
        }
    }

    /// What to put in the place of a value that can't be cleared.
    pub(crate) fn set<T, E: ToString>(
        self,
        name: &str,
        fields: &mut Fields,
        parse: impl FnOnce(String) -> Result<T, E>,
    ) -> Option<Option<T>> {
        match self {
            Self::Absent => Some(None),
            Self::Null => fields.parse(name, Err("must not be null")),
            Self::Text(text) => fields.parse(name, parse(text)).map(Some),
        }
    }

    /// What happens to a value that can be cleared.
    pub(crate) fn change<T, E: ToString>(
        self,
        name: &str,
        fields: &mut Fields,
        parse: impl FnOnce(String) -> Result<T, E>,
    ) -> Option<Change<T>> {
        match self {
            Self::Absent => Some(Change::Keep),
            Self::Null => Some(Change::Clear),
            Self::Text(text) => fields.parse(name, parse(text)).map(Change::Set),
        }
    }
}

impl<'de> Deserialize<'de> for PatchField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        Ok(text.map_or(Self::Null, Self::Text))
    }
}
