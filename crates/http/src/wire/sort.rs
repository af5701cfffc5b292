//! The orders of a list of tasks, for the OpenAPI document.

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr,
        schema::{ObjectBuilder, Schema, Type},
    },
};

/// The orders of a list.
pub(super) struct Sort;

impl PartialSchema for Sort {
    fn schema() -> RefOr<Schema> {
        let orders = ["created_at", "updated_at", "due", "priority"];
        let orders = orders.into_iter().flat_map(|field| [field.to_owned(), format!("-{field}")]);
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(orders)).into()
    }
}

impl ToSchema for Sort {}
