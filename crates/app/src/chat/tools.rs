//! The tools a model may call. Each is pure: a name, a description, a JSON Schema, and a parser
//! that turns arguments into a [`CallOperation`]. None can reach anything by itself.
//!
//! The schemas keep to what Cohere's `strict_tools` accepts: no bounds on numbers and lengths
//! (parsing checks those), at least one required argument per tool.

mod add_task;
mod arguments;
mod complete_tasks;
mod delete_tasks;
mod former;
mod lenient;
mod list_tasks;
mod reopen_tasks;
mod undo_last_turn;
mod update_tasks;

use std::sync::Arc;

use serde_json::{Map, Value};
use todo_domain::{CallOperation, Rejection, RejectionCode, TimeZone, ToolSpec};

/// How many tasks a model sees at once, at most.
pub use list_tasks::MAX_LISTED;

struct Tool {
    name: &'static str,
    description: &'static str,
    parameters: fn() -> Value,
    /// Parses arguments of the types in `parameters`. The error is a sentence that the model can act
    /// on.
    parse: fn(arguments::Arguments, &TimeZone) -> Result<CallOperation, String>,
}

/// The tools that are offered.
const TOOLS: [Tool; 7] = [
    add_task::TOOL,
    list_tasks::TOOL,
    complete_tasks::TOOL,
    reopen_tasks::TOOL,
    update_tasks::TOOL,
    delete_tasks::TOOL,
    undo_last_turn::TOOL,
];

/// The name of the tool that undoes turns, as a program does by their ids.
pub(super) const UNDO: &str = undo_last_turn::TOOL.name;

/// The tool of this name, offered or not.
fn named(name: &str) -> Option<&'static Tool> {
    const ALL: [&[Tool]; 2] = [&TOOLS, &former::TOOLS];
    ALL.into_iter().flatten().find(|tool| tool.name == name)
}

/// The tools as a model is shown them.
#[must_use]
pub fn specs() -> Arc<[ToolSpec]> {
    TOOLS
        .iter()
        .map(|tool| ToolSpec {
            name: tool.name,
            description: tool.description,
            parameters: (tool.parameters)().to_string(),
        })
        .collect()
}

/// The tool's name, if there is such a tool: a name for the metrics, which a model can't make up.
pub(super) fn known(name: &str) -> Option<&'static str> {
    named(name).map(|tool| tool.name)
}

/// The arguments of a call as the tool reads them; `None` without such a tool, and where it does not
/// take them.
#[must_use]
pub fn arguments(name: &str, arguments: &str) -> Option<Map<String, Value>> {
    lenient::arguments(arguments, &(named(name)?.parameters)()).ok()
}

/// What a call amounts to. `zone` is where the user is: a time without an
/// offset is meant there, and so are the days of a list.
///
/// # Errors
/// A [`Rejection`] for an unknown tool and for arguments the tool does not take.
pub fn parse(name: &str, arguments: &str, zone: &TimeZone) -> Result<CallOperation, Rejection> {
    let Some(tool) = named(name) else {
        let known = TOOLS.map(|tool| tool.name).join(", ");
        return Err(Rejection {
            code: RejectionCode::UnknownTool,
            message: format!("There is no such tool. The tools are: {known}."),
        });
    };
    let read = lenient::arguments(arguments, &(tool.parameters)());
    read.and_then(|arguments| (tool.parse)(arguments, zone)).map_err(|reason| Rejection {
        code: RejectionCode::InvalidArguments,
        message: format!("Nothing was done: {reason}."),
    })
}

#[cfg(test)]
#[path = "tools_tests.rs"]
mod tests;
