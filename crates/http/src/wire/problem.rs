//! The body of everything that went wrong.

use serde::Serialize;
use todo_domain::UndoConflict;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr,
        schema::{ObjectBuilder, Schema, Type},
    },
};

use super::ToolCall;
use crate::error::{Fault, FieldError};

/// What went wrong (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// A reference to the description of this kind of problem.
    #[serde(rename = "type")]
    #[schema(example = "/docs/errors#validation_failed")]
    pub(crate) kind: String,
    /// The kind of problem in words.
    #[schema(example = "Invalid values")]
    pub(crate) title: &'static str,
    /// The status of the answer.
    #[schema(example = 422)]
    pub(crate) status: u16,
    /// What happened, for a person to read.
    #[schema(example = "The request has invalid values; `errors` names each.")]
    pub(crate) detail: String,
    /// The kind of problem, for programs to branch on.
    #[schema(example = "validation_failed")]
    pub(crate) code: &'static str,
    /// The id of the request, as in the header `X-Request-Id`.
    #[schema(example = "019ab1b0-7d5c-7000-8000-3c1f4a5e6d7b")]
    pub(crate) request_id: String,
    /// Where the service is traced: the trace of the request, as 32 hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "4bf92f3577b34da6a3ce929d0e0e4736", nullable = false)]
    pub(crate) trace_id: Option<String>,
    /// With `validation_failed`: everything that is wrong. With `batch_rejected`: the operation
    /// that can't be carried out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<FieldErrorSchema>, max_items = 100)]
    pub(crate) errors: Vec<FieldError>,
    /// When a chat turn failed or was stopped: its conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Uuid, nullable = false)]
    pub(crate) conversation_id: Option<String>,
    /// When a chat turn failed, was stopped, or is in the way: that turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Uuid, nullable = false)]
    pub(crate) turn_id: Option<String>,
    /// When a chat turn failed: the calls that were carried out all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) tool_calls: Option<Vec<ToolCall>>,
    /// With `undo_conflict`: the tasks that have changed since.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) tasks: Vec<ChangedTask>,
}

/// What is wrong with one field, parameter, header or line.
#[derive(ToSchema)]
#[schema(as = FieldError)]
#[expect(dead_code, reason = "it describes `FieldError`")]
struct FieldErrorSchema {
    /// The field of the body by its path, the parameter of the query, the header, or the line.
    #[schema(example = "title")]
    field: String,
    /// A phrase to put after its name.
    #[schema(example = "must be at most 200 characters long, not 214")]
    message: String,
    /// What is wrong, for programs to say it in their own words.
    code: FieldErrorCode,
    /// The least that is allowed.
    #[schema(nullable = false)]
    min: Option<i64>,
    /// The most that is allowed.
    #[schema(nullable = false, example = 200)]
    max: Option<i64>,
    /// How many characters there are.
    #[schema(nullable = false, example = 214)]
    length: Option<u64>,
    /// What is understood.
    #[schema(nullable = false)]
    values: Option<Vec<String>>,
    /// The format that is wanted.
    #[schema(nullable = false)]
    format: Option<String>,
    /// The number of the line, from 1.
    #[schema(nullable = false, minimum = 1)]
    line: Option<u64>,
}

/// The codes of faults.
struct FieldErrorCode;

impl PartialSchema for FieldErrorCode {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("What is wrong with a value."))
            .enum_values(Some(Fault::codes().map(|(code, _)| code)))
            .examples([serde_json::json!("too_long")])
            .into()
    }
}

impl ToSchema for FieldErrorCode {}

/// A task that is not as a turn left it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ChangedTask {
    #[schema(minimum = 1, example = 3)]
    pub(crate) id: i64,
    /// Its version now; `null` if the task is gone.
    #[schema(required, minimum = 1, example = 4)]
    pub(crate) version: Option<i64>,
}

impl From<UndoConflict> for ChangedTask {
    fn from(conflict: UndoConflict) -> Self {
        Self {
            id: conflict.task_id.get(),
            version: conflict.version.map(todo_domain::TaskVersion::get),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_a_code_is_described() {
        let RefOr::T(Schema::Object(described)) = FieldErrorSchema::schema() else { panic!() };
        for (code, numbers) in Fault::codes() {
            for number in numbers {
                assert!(described.properties.contains_key(*number), "{code}: {number}");
            }
        }
    }
}
