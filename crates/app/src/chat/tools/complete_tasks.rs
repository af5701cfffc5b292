//! `complete_tasks`

use todo_domain::TaskAction;

use super::{Tool, arguments as args};

pub(super) const TOOL: Tool = Tool {
    name: "complete_tasks",
    description: "Mark tasks as done.",
    parameters: args::tasks_schema,
    parse: |arguments, _| args::act_on_each(arguments, TaskAction::Complete),
};
