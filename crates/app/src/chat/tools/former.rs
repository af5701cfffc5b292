//! The tools of earlier versions, each for one task. They are no longer offered, but a model that has
//! seen them in a conversation may still call them.

use serde_json::{Value, json};
use todo_domain::{CallOperation, TaskChange, TimeZone};

use super::{Tool, arguments as args, complete_tasks, delete_tasks, reopen_tasks, update_tasks};

pub(super) const TOOLS: [Tool; 4] = [
    Tool {
        name: "update_task",
        description: "Change fields of one task.",
        parameters: || of_one_task(&update_tasks::TOOL),
        parse: |arguments, zone| one(&update_tasks::TOOL, arguments, zone),
    },
    Tool {
        name: "complete_task",
        description: "Mark one task as done.",
        parameters: || of_one_task(&complete_tasks::TOOL),
        parse: |arguments, zone| one(&complete_tasks::TOOL, arguments, zone),
    },
    Tool {
        name: "reopen_task",
        description: "Mark one completed task as pending again.",
        parameters: || of_one_task(&reopen_tasks::TOOL),
        parse: |arguments, zone| one(&reopen_tasks::TOOL, arguments, zone),
    },
    Tool {
        name: "delete_task",
        description: "Delete one task for good.",
        parameters: || of_one_task(&delete_tasks::TOOL),
        parse: |arguments, zone| one(&delete_tasks::TOOL, arguments, zone),
    },
];

/// The schema of a tool for several tasks, with `task_id` instead of `task_ids`.
fn of_one_task(tool: &Tool) -> Value {
    let mut schema = (tool.parameters)();
    if let Some(fields) = schema["properties"].as_object_mut() {
        fields.remove("task_ids");
        fields.insert("task_id".to_owned(), json!({ "type": "integer" }));
    }
    schema["required"] = json!(["task_id"]);
    schema
}

/// What the tool for several tasks does with the one.
fn one(
    tool: &Tool,
    mut arguments: args::Arguments,
    zone: &TimeZone,
) -> Result<CallOperation, String> {
    let id = arguments.remove("task_id").unwrap_or_default();
    let id = args::task_id("task_id", id.as_i64().unwrap_or_default())?;
    arguments.insert("task_ids".to_owned(), json!([id.get()]));
    Ok(match (tool.parse)(arguments, zone)? {
        CallOperation::Each { action, .. } => TaskChange::act(id, action).into(),
        one => one,
    })
}
