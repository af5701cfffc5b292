//! Fields of JSON bodies, each read on its own.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::value::RawValue;
use todo_domain::Change;

use crate::{
    error::{Cause, Fault, Fields},
    extract::fault,
};

/// A field of a body. The absent one comes from `#[serde(default)]`.
#[derive(Debug, Default)]
pub(crate) enum Field<V = String> {
    #[default]
    Absent,
    Null,
    Value(V),
    /// It is of another type.
    Wrong(Fault),
}

impl<V> Field<V> {
    pub(crate) fn value(&self) -> Option<&V> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null | Self::Wrong(_) => None,
        }
    }
}

impl Field {
    /// The text, if there is one.
    pub(crate) fn text(&self) -> Option<&str> {
        self.value().map(String::as_str)
    }
}

impl<V: DeserializeOwned> Field<V> {
    /// What the JSON of a field says.
    pub(crate) fn of(json: Option<&RawValue>) -> Self {
        match json.map(RawValue::get) {
            None => Self::Absent,
            Some("null") => Self::Null,
            Some(json) => read(json).map_or_else(Self::Wrong, Self::Value),
        }
    }

    /// The value of a field that has to be there.
    pub(crate) fn required<T, E: Into<Fault>>(
        self,
        name: &str,
        fields: &mut Fields,
        parse: impl FnOnce(V) -> Result<T, E>,
    ) -> Option<T> {
        let fault = match self {
            Self::Value(value) => return fields.parse(name, parse(value)),
            Self::Absent => Fault::new(Cause::Required, "is required"),
            Self::Null => match read::<V>("null") {
                Ok(value) => return fields.parse(name, parse(value)),
                Err(fault) => fault,
            },
            Self::Wrong(fault) => fault,
        };
        fields.refuse(name, fault);
        None
    }

    /// The same of a value that needs no parsing.
    pub(crate) fn given(self, name: &str, fields: &mut Fields) -> Option<V> {
        self.required(name, fields, Ok::<_, Fault>)
    }

    /// The value of a field that may be absent, or `null`, which means the same.
    pub(crate) fn optional<T, E: Into<Fault>>(
        self,
        name: &str,
        fields: &mut Fields,
        parse: impl FnOnce(V) -> Result<T, E>,
    ) -> Option<Option<T>> {
        match self {
            Self::Absent | Self::Null => Some(None),
            given => given.required(name, fields, parse).map(Some),
        }
    }

    /// What to put instead of a value that can't be cleared.
    pub(crate) fn set<T, E: Into<Fault>>(
        self,
        name: &str,
        fields: &mut Fields,
        parse: impl FnOnce(V) -> Result<T, E>,
    ) -> Option<Option<T>> {
        match self {
            Self::Null => {
                fields.refuse(name, Fault::new(Cause::Null, "must not be null"));
                None
            }
            given => given.optional(name, fields, parse),
        }
    }

    /// What happens to a value that can be cleared, in a merge patch (RFC 7396).
    pub(crate) fn change<T, E: Into<Fault>>(
        self,
        name: &str,
        fields: &mut Fields,
        parse: impl FnOnce(V) -> Result<T, E>,
    ) -> Option<Change<T>> {
        match self {
            Self::Absent => Some(Change::Keep),
            Self::Null => Some(Change::Clear),
            given => given.required(name, fields, parse).map(Change::Set),
        }
    }
}

impl<T: DeserializeOwned> Field<OfObject<T>> {
    /// The fields of an object that has to be there.
    pub(crate) fn object(self, name: &str, fields: &mut Fields) -> Option<T> {
        self.given(name, fields).map(|OfObject(object)| object)
    }
}

/// A struct that came as an object. Serde reads structs from arrays, too.
#[derive(Debug)]
pub(crate) struct OfObject<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OfObject<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(AsObject(PhantomData))
    }
}

struct AsObject<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for AsObject<T> {
    type Value = OfObject<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(OfObject)
    }
}

fn read<V: DeserializeOwned>(json: &str) -> Result<V, Fault> {
    serde_json::from_str(json).map_err(|error| fault(&error.to_string()))
}

impl<'de, V: DeserializeOwned> Deserialize<'de> for Field<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Box::<RawValue>::deserialize(deserializer)?;
        Ok(Self::of(Some(&json)))
    }
}
