//! `update_task`

use serde::Deserialize;
use serde_json::{Value, json};
use todo_domain::{
    Change, TagChange, Tags, TaskAction, TaskOperation, TaskPatch, TaskTitle, TimeZone,
};

use super::{Tool, arguments as args};

pub(super) const TOOL: Tool = Tool {
    name: "update_task",
    description: "Change fields of one task. Fields that are not named stay as they are.",
    parameters,
    parse,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    task_id: i64,
    title: Option<String>,
    description: Option<String>,
    priority: Option<String>,
    due: Option<String>,
    tags: Option<Vec<String>>,
    add_tags: Option<Vec<String>>,
    remove_tags: Option<Vec<String>>,
    clear: Option<Vec<Clearable>>,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Clearable {
    Description,
    Due,
    Tags,
}

fn parameters() -> Value {
    args::object(
        &json!({
            "task_id": args::task_id_schema(),
            "title": args::title_schema(),
            "description": args::description_schema(),
            "priority": args::priority_schema(),
            "due": args::due_schema(),
            "tags": args::tags_schema("All tags of the task from now on, in place of those it has"),
            "add_tags": args::tags_schema("Tags to add to those it has"),
            "remove_tags": args::tags_schema("Tags to remove from those it has"),
            "clear": {
                "type": "array",
                "items": { "type": "string", "enum": ["description", "due", "tags"] },
                "description": "Fields to remove from the task",
            },
        }),
        &["task_id"],
    )
}

fn parse(arguments: args::Arguments, zone: &TimeZone) -> Result<TaskOperation, String> {
    let arguments: Arguments = args::read(arguments)?;
    let clear = arguments.clear.unwrap_or_default();
    let patch = TaskPatch {
        title: arguments
            .title
            .map(|title| args::field("title", TaskTitle::new(title)))
            .transpose()?,
        description: change(
            "description",
            args::description(arguments.description)?,
            clear.contains(&Clearable::Description),
        )?,
        priority: args::priority(arguments.priority.as_deref())?,
        due: change(
            "due",
            args::due(arguments.due.as_deref(), zone)?,
            clear.contains(&Clearable::Due),
        )?,
        tags: tag_change(
            change("tags", some_tags("tags", arguments.tags)?, clear.contains(&Clearable::Tags))?,
            some_tags("add_tags", arguments.add_tags)?,
            some_tags("remove_tags", arguments.remove_tags)?,
        )?,
    };
    if patch == TaskPatch::default() {
        return Err("name at least one field to change".into());
    }
    Ok(TaskOperation::act(args::task_id(arguments.task_id)?, TaskAction::Update(patch)))
}

fn change<T>(name: &str, set: Option<T>, clear: bool) -> Result<Change<T>, String> {
    match (set, clear) {
        (Some(_), true) => Err(format!("{name} can be set or cleared, not both")),
        (Some(value), false) => Ok(Change::Set(value)),
        (None, true) => Ok(Change::Clear),
        (None, false) => Ok(Change::Keep),
    }
}

/// Models fill fields that they don't need with empty lists: those say nothing.
fn some_tags(name: &str, words: Option<Vec<String>>) -> Result<Option<Tags>, String> {
    args::tags(name, words.filter(|words| !words.is_empty()))
}

fn tag_change(
    all: Change<Tags>,
    add: Option<Tags>,
    remove: Option<Tags>,
) -> Result<TagChange, String> {
    let adjusted = TagChange::adjust(add.unwrap_or_default(), remove.unwrap_or_default())
        .map_err(|error| error.to_string())?;
    let all = match all {
        Change::Keep => return Ok(adjusted),
        Change::Set(tags) => tags,
        Change::Clear => Tags::default(),
    };
    match adjusted {
        TagChange::Keep => Ok(TagChange::Set(all)),
        _ => Err("tags can be replaced or cleared, or added and removed, not both".into()),
    }
}
