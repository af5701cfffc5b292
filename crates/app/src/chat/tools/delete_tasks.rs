//! `delete_tasks`

use todo_domain::TaskAction;

use super::{Tool, arguments as args};

pub(super) const TOOL: Tool = Tool {
    name: "delete_tasks",
    description: "Delete tasks for good. Only when the user asks for exactly these tasks to go.",
    parameters: args::tasks_schema,
    parse: |arguments, _| args::act_on_each(arguments, TaskAction::Delete),
};
