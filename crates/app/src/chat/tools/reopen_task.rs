//! `reopen_task`

use todo_domain::TaskAction;

use super::{Tool, arguments as args};

pub(super) const TOOL: Tool = Tool {
    name: "reopen_task",
    description: "Mark one completed task as pending again.",
    parameters: args::one_task_schema,
    parse: |arguments, _| args::act_on_one(arguments, TaskAction::Reopen),
};
