//! `update_tasks`

use serde::Deserialize;
use serde_json::{Value, json};
use todo_domain::{
    CallOperation, Change, Due, DueChange, DueShift, DueUnit, TagChange, Tags, TaskAction,
    TaskPatch, TaskTitle, TimeZone,
};

use super::{Tool, arguments as args};

pub(super) const TOOL: Tool = Tool {
    name: "update_tasks",
    description: "Change fields of tasks, the same for each of them. Fields that are not named stay as they are.",
    parameters,
    parse,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    task_ids: Vec<i64>,
    title: Option<String>,
    description: Option<String>,
    priority: Option<String>,
    due: Option<String>,
    tags: Option<Vec<String>>,
    add_tags: Option<Vec<String>>,
    remove_tags: Option<Vec<String>>,
    #[serde(rename = "move")]
    shift: Option<Shift>,
    clear: Option<Vec<Clearable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shift {
    by: i64,
    unit: Unit,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Unit {
    Minute,
    Hour,
    Day,
    Week,
    Month,
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
            "task_ids": args::task_ids_schema(),
            "title": args::title_schema(),
            "description": args::description_schema(),
            "priority": args::priority_schema(),
            "due": { "type": "string", "description": "When it is due from now on: a day with a time in the user's time zone (2026-11-27T15:00) if the user named a time, or a day (2026-11-27), on which it keeps the time it is due at, if it has one" },
            "move": args::optional_object(
                "How much later it is due, or earlier if by is negative, when the user says so instead of a date: 'postpone it by two days'",
                &json!({
                    "by": { "type": "integer", "description": "How many units later; negative for earlier" },
                    "unit": { "type": "string", "enum": ["minute", "hour", "day", "week", "month"] },
                }),
                &["by", "unit"],
            ),
            "tags": args::tags_schema("All tags of the task from now on, in place of those it has"),
            "add_tags": args::tags_schema("Tags to add to those it has"),
            "remove_tags": args::tags_schema("Tags to remove from those it has"),
            "clear": {
                "type": "array",
                "items": { "type": "string", "enum": ["description", "due", "tags"] },
                "description": "Fields to remove from the task",
            },
        }),
        &["task_ids"],
    )
}

fn parse(arguments: args::Arguments, zone: &TimeZone) -> Result<CallOperation, String> {
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
        due: due_change(
            args::due(arguments.due.as_deref(), zone)?,
            arguments.shift,
            clear.contains(&Clearable::Due),
            zone,
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
    Ok(CallOperation::Each {
        tasks: args::task_ids(arguments.task_ids)?,
        action: TaskAction::Update(patch),
    })
}

/// A mere day leaves the time of a task that is due at one as it is: who moves the dentist to
/// Thursday means the same hour.
fn due_change(
    set: Option<Due>,
    shift: Option<Shift>,
    clear: bool,
    zone: &TimeZone,
) -> Result<DueChange, String> {
    let Some(Shift { by, unit }) = shift else {
        return Ok(match change("due", set, clear)? {
            Change::Set(Due::Day(day)) => DueChange::MoveTo { day, zone: zone.clone() },
            other => other.into(),
        });
    };
    if set.is_some() || clear {
        return Err("due can be set, moved or cleared, not two of these".into());
    }
    let unit = match unit {
        Unit::Minute => DueUnit::Minute,
        Unit::Hour => DueUnit::Hour,
        Unit::Day => DueUnit::Day,
        Unit::Week => DueUnit::Week,
        Unit::Month => DueUnit::Month,
    };
    let by = args::field("move.by", DueShift::new(by, unit))?;
    Ok(DueChange::Shift { by, zone: zone.clone() })
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
