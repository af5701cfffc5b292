//! `add_task`

use serde::Deserialize;
use serde_json::{Value, json};
use todo_domain::{CallOperation, NewTask, TaskChange, TaskTitle, TimeZone};

use super::{Tool, arguments as args};

pub(super) const TOOL: Tool = Tool {
    name: "add_task",
    description: "Add one task to the user's todo list. Call it once per task.",
    parameters,
    parse,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    title: String,
    description: Option<String>,
    priority: Option<String>,
    due: Option<String>,
    tags: Option<Vec<String>>,
}

fn parameters() -> Value {
    args::object(
        &json!({
            "title": args::title_schema(),
            "description": args::description_schema(),
            "priority": args::priority_schema(),
            "due": args::due_schema(),
            "tags": args::tags_schema("What the user groups the task by, only if they name tags: each a word of letters, digits, - and _, without #; at most 10"),
        }),
        &["title"],
    )
}

fn parse(arguments: args::Arguments, zone: &TimeZone) -> Result<CallOperation, String> {
    let Arguments { title, description, priority, due, tags } = args::read(arguments)?;
    Ok(CallOperation::Change(TaskChange::Create(NewTask {
        title: args::field("title", TaskTitle::new(title))?,
        description: args::description(description)?,
        priority: args::priority(priority.as_deref())?.unwrap_or_default(),
        due: args::due(due.as_deref(), zone)?,
        tags: args::tags("tags", tags)?.unwrap_or_default(),
    })))
}
