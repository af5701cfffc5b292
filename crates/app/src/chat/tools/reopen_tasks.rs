//! `reopen_tasks`

use todo_domain::TaskAction;

use super::{Tool, arguments as args};

pub(super) const TOOL: Tool = Tool {
    name: "reopen_tasks",
    description: "Mark completed tasks as pending again.",
    parameters: args::tasks_schema,
    parse: |arguments, _| args::act_on_each(arguments, TaskAction::Reopen),
};
