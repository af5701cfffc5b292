//! JSON objects and query strings, read field by field: whatever is wrong with one field, the others
//! are read all the same.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    fmt,
};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _, MapAccess, Visitor, value::MapDeserializer},
    forward_to_deserialize_any,
};
use serde_json::value::{RawValue, to_raw_value};

use super::serde_errors::fault;
use crate::error::{ApiError, Cause, Fault, Fields};

/// The fields of an object that nobody has looked at yet. Of those that are there more than once, the
/// first.
#[derive(Debug, Default)]
pub(crate) struct Object {
    fields: BTreeMap<String, Box<RawValue>>,
    repeated: Vec<String>,
}

/// What was sent, and what is wrong with the names of its fields: some are unknown or repeated.
#[derive(Debug)]
pub(crate) struct Given<T> {
    pub(crate) fields: T,
    faults: Fields,
}

impl Object {
    pub(crate) fn has_repeated(&self) -> bool {
        !self.repeated.is_empty()
    }

    /// The parameters of a query string: fields with texts.
    pub(super) fn of_parameters(
        parameters: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, serde_json::Error> {
        let mut object = Self::default();
        for (name, text) in parameters {
            object.insert(name, to_raw_value(&text)?);
        }
        Ok(object)
    }

    /// The text of a field.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.fields.get(name)?.get()).ok()
    }

    /// Reads the fields that the struct has, and leaves the others.
    pub(crate) fn take<T: DeserializeOwned>(&mut self, faults: &mut Fields) -> Option<T> {
        let mut names: &[&str] = &[];
        let taken = T::deserialize(FieldsOf { fields: &self.fields, names: &mut names });
        for name in names {
            self.fields.remove(*name);
        }
        taken.map_err(|error| faults.refuse_all(fault(&error.to_string()))).ok()
    }

    /// Notes that the fields that are left are unknown.
    pub(crate) fn finish(self, faults: &mut Fields) {
        for name in &self.repeated {
            if !self.fields.contains_key(name) {
                faults.refuse(name, Fault::new(Cause::Repeated, "must be given once"));
            }
        }
        for name in self.fields.keys() {
            faults.refuse(name, Fault::new(Cause::UnknownField, "is unknown"));
        }
    }

    /// Reads all of it.
    pub(crate) fn read<T: DeserializeOwned>(mut self) -> Result<Given<T>, ApiError> {
        let mut faults = Fields::default();
        let fields = self.take(&mut faults);
        self.finish(&mut faults);
        match fields {
            Some(fields) => Ok(Given { fields, faults }),
            None => Err(faults.into()),
        }
    }

    fn insert(&mut self, name: String, value: Box<RawValue>) {
        match self.fields.entry(name) {
            Entry::Vacant(field) => drop(field.insert(value)),
            Entry::Occupied(field) => self.repeated.push(field.key().clone()),
        }
    }
}

impl<T> Given<T> {
    /// Parses the fields. What is wrong with them is reported together with what is wrong with their
    /// names.
    pub(crate) fn parse<V>(
        self,
        parse: impl FnOnce(T, &mut Fields) -> Option<V>,
    ) -> Result<V, ApiError> {
        let mut faults = Fields::default();
        let value = parse(self.fields, &mut faults);
        faults.append(self.faults);
        faults.finish(value)
    }
}

impl<T> From<T> for Given<T> {
    fn from(fields: T) -> Self {
        Self { fields, faults: Fields::default() }
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Collect)
    }
}

struct Collect;

impl<'de> Visitor<'de> for Collect {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        let mut object = Object::default();
        while let Some((name, value)) = map.next_entry()? {
            object.insert(name, value);
        }
        Ok(object)
    }
}

/// Gives a struct the fields that it names, and keeps the names.
struct FieldsOf<'de, 'n> {
    fields: &'de BTreeMap<String, Box<RawValue>>,
    names: &'n mut &'static [&'static str],
}

impl<'de> Deserializer<'de> for FieldsOf<'de, '_> {
    type Error = serde_json::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        *self.names = names;
        let named = names.iter().filter_map(|name| Some((*name, &**self.fields.get(*name)?)));
        visitor.visit_map(MapDeserializer::new(named))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
        Err(Self::Error::custom("only the fields of structs are known"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
