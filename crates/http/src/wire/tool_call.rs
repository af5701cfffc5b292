//! What the model did with the todo list, call by call.

use serde::Serialize;
use serde_json::Value;
use todo_app::chat::ToolCallReport;

use super::task::Task;

/// A use of a tool by the model. Its schema is made in `tool_call/schema.rs`.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ToolCall {
    /// The model's name for this call.
    id: String,
    /// Which tool.
    name: String,
    /// As the tool read them. Of a call that was not carried out they are as the model wrote them:
    /// an object, or the raw text where it is none.
    arguments: Value,
    /// Whether you got all that you asked for.
    ok: bool,
    /// `outcome` or `error`, and what goes with it; of a call that names tasks `results` with one of
    /// these for each.
    result: Value,
    /// What the call changed, in order.
    effects: Vec<TaskEffect>,
}

impl From<ToolCallReport> for ToolCall {
    fn from(report: ToolCallReport) -> Self {
        let ToolCallReport { id, name, arguments, ok, result, effects } = report;
        let effects = effects.into_iter().map(TaskEffect::from).collect();
        Self { id, name, arguments, ok, result, effects }
    }
}

/// One task before and after a change.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(example = json!({
    "task_id": 3,
    "before": null,
    "after": {
        "id": 3,
        "title": "finish the report",
        "description": null,
        "priority": "medium",
        "status": "pending",
        "due": null,
        "tags": [],
        "version": 1,
        "created_at": "2026-11-22T09:00:01.123456Z",
        "updated_at": "2026-11-22T09:00:01.123456Z",
        "completed_at": null,
    },
}))]
pub(crate) struct TaskEffect {
    #[schema(minimum = 1)]
    task_id: i64,
    /// `null`: it did not exist.
    #[schema(required)]
    before: Option<Task>,
    /// `null`: it is gone.
    #[schema(required)]
    after: Option<Task>,
}

impl From<todo_domain::TaskEffect> for TaskEffect {
    fn from(effect: todo_domain::TaskEffect) -> Self {
        Self {
            task_id: effect.task_id.get(),
            before: effect.before.map(Task::from),
            after: effect.after.map(Task::from),
        }
    }
}

mod schema;
