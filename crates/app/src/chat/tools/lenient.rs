//! Arguments as models write them, made what a tool's schema asks for.
//!
//! Models fill fields that they don't need with `""` or `null`, write numbers as `1.0` or `"1"`,
//! `true` as `"true"`, and a list as JSON text or as its only item. What is meant is clear, and a
//! refusal would only cost a step. What is not clear is refused by name, in words that a model and
//! a person understand.

use serde_json::{Map, Value, map::Entry};
use todo_domain::is_blank;

use super::arguments::field;

/// The longest name of a field that is repeated in a refusal, in characters.
const MAX_NAME: usize = 60;

/// Reads JSON text as the arguments that this schema describes. Absent optional fields are left out;
/// what is there has its type.
pub(super) fn arguments(text: &str, schema: &Value) -> Result<Map<String, Value>, String> {
    fields(object(text)?, schema, "")
}

/// The fields that a schema of an object describes, which is called `within`.
fn fields(
    given: Map<String, Value>,
    schema: &Value,
    within: &str,
) -> Result<Map<String, Value>, String> {
    let no_fields = Map::new();
    let fields = schema["properties"].as_object().unwrap_or(&no_fields);
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut arguments = Map::new();
    for (name, value) in given {
        let Some(schema) = fields.get(&name) else {
            let name: String = name.chars().take(MAX_NAME).collect();
            let known: Vec<&str> = fields.keys().map(String::as_str).collect();
            let known = listed(&known, "and");
            return Err(format!("there is no field {within}{name}, only {known}"));
        };
        let optional = !required.contains(&name.as_str());
        let path = format!("{within}{name}");
        let read = match schema["type"].as_str() {
            Some("object") => nested(value, schema, &path)?,
            _ => field(&path, read(value, schema, optional))?,
        };
        if let Some(value) = read {
            let Entry::Vacant(entry) = arguments.entry(name) else { continue };
            entry.insert(value);
        }
    }
    match required.iter().find(|name| !arguments.contains_key(**name)) {
        Some(missing) => Err(format!("{within}{missing} is missing")),
        None => Ok(arguments),
    }
}

/// Models write nothing or `null` for "no arguments".
fn object(text: &str) -> Result<Map<String, Value>, String> {
    let text = match text.trim() {
        "" | "null" => return Ok(Map::new()),
        text => text,
    };
    if !text.starts_with('{') {
        return Err("the arguments must be a JSON object".into());
    }
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Map<String, Value>>();
    let object = match values.next() {
        Some(Ok(object)) => object,
        Some(Err(error)) if error.is_eof() => {
            return Err("the arguments end before their JSON object does".into());
        }
        _ => return Err("the arguments must be valid JSON".into()),
    };
    match values.next() {
        None => Ok(object),
        Some(_) => Err("something follows the JSON object of the arguments".into()),
    }
}

/// A value of the type that a schema asks for; `None` where it says nothing.
fn read(value: Value, schema: &Value, optional: bool) -> Result<Option<Value>, String> {
    if value.is_null() || optional && is_empty(&value) {
        return Ok(None);
    }
    match schema["type"].as_str() {
        Some("integer") => whole_number(&value).map(Some),
        Some("boolean") => flag(&value).map(Some),
        Some("array") => list(value, &schema["items"]).map(Some),
        _ => word(value, schema).map(Some),
    }
}

/// `1`, `1.0`, `"1"`, `" 2 "`.
fn whole_number(value: &Value) -> Result<Value, String> {
    /// Up to here every whole number has a floating-point number of its own.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let written = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => String::new(),
    };
    if let Ok(number) = written.parse::<i64>() {
        return Ok(number.into());
    }
    let looks_like_one = !written.is_empty()
        && written.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    written
        .parse::<f64>()
        .ok()
        .filter(|number| looks_like_one && number.fract() == 0.0 && number.abs() <= EXACT)
        .and_then(|number| format!("{number:.0}").parse::<i64>().ok())
        .map(Value::from)
        .ok_or_else(|| "must be a whole number".into())
}

/// `true`, `"true"`, `"False"`.
fn flag(value: &Value) -> Result<Value, String> {
    let flag = match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => text.trim().to_ascii_lowercase().parse().ok(),
        _ => None,
    };
    flag.map(Value::Bool).ok_or_else(|| "must be true or false".into())
}

/// An object, or one as JSON text. One whose fields are all empty says nothing.
fn nested(value: Value, schema: &Value, path: &str) -> Result<Option<Value>, String> {
    if is_empty(&value) {
        return Ok(None);
    }
    let value = match &value {
        Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
        _ => value,
    };
    let Value::Object(object) = value else { return field(path, Err("must be an object")) };
    if object.values().all(is_empty) {
        return Ok(None);
    }
    fields(object, schema, &format!("{path}.")).map(|object| Some(Value::Object(object)))
}

/// Whether a value says nothing.
fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(is_blank)
}

/// `["home"]`, `"[\"home\"]"`, `"home"`, `3`. Items that say nothing are left out.
fn list(value: Value, items: &Value) -> Result<Value, String> {
    let values = match value {
        Value::Array(values) => values,
        Value::String(text) => match serde_json::from_str(&text) {
            Ok(Value::Array(values)) => values,
            _ => vec![Value::String(text)],
        },
        number if number.is_number() && items["type"] == "integer" => vec![number],
        _ => return Err("must be a list".into()),
    };
    let mut read = Vec::with_capacity(values.len());
    for (index, value) in values.into_iter().enumerate() {
        if !is_empty(&value) {
            let item = match items["type"].as_str() {
                Some("integer") => whole_number(&value),
                _ => word(value, items),
            };
            read.push(item.map_err(|reason| format!("[{index}] {reason}"))?);
        }
    }
    Ok(Value::Array(read))
}

/// A text, or one of a few words in whatever case.
fn word(value: Value, schema: &Value) -> Result<Value, String> {
    let Some(choices) = schema["enum"].as_array() else {
        return if value.is_string() { Ok(value) } else { Err("must be a text".into()) };
    };
    let said = value.as_str().unwrap_or_default().trim();
    let choices: Vec<&str> = choices.iter().filter_map(Value::as_str).collect();
    match choices.iter().find(|choice| choice.eq_ignore_ascii_case(said)) {
        Some(choice) => Ok((*choice).into()),
        None => Err(format!("must be {}", listed(&choices, "or"))),
    }
}

/// "low, medium or high".
fn listed(words: &[&str], link: &str) -> String {
    match words {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [all @ .., last] => format!("{} {link} {last}", all.join(", ")),
    }
}
