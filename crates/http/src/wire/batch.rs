//! Several changes of tasks at once.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, DeserializeOwned, MapAccess, Visitor},
};
use serde_json::{Map, Value};
use todo_domain::{
    Batch, IfVersion, TaskAction, TaskChange, TaskId, TaskOutcome, TaskTarget, TaskVersion,
    TimeZone,
};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr,
        schema::{AdditionalProperties, ObjectBuilder, OneOfBuilder, Schema, Type},
    },
};

use super::{NewTask, Task, TaskActions, TaskPatch};
use crate::{
    error::{ApiError, FieldError, Fields},
    extract::field_error,
};

/// Changes to be carried out together.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TaskBatch {
    /// In order; each finds the tasks as those before it leave them.
    #[schema(min_items = 1, max_items = 100)]
    operations: Vec<Operation>,
}

impl TaskBatch {
    /// The due dates as they came.
    pub(crate) fn dues(&self) -> impl Iterator<Item = &str> {
        self.operations.iter().filter_map(|Operation(fields)| fields.get("due")?.as_str())
    }

    /// `zone` is the user's.
    pub(crate) fn parse(self, zone: &TimeZone) -> Result<Batch, ApiError> {
        let (mut fields, mut changes) = (Fields::default(), Vec::new());
        for (index, operation) in self.operations.into_iter().enumerate() {
            match operation.parse(zone) {
                Ok(change) => changes.push(change),
                Err(errors) => fields.extend(&place(index), errors),
            }
        }
        if !fields.is_empty() {
            return Err(fields.into());
        }
        Batch::new(changes).map_err(|error| FieldError::new("operations", error.to_string()).into())
    }
}

/// How an operation is named in errors.
pub(crate) fn place(index: usize) -> String {
    format!("operations[{index}]")
}

/// The fields of one operation. What they have to be depends on `op`, wherever it stands.
struct Operation(Map<String, Value>);

impl Operation {
    fn parse(mut self, zone: &TimeZone) -> Result<TaskChange, Vec<FieldError>> {
        let op: String = self.required("op")?;
        let action = match op.as_str() {
            "create" => {
                let new = self.rest::<NewTask>()?.parse(zone).map_err(ApiError::into_errors)?;
                return Ok(TaskChange::Create(new));
            }
            "update" => None,
            "complete" => Some(TaskAction::Complete),
            "reopen" => Some(TaskAction::Reopen),
            "delete" => Some(TaskAction::Delete),
            _ => {
                let message = "must be create, update, complete, reopen or delete";
                return Err(vec![FieldError::new("op", message)]);
            }
        };
        let target = self.target()?;
        let action = match action {
            Some(action) => self.rest::<Nothing>().map(|Nothing {}| action)?,
            None => match self.rest::<TaskPatch>()?.parse(zone).map_err(ApiError::into_errors)? {
                TaskActions::One(action) => action,
                TaskActions::Both(..) => {
                    let message = "must be the only field of its operation";
                    return Err(vec![FieldError::new("status", message)]);
                }
            },
        };
        Ok(TaskChange::Act { target, action })
    }

    fn target(&mut self) -> Result<TaskTarget, Vec<FieldError>> {
        let id = TaskId::new(self.required("id")?);
        let id = id.map_err(|error| vec![FieldError::new("id", error.to_string())])?;
        let version = self.take::<i64>("version")?.map(TaskVersion::new);
        Ok(TaskTarget { id, if_version: version.map_or(IfVersion::Any, IfVersion::from) })
    }

    fn required<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, Vec<FieldError>> {
        self.take(name)?.ok_or_else(|| vec![FieldError::new(name, "is required")])
    }

    fn take<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, Vec<FieldError>> {
        let value = self.0.remove(name).map(serde_json::from_value).transpose();
        value.map_err(|error: serde_json::Error| vec![field_error(name, &error.to_string())])
    }

    /// What is left once `op`, `id` and `version` are taken.
    fn rest<T: DeserializeOwned>(self) -> Result<T, Vec<FieldError>> {
        let rest = serde_path_to_error::deserialize(Value::Object(self.0));
        rest.map_err(|error| {
            vec![field_error(&error.path().to_string(), &error.inner().to_string())]
        })
    }
}

impl<'de> Deserialize<'de> for Operation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Collect)
    }
}

/// Collects fields, none of them twice.
struct Collect;

impl<'de> Visitor<'de> for Collect {
    type Value = Operation;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Operation, A::Error> {
        let mut fields = Map::new();
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            if fields.contains_key(&name) {
                return Err(de::Error::custom(
                    "a repeated field, expected an object with each field once",
                ));
            }
            fields.insert(name, value);
        }
        Ok(Operation(fields))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

impl PartialSchema for Operation {
    /// One schema for each `op`: the fields of what it is about, and those that name it.
    fn schema() -> RefOr<Schema> {
        OneOfBuilder::new()
            .description(Some("One change. With `version` it applies to that version only."))
            .item(described("create", Names::Nothing, NewTask::schema()))
            .item(described("update", Names::Task, TaskPatch::schema()))
            .item(described("complete", Names::Task, nothing_else()))
            .item(described("reopen", Names::Task, nothing_else()))
            .item(described("delete", Names::Task, nothing_else()))
            .into()
    }
}

impl ToSchema for Operation {
    fn name() -> Cow<'static, str> {
        "BatchOperation".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        NewTask::schemas(schemas);
        TaskPatch::schemas(schemas);
    }
}

/// Whether an operation names a task.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    Nothing,
    Task,
}

fn nothing_else() -> RefOr<Schema> {
    ObjectBuilder::new().additional_properties(Some(AdditionalProperties::FreeForm(false))).into()
}

/// These fields beside `op`, and `id` and `version` where a task is named. Objects that refuse
/// unknown fields can't be put together in a schema: the fields themselves are.
fn described(op: &str, names: Names, fields: RefOr<Schema>) -> RefOr<Schema> {
    let RefOr::T(Schema::Object(mut object)) = fields else { return fields };
    let number = || ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1));
    let name = ObjectBuilder::new().schema_type(Type::String).enum_values(Some([op]));
    object.properties.insert("op".to_owned(), name.into());
    object.required.push("op".to_owned());
    if names == Names::Task {
        object.properties.insert("id".to_owned(), number().into());
        object.properties.insert("version".to_owned(), number().into());
        object.required.push("id".to_owned());
    }
    object.into()
}

/// What came of all of them.
#[derive(Serialize, ToSchema)]
pub(crate) struct BatchResults {
    /// One for each operation, in order.
    results: Vec<BatchResult>,
}

/// What came of one operation.
#[derive(Serialize, ToSchema)]
struct BatchResult {
    op: BatchOp,
    outcome: BatchOutcome,
    /// The task as the operation left it, or as it was when it was deleted.
    task: Task,
}

/// What was asked for.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "complete")]
enum BatchOp {
    Create,
    Update,
    Complete,
    Reopen,
    Delete,
}

/// What came of it; `unchanged`, `already_completed` and `already_pending` for what was so already.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "completed")]
enum BatchOutcome {
    Created,
    Updated,
    Unchanged,
    Completed,
    AlreadyCompleted,
    Reopened,
    AlreadyPending,
    Deleted,
}

impl BatchResults {
    /// `None` where an outcome is not one of a change that was carried out.
    pub(crate) fn of(outcomes: Vec<TaskOutcome>) -> Option<Self> {
        let results = outcomes.into_iter().map(|outcome| {
            let (op, outcome, task) = match outcome {
                TaskOutcome::Created { after } => (BatchOp::Create, BatchOutcome::Created, after),
                TaskOutcome::Updated { after, .. } => {
                    (BatchOp::Update, BatchOutcome::Updated, after)
                }
                TaskOutcome::Unchanged(task) => (BatchOp::Update, BatchOutcome::Unchanged, task),
                TaskOutcome::Completed { after, .. } => {
                    (BatchOp::Complete, BatchOutcome::Completed, after)
                }
                TaskOutcome::AlreadyCompleted(task) => {
                    (BatchOp::Complete, BatchOutcome::AlreadyCompleted, task)
                }
                TaskOutcome::Reopened { after, .. } => {
                    (BatchOp::Reopen, BatchOutcome::Reopened, after)
                }
                TaskOutcome::AlreadyPending(task) => {
                    (BatchOp::Reopen, BatchOutcome::AlreadyPending, task)
                }
                TaskOutcome::Deleted { before } => (BatchOp::Delete, BatchOutcome::Deleted, before),
                TaskOutcome::Restored { .. }
                | TaskOutcome::Listed(_)
                | TaskOutcome::Found(_)
                | TaskOutcome::NotFound(_)
                | TaskOutcome::VersionMismatch(_)
                | TaskOutcome::LimitReached { .. }
                | TaskOutcome::TooManyTags(_) => return None,
            };
            Some(BatchResult { op, outcome, task: task.into() })
        });
        Some(Self { results: results.collect::<Option<_>>()? })
    }
}
