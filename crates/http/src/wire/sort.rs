//! The orders of a list of tasks, for the OpenAPI document.

use todo_domain::TaskSort;
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
        let orders = TaskSort::all().map(|order| order.to_string());
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(orders)).into()
    }
}

impl ToSchema for Sort {}
