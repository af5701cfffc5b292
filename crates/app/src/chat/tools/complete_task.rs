//! `complete_task`

use todo_domain::TaskAction;

use super::{Tool, arguments as args};

pub(super) const TOOL: Tool = Tool {
    name: "complete_task",
    description: "Mark one task as done.",
    parameters: args::one_task_schema,
    parse: |arguments, _| args::act_on_one(arguments, TaskAction::Complete),
};
