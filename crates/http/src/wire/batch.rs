//! Several changes of tasks at once.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use todo_domain::{
    Batch, IfVersion, TaskAction, TaskChange, TaskDone, TaskId, TaskTarget, TaskVersion, TimeZone,
};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr,
        schema::{AdditionalProperties, ObjectBuilder, OneOfBuilder, Schema, Type},
    },
};

use super::{NewTask, Task, TaskActions, TaskPatch, field::Field};
use crate::{
    error::{Cause, Fault, Fields, one_of},
    extract::{Object, repeated},
};

/// Changes to be carried out together.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TaskBatch {
    /// In order; each finds the tasks as those before it leave them.
    #[serde(default)]
    #[schema(value_type = Vec<Operation>, required, min_items = 1, max_items = 100)]
    operations: Field<Vec<Field<Operation>>>,
}

impl TaskBatch {
    /// The due dates as they came.
    pub(crate) fn dues(&self) -> impl Iterator<Item = String> {
        let operations = self.operations.value().into_iter().flatten();
        operations.filter_map(|operation| operation.value()?.0.text("due"))
    }

    /// `zone` is the user's.
    pub(crate) fn parse(self, zone: &TimeZone, fields: &mut Fields) -> Option<Batch> {
        let operations = self.operations.given("operations", fields)?;
        let size = fields.parse("operations", Batch::check_size(operations.len()));
        let operations = operations.into_iter().enumerate();
        let changes: Vec<Option<TaskChange>> = operations
            .map(|(index, operation)| {
                let path = path_of(index);
                let operation = operation.given(&path, fields)?;
                fields.below(&path, |fields| operation.parse(zone, fields))
            })
            .collect();
        size?;
        let changes = changes.into_iter().collect::<Option<_>>()?;
        fields.parse("operations", Batch::new(changes))
    }
}

/// How an operation is named in errors.
pub(crate) fn path_of(index: usize) -> String {
    format!("operations[{index}]")
}

/// The fields of one operation. What they have to be depends on `op`, wherever it stands.
#[derive(Debug, Deserialize)]
struct Operation(Object);

#[derive(Deserialize)]
struct Kind {
    #[serde(default)]
    op: Field,
}

#[derive(Deserialize)]
struct Target {
    #[serde(default)]
    id: Field<i64>,
    #[serde(default)]
    version: Field<i64>,
}

impl Operation {
    fn parse(self, zone: &TimeZone, fields: &mut Fields) -> Option<TaskChange> {
        let Self(mut rest) = self;
        if rest.has_repeated() {
            fields.refuse_all(repeated());
            return None;
        }
        let Kind { op } = rest.take(fields)?;
        let op = op.required("op", fields, |op| BatchOp::parse(&op))?;
        let change = match op {
            BatchOp::Create => {
                let new: NewTask = rest.take(fields)?;
                new.parse(zone, fields).map(TaskChange::Create)
            }
            BatchOp::Update | BatchOp::Complete | BatchOp::Reopen | BatchOp::Delete => {
                let target: Target = rest.take(fields)?;
                let target = target.parse(fields);
                let action = match op {
                    BatchOp::Complete => Some(TaskAction::Complete),
                    BatchOp::Reopen => Some(TaskAction::Reopen),
                    BatchOp::Delete => Some(TaskAction::Delete),
                    _ => update(rest.take(fields)?, zone, fields),
                };
                target.zip(action).map(|(target, action)| TaskChange::Act { target, action })
            }
        };
        rest.finish(fields);
        change
    }
}

impl Target {
    fn parse(self, fields: &mut Fields) -> Option<TaskTarget> {
        let id = self.id.required("id", fields, TaskId::new);
        let version =
            self.version.optional("version", fields, |it| Ok::<_, Fault>(TaskVersion::new(it)));
        let if_version = version?.map_or(IfVersion::Any, IfVersion::from);
        Some(TaskTarget { id: id?, if_version })
    }
}

fn update(patch: TaskPatch, zone: &TimeZone, fields: &mut Fields) -> Option<TaskAction> {
    match patch.parse(zone, fields)? {
        TaskActions::One(action) => Some(action),
        TaskActions::Both(..) => {
            let message = "must be the only field of its operation";
            fields.refuse("status", Fault::new(Cause::Exclusive, message));
            None
        }
    }
}

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

impl BatchOp {
    const ALL: [Self; 5] = [Self::Create, Self::Update, Self::Complete, Self::Reopen, Self::Delete];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Complete => "complete",
            Self::Reopen => "reopen",
            Self::Delete => "delete",
        }
    }

    fn parse(text: &str) -> Result<Self, Fault> {
        Self::ALL.into_iter().find(|op| op.as_str() == text).ok_or_else(|| {
            let message = "must be create, update, complete, reopen or delete";
            Fault::new(one_of(Self::ALL.map(Self::as_str)), message)
        })
    }
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

impl From<Batch<TaskDone>> for BatchResults {
    fn from(done: Batch<TaskDone>) -> Self {
        Self { results: done.iter().map(BatchResult::from).collect() }
    }
}

impl From<&TaskDone> for BatchResult {
    fn from(done: &TaskDone) -> Self {
        let (op, outcome) = match done {
            TaskDone::Created { .. } => (BatchOp::Create, BatchOutcome::Created),
            TaskDone::Updated { .. } => (BatchOp::Update, BatchOutcome::Updated),
            TaskDone::Unchanged(_) => (BatchOp::Update, BatchOutcome::Unchanged),
            TaskDone::Completed { .. } => (BatchOp::Complete, BatchOutcome::Completed),
            TaskDone::AlreadyCompleted(_) => (BatchOp::Complete, BatchOutcome::AlreadyCompleted),
            TaskDone::Reopened { .. } => (BatchOp::Reopen, BatchOutcome::Reopened),
            TaskDone::AlreadyPending(_) => (BatchOp::Reopen, BatchOutcome::AlreadyPending),
            TaskDone::Deleted { .. } => (BatchOp::Delete, BatchOutcome::Deleted),
        };
        Self { op, outcome, task: done.task().clone().into() }
    }
}
