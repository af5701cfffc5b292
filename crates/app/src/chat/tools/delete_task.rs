//! `delete_task`

use todo_domain::TaskAction;

use super::{Tool, arguments as args};

pub(super) const TOOL: Tool = Tool {
    name: "delete_task",
    description: "Delete one task for good. Only when the user asks for exactly this task to go.",
    parameters: args::one_task_schema,
    parse: |arguments, _| args::act_on_one(arguments, TaskAction::Delete),
};
