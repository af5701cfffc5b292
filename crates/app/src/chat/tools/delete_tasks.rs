//! `delete_tasks`

use serde_json::{Value, json};
use todo_domain::{CallOperation, TaskAction, TimeZone};

use super::{Tool, arguments as args, list_tasks};

pub(super) const TOOL: Tool = Tool {
    name: "delete_tasks",
    description: "Delete tasks for good: those of these numbers, only when the user asks for exactly \
                  these to go; or, with an empty task_ids, all that the other fields match, such as \
                  status completed, or status all for everything. The user is asked before many are \
                  deleted: do not ask yourself.",
    parameters,
    parse,
};

fn parameters() -> Value {
    let mut fields = list_tasks::filter_fields();
    fields["task_ids"] = json!({
        "type": "array",
        "items": { "type": "integer" },
        "description": "The numbers of the tasks in the user's list, 1 to 50 of them; empty to delete what the other fields match",
    });
    args::object(&fields, &["task_ids"])
}

fn parse(mut arguments: args::Arguments, zone: &TimeZone) -> Result<CallOperation, String> {
    let names_tasks = arguments
        .get("task_ids")
        .and_then(Value::as_array)
        .is_some_and(|numbers| !numbers.is_empty());
    match (names_tasks, arguments.len() > 1) {
        (false, true) => {
            arguments.remove("task_ids");
            list_tasks::query(arguments, zone).map(CallOperation::DeleteMatching)
        }
        (true, true) => {
            Err("task_ids must not come together with other fields, which mean others".into())
        }
        (_, false) => args::act_on_each(arguments, TaskAction::Delete),
    }
}
