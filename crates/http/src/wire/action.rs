//! What a turn asks before it is done.

use serde::Serialize;
use todo_app::chat::ToolCallReport;
use utoipa::ToSchema;

use super::instant::instant;

/// What waits for your decision: approve or reject it by its id, or say yes or no.
#[derive(Serialize, ToSchema)]
pub(crate) struct Action {
    #[schema(format = Uuid, example = "01a20502-a9f2-7d11-8a63-5b1c0c9f4e21")]
    id: String,
    /// From then on it can't be approved any more.
    #[schema(format = DateTime, example = "2026-11-22T09:10:02.123456Z")]
    expires_at: String,
    /// The calls that wait. All of them are carried out, or none.
    operations: Vec<ActionOperation>,
}

/// A call that waits.
#[derive(Serialize, ToSchema)]
struct ActionOperation {
    /// The `id` of the call.
    #[schema(example = "delete_tasks_0")]
    tool_call_id: String,
    /// Which tool.
    #[schema(example = "delete_tasks")]
    name: String,
    /// As the model wrote them.
    #[schema(value_type = Object)]
    arguments: serde_json::Value,
    /// The tasks that it would delete, at most 500. One that changes before you decide stays.
    tasks: Vec<ActionTask>,
}

/// A task that would be deleted.
#[derive(Serialize, ToSchema)]
struct ActionTask {
    #[schema(minimum = 1, example = 3)]
    id: i64,
    /// What it was called when you were asked.
    #[schema(example = "finish the report")]
    title: String,
}

impl From<todo_domain::Action> for Action {
    fn from(action: todo_domain::Action) -> Self {
        Self {
            id: action.id.to_string(),
            expires_at: instant(action.expires_at),
            operations: action.calls.into_iter().map(ActionOperation::from).collect(),
        }
    }
}

impl From<todo_domain::ActionCall> for ActionOperation {
    fn from(todo_domain::ActionCall { call, deletes }: todo_domain::ActionCall) -> Self {
        let task = |task: todo_domain::ActionTask| ActionTask {
            id: task.id.get(),
            title: task.title.as_str().to_owned(),
        };
        Self {
            arguments: ToolCallReport::arguments_of(&call.arguments),
            tool_call_id: call.id,
            name: call.name,
            tasks: deletes.into_iter().flatten().map(task).collect(),
        }
    }
}
