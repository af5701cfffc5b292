//! Reading the arguments of a call, and the pieces that schemas share.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use todo_domain::{
    CallOperation, Due, Priority, Tag, Tags, TaskAction, TaskDescription, TaskId, TaskIds,
    TimeZone, is_blank,
};

/// The arguments of a call, as the tool's schema asks for them.
pub(super) type Arguments = Map<String, Value>;

/// Takes arguments apart. They have the types of the schema, so that what fails is the schema.
pub(super) fn read<T: DeserializeOwned>(arguments: Arguments) -> Result<T, String> {
    serde_path_to_error::deserialize(Value::Object(arguments))
        .map_err(|error| format!("{} can't be read", error.path()))
}

/// Puts the field's name before what is wrong with it.
pub(super) fn field<T, E: std::fmt::Display>(
    name: &str,
    result: Result<T, E>,
) -> Result<T, String> {
    result.map_err(|error| {
        let error = error.to_string();
        // "tags" and "[1] must be a text".
        let space = if error.starts_with('[') { "" } else { " " };
        format!("{name}{space}{error}")
    })
}

/// A blank description is none.
pub(super) fn description(text: Option<String>) -> Result<Option<TaskDescription>, String> {
    text.filter(|text| !is_blank(text))
        .map(|text| field("description", TaskDescription::new(text)))
        .transpose()
}

pub(super) fn priority(text: Option<&str>) -> Result<Option<Priority>, String> {
    text.map(|text| field("priority", text.parse())).transpose()
}

pub(super) fn due(text: Option<&str>, zone: &TimeZone) -> Result<Option<Due>, String> {
    text.map(|text| field("due", Due::parse(text.trim(), zone))).transpose()
}

/// Each tag by its index, where it is none.
pub(super) fn tags(name: &str, words: Option<Vec<String>>) -> Result<Option<Tags>, String> {
    let Some(words) = words else { return Ok(None) };
    let tags = words
        .iter()
        .enumerate()
        .map(|(index, word)| field(&format!("{name}[{index}]"), Tag::new(word)))
        .collect::<Result<Vec<_>, _>>()?;
    field(name, Tags::new(tags)).map(Some)
}

/// The arguments of a tool that does the same with each of some tasks and needs to know nothing else.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct SomeTasks {
    task_ids: Vec<i64>,
}

pub(super) fn task_id(name: &str, number: i64) -> Result<TaskId, String> {
    field(name, TaskId::new(number))
}

/// Each number by its position, where it is none.
pub(super) fn task_ids(numbers: Vec<i64>) -> Result<TaskIds, String> {
    let ids = numbers
        .into_iter()
        .enumerate()
        .map(|(position, number)| task_id(&format!("task_ids[{position}]"), number))
        .collect::<Result<Vec<_>, _>>()?;
    field("task_ids", TaskIds::new(ids))
}

pub(super) fn act_on_each(
    arguments: Arguments,
    action: TaskAction,
) -> Result<CallOperation, String> {
    let SomeTasks { task_ids: numbers } = read(arguments)?;
    Ok(CallOperation::Each { tasks: task_ids(numbers)?, action })
}

pub(super) fn tasks_schema() -> Value {
    object(&json!({ "task_ids": task_ids_schema() }), &["task_ids"])
}

pub(super) fn object(properties: &Value, required: &[&str]) -> Value {
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// A field that is an object itself.
pub(super) fn optional_object(meaning: &str, properties: &Value, required: &[&str]) -> Value {
    let mut schema = object(properties, required);
    schema["description"] = meaning.into();
    schema
}

pub(super) fn task_ids_schema() -> Value {
    json!({
        "type": "array",
        "items": { "type": "integer" },
        "description": "The numbers of the tasks in the user's list, 1 to 50 of them",
    })
}

pub(super) fn title_schema() -> Value {
    json!({ "type": "string", "description": "What is to be done, in the user's words, without priority, due date or tags; 1 to 200 characters" })
}

pub(super) fn description_schema() -> Value {
    json!({ "type": "string", "description": "More about the task, only if the user said more; at most 2,000 characters" })
}

pub(super) fn priority_schema() -> Value {
    json!({ "type": "string", "enum": ["low", "medium", "high"] })
}

pub(super) fn due_schema() -> Value {
    json!({ "type": "string", "description": "When it is due: a day (2026-11-27), or a day with a time in the user's time zone (2026-11-27T15:00) if the user named a time" })
}

pub(super) fn day_schema(meaning: &str) -> Value {
    json!({ "type": "string", "format": "date", "description": meaning })
}

pub(super) fn tags_schema(meaning: &str) -> Value {
    json!({ "type": "array", "items": { "type": "string" }, "description": meaning })
}
