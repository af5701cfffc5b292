//! Examples of whole bodies, put together from those of their fields.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use utoipa::openapi::{
    Ref, RefOr, Schema,
    schema::{ArrayItems, Object},
};

/// The schemas of a document by name.
pub(super) type Schemas = BTreeMap<String, RefOr<Schema>>;

/// Whether an example shows the fields that may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Optional {
    /// As in a request, to show what can be said.
    Shown,
    /// As in most answers.
    LeftOut,
}

/// Puts examples together.
pub(super) struct Examples<'a> {
    pub(super) schemas: &'a Schemas,
    pub(super) optional: Optional,
}

impl Examples<'_> {
    /// An example of what the schema describes: its own, or one made of those of its parts. `None`
    /// when a part that has to be there has none.
    pub(super) fn of(&self, schema: &RefOr<Schema>) -> Option<Value> {
        match schema {
            RefOr::Ref(reference) => self.of(self.schemas.get(name_of(reference))?),
            RefOr::T(Schema::Object(object)) => self.of_object(object),
            RefOr::T(Schema::Array(array)) => array.example.clone().or_else(|| {
                let ArrayItems::RefOrSchema(item) = &array.items else { return None };
                Some(Value::Array(vec![self.of(item)?]))
            }),
            RefOr::T(Schema::OneOf(one)) => {
                one.example.clone().or_else(|| one.items.iter().find_map(|item| self.of(item)))
            }
            RefOr::T(Schema::AnyOf(any)) => {
                any.example.clone().or_else(|| any.items.iter().find_map(|item| self.of(item)))
            }
            RefOr::T(Schema::AllOf(all)) => all.example.clone().or_else(|| {
                let mut merged = Map::new();
                for item in &all.items {
                    let Value::Object(fields) = self.of(item)? else { return None };
                    merged.extend(fields);
                }
                Some(Value::Object(merged))
            }),
            RefOr::T(_) => None,
        }
    }

    fn of_object(&self, object: &Object) -> Option<Value> {
        let own = object.example.clone();
        let own = own.or_else(|| object.enum_values.as_ref()?.first().cloned());
        if own.is_some() || object.properties.is_empty() {
            return own;
        }
        let mut fields = Map::new();
        for (name, schema) in &object.properties {
            let required = object.required.contains(name);
            if !required && self.optional == Optional::LeftOut {
                continue;
            }
            match self.of(schema) {
                Some(value) => drop(fields.insert(name.clone(), value)),
                None if required => return None,
                None => {}
            }
        }
        Some(Value::Object(fields))
    }
}

fn name_of(reference: &Ref) -> &str {
    reference.ref_location.trim_start_matches("#/components/schemas/")
}
