//! Reading what tools brought, without knowing how exactly they put it.

use serde_json::Value;

use super::Step;

/// A task as some result shows it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Task {
    pub(super) id: i64,
    title: String,
}

/// The tasks in a result: every object with an `id` and a `title`, however deep.
pub(super) fn tasks(result: &str) -> Vec<Task> {
    let mut found = Vec::new();
    if let Ok(result) = serde_json::from_str(result) {
        collect(&result, &mut found);
    }
    found
}

fn collect(value: &Value, found: &mut Vec<Task>) {
    match value {
        Value::Object(fields) => {
            let id = fields.get("id").and_then(Value::as_i64);
            let title = fields.get("title").and_then(Value::as_str);
            match (id, title) {
                (Some(id), Some(title)) => found.push(Task { id, title: title.into() }),
                _ => fields.values().for_each(|value| collect(value, found)),
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

/// The numbers of tasks with this in their title, in the last step.
pub(super) fn listed_as(steps: &[Step], name: &str) -> Vec<i64> {
    let name = name.to_lowercase();
    let results = steps.last().into_iter().flat_map(|step| &step.results);
    results
        .flat_map(|(_, result)| tasks(result))
        .filter(|task| task.title.to_lowercase().contains(&name))
        .map(|task| task.id)
        .collect()
}

/// One sentence about a result.
pub(super) fn tell(tool: &str, result: &str) -> String {
    let read: Value = serde_json::from_str(result).unwrap_or_default();
    if let Some(results) = read.get("results").and_then(Value::as_array) {
        let each: Vec<_> = results.iter().map(|one| tell(tool, &one.to_string())).collect();
        return each.join(" ");
    }
    if let Some(message) = read.get("message").and_then(Value::as_str) {
        return format!("That did not work: {message}");
    }
    let tasks = tasks(result);
    let named: Vec<String> =
        tasks.iter().map(|Task { id, title }| format!("{id} ({title})")).collect();
    let named = named.join(", ");
    let outcome = read.get("outcome").and_then(Value::as_str).unwrap_or(tool).replace('_', " ");
    match tool {
        "list_tasks" if tasks.is_empty() => "There are no such tasks.".into(),
        "list_tasks" => format!("Your tasks: {named}."),
        _ if tasks.is_empty() => format!("The tool {tool} said: {result}"),
        _ => format!("Task {named}: {outcome}."),
    }
}
