//! The schema of a call: one for each tool, with its own arguments and the outcomes and refusals that
//! it can have, so that clients made from the document need no casts.

use std::borrow::Cow;

use serde_json::{Value, json};
use todo_app::chat::tools;
use todo_domain::RejectionCode;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

use super::{
    super::task::{Priority, TaskStatus},
    TaskEffect, ToolCall,
};

/// The tools of earlier versions, each for one task: they are in old records.
const FORMER: [&str; 4] = ["update_task", "complete_task", "reopen_task", "delete_task"];

/// What can come of a task: the schema, its `outcome`, and the tool.
const OUTCOMES: [(&str, &str, &str); 8] = [
    ("TaskUpdated", "updated", "update_tasks"),
    ("TaskUnchanged", "unchanged", "update_tasks"),
    ("TaskCompleted", "completed", "complete_tasks"),
    ("TaskAlreadyCompleted", "already_completed", "complete_tasks"),
    ("TaskReopened", "reopened", "reopen_tasks"),
    ("TaskAlreadyPending", "already_pending", "reopen_tasks"),
    ("TaskDeleted", "deleted", "delete_tasks"),
    ("TaskRestored", "restored", UNDO),
];

/// An undo restores tasks, and deletes those that were added.
const UNDO: &str = "undo_last_turn";

/// Why something is not done with a task: the schema and its `error`.
const NO_SUCH_TASK: (&str, &str) = ("NoSuchTask", "task_not_found");
/// It has changed since its deletion was approved.
const TASK_CHANGED: (&str, &str) = ("TaskChangedSince", "version_mismatch");
const TOO_MANY_TAGS: (&str, &str) = ("TaskHasTooManyTags", "too_many_tags");

impl PartialSchema for ToolCall {
    fn schema() -> RefOr<Schema> {
        let calls = calls().into_iter().map(|(name, _)| reference(&name));
        schema_of(json!({
            // A rejected call may bear the name of any tool.
            "anyOf": calls.chain([reference("FormerCall"), reference("WaitingCall"), reference("RejectedCall")]).collect::<Vec<_>>(),
            "description": "A use of a tool by the model: what it asked for and what came of it.",
            "example": {
                "id": "complete_tasks_0",
                "name": "complete_tasks",
                "arguments": { "task_ids": [3, 9] },
                "ok": false,
                "result": { "results": [
                    { "task_id": 3, "outcome": "already_completed", "task": {
                        "id": 3, "title": "finish the report", "priority": "medium", "status": "completed",
                    } },
                    { "task_id": 9, "error": "task_not_found", "message": "There is no task 9." },
                ] },
                "effects": [],
            },
        }))
    }
}

impl ToSchema for ToolCall {
    fn name() -> Cow<'static, str> {
        "ToolCall".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        let parts = calls().into_iter().chain(shared()).chain(arguments()).chain(results());
        schemas.extend(parts.map(|(name, schema)| (name, schema_of(schema))));
        for (name, schema) in [
            (TaskEffect::name(), TaskEffect::schema()),
            (Priority::name(), Priority::schema()),
            (TaskStatus::name(), TaskStatus::schema()),
        ] {
            schemas.push((name.into_owned(), schema));
        }
        TaskEffect::schemas(schemas);
    }
}

/// JSON that is a schema; a test reads all there are.
fn schema_of(schema: Value) -> RefOr<Schema> {
    serde_json::from_value(schema).unwrap_or_else(|_| RefOr::T(Schema::default()))
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn one_of(names: impl IntoIterator<Item = &'static str>) -> Value {
    json!({ "oneOf": names.into_iter().map(reference).collect::<Vec<_>>() })
}

/// "add_task" → "AddTask".
fn in_camel_case(name: &str) -> String {
    let words = name.split('_').map(|word| {
        let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
        first.to_ascii_uppercase() + rest
    });
    words.collect()
}

fn call(description: &str, name: &Value, arguments: &Value, ok: &Value, result: &Value) -> Value {
    json!({
        "type": "object",
        "description": description,
        "required": ["id", "name", "arguments", "ok", "result", "effects"],
        "properties": {
            "id": { "type": "string", "description": "The model's name for this call" },
            "name": name,
            "arguments": arguments,
            "ok": ok,
            "result": result,
            "effects": {
                "type": "array",
                "items": reference("TaskEffect"),
                "description": "What the call changed, in order",
            },
            "duration_ms": {
                "type": "integer",
                "format": "int64",
                "minimum": 0,
                "description": "How long it took inside the store; in the record of a turn alone",
            },
        },
    })
}

/// A call of each tool that is offered.
fn calls() -> Vec<(String, Value)> {
    let ok = json!({ "type": "boolean", "description": "Whether you got all that you asked for" });
    let of_tool = |tool: &str| {
        let name = in_camel_case(tool);
        let result = match tool {
            "add_task" => one_of(["TaskCreated", "TaskListFull"]),
            "list_tasks" => reference("TasksListed"),
            UNDO => {
                one_of(["UndoLastTurnResults", "NothingToUndo", "UndoConflict", "TaskListFull"])
            }
            _ => reference(&format!("{name}Results")),
        };
        let tool_name = json!({ "type": "string", "enum": [tool] });
        let arguments = reference(&format!("{name}Arguments"));
        let description = format!("A call of `{tool}` that was carried out.");
        (format!("{name}Call"), call(&description, &tool_name, &arguments, &ok, &result))
    };
    tools::specs().iter().map(|spec| of_tool(spec.name)).collect()
}

/// The arguments of each tool are what it asks a model for.
fn arguments() -> Vec<(String, Value)> {
    let of_tool = |name: &str, parameters: &str| {
        let mut schema: Value = serde_json::from_str(parameters).unwrap_or_default();
        schema["description"] = format!("What `{name}` was asked for.").into();
        (format!("{}Arguments", in_camel_case(name)), schema)
    };
    tools::specs().iter().map(|spec| of_tool(spec.name, &spec.parameters)).collect()
}

/// Calls that no tool of today made.
fn shared() -> [(String, Value); 3] {
    let outcomes = OUTCOMES.map(|(name, ..)| name);
    let refusals = [NO_SUCH_TASK.0, TOO_MANY_TAGS.0];
    let former = call(
        "A call of a tool for one task, of an earlier version.",
        &json!({ "type": "string", "enum": FORMER }),
        &json!({
            "type": "object",
            "required": ["task_id"],
            "properties": { "task_id": { "type": "integer", "format": "int64", "minimum": 1 } },
        }),
        &json!({ "type": "boolean", "description": "Whether you got what you asked for" }),
        &one_of(outcomes.into_iter().chain(refusals)),
    );
    let waiting = call(
        "A call that waits for your decision, or was not carried out because you said no.",
        &json!({ "type": "string", "description": "Which tool" }),
        &json!({ "type": "object", "description": "As the tool read them" }),
        &json!({ "type": "boolean", "enum": [false] }),
        &one_of(["CallWaiting", "CallDenied"]),
    );
    let rejected = call(
        "A call that was not carried out.",
        &json!({ "type": "string", "description": "Whatever the model wrote" }),
        &json!({
            "type": ["object", "string"],
            "description": "As the model wrote them: an object, or the raw text where it is none",
        }),
        &json!({ "type": "boolean", "enum": [false] }),
        &reference("CallRejected"),
    );
    [
        ("FormerCall".to_owned(), former),
        ("WaitingCall".to_owned(), waiting),
        ("RejectedCall".to_owned(), rejected),
    ]
}

/// What can come of calls.
fn results() -> Vec<(String, Value)> {
    let message = json!({ "type": "string", "description": "A sentence for a person or a model" });
    let word = |word: &str| json!({ "type": "string", "enum": [word] });
    let refusal = |error: &str| {
        json!({
            "type": "object",
            "required": ["error", "message"],
            "properties": { "error": word(error), "message": message },
        })
    };
    let task_id = json!({
        "type": "integer", "format": "int64", "minimum": 1, "description": "The number that was asked for",
    });
    let mut all = vec![
        ("SeenTask", seen_task()),
        (
            "TaskCreated",
            json!({
                "type": "object",
                "required": ["outcome", "task"],
                "properties": { "outcome": word("created"), "task": reference("SeenTask") },
            }),
        ),
        ("TaskListFull", refusal("task_limit_reached")),
        (
            "TasksListed",
            json!({
                "type": "object",
                "required": ["outcome", "total", "shown", "tasks"],
                "properties": {
                    "outcome": word("listed"),
                    "total": { "type": ["integer", "null"], "minimum": 0, "description": "How many there are" },
                    "shown": { "type": "integer", "minimum": 0, "description": "How many of them are in `tasks`" },
                    "tasks": { "type": "array", "items": reference("SeenTask") },
                    "note": { "type": "string", "description": "How to see the others" },
                },
            }),
        ),
        ("NothingToUndo", refusal("nothing_to_undo")),
        (
            "UndoConflict",
            json!({
                "type": "object",
                "required": ["error", "message", "tasks"],
                "properties": {
                    "error": word("undo_conflict"),
                    "message": message,
                    "tasks": {
                        "type": "array",
                        "description": "The tasks that have changed since",
                        "items": {
                            "type": "object",
                            "required": ["id", "version"],
                            "properties": {
                                "id": { "type": "integer", "format": "int64", "minimum": 1 },
                                "version": {
                                    "type": ["integer", "null"],
                                    "format": "int64",
                                    "minimum": 1,
                                    "description": "Its version now; null where it is gone",
                                },
                            },
                        },
                    },
                },
            }),
        ),
        (
            "CallWaiting",
            json!({
                "type": "object",
                "required": ["error", "message", "action_id"],
                "properties": {
                    "error": word("waiting"),
                    "message": message,
                    "action_id": { "type": "string", "format": "uuid", "description": "What to decide" },
                },
            }),
        ),
        ("CallDenied", refusal("denied")),
        (
            "CallRejected",
            json!({
                "type": "object",
                "required": ["error", "message"],
                "properties": {
                    "error": {
                        "type": "string",
                        "enum": RejectionCode::ALL.map(RejectionCode::as_str),
                    },
                    "message": message,
                },
            }),
        ),
    ];
    for (name, outcome, _) in OUTCOMES {
        let schema = json!({
            "type": "object",
            "required": ["task_id", "outcome", "task"],
            "properties": { "task_id": task_id, "outcome": word(outcome), "task": reference("SeenTask") },
        });
        all.push((name, schema));
    }
    for (name, error) in [NO_SUCH_TASK, TOO_MANY_TAGS, TASK_CHANGED] {
        let schema = json!({
            "type": "object",
            "required": ["task_id", "error", "message"],
            "properties": { "task_id": task_id, "error": word(error), "message": message },
        });
        all.push((name, schema));
    }
    for (name, tool) in [
        ("UpdateTasksResults", "update_tasks"),
        ("CompleteTasksResults", "complete_tasks"),
        ("ReopenTasksResults", "reopen_tasks"),
        ("DeleteTasksResults", "delete_tasks"),
        ("UndoLastTurnResults", UNDO),
    ] {
        let outcomes = OUTCOMES.into_iter().filter(|(.., of)| *of == tool).map(|(name, ..)| name);
        let others: &[&str] = match tool {
            "update_tasks" => &[NO_SUCH_TASK.0, TOO_MANY_TAGS.0],
            UNDO => &["TaskDeleted"],
            "delete_tasks" => &[NO_SUCH_TASK.0, TASK_CHANGED.0],
            _ => &[NO_SUCH_TASK.0],
        };
        let mut schema = json!({
            "type": "object",
            "required": ["results"],
            "properties": { "results": {
                "type": "array",
                "items": one_of(outcomes.chain(others.iter().copied())),
                "description": "One for each task that the call names or undoes, in order",
            } },
        });
        if tool == "delete_tasks" {
            schema["properties"]["results"]["description"] =
                "One for each task that the call names or that you were shown, in order: the first 50".into();
            schema["properties"]["total"] = json!({ "type": "integer", "minimum": 51, "description": "Of more than 50: how many there are" });
            schema["properties"]["ok"] = json!({ "type": "integer", "minimum": 0, "description": "How many of these are deleted" });
        }
        all.push((name, schema));
    }
    all.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
}

fn seen_task() -> Value {
    json!({
        "type": "object",
        "description": "A task as the model is shown it. Fields that it does not have are left out.",
        "required": ["id", "title", "priority", "status"],
        "properties": {
            "id": { "type": "integer", "format": "int64", "minimum": 1 },
            "title": { "type": "string" },
            "description": { "type": "string", "description": "Shortened where several tasks are shown" },
            "priority": reference("Priority"),
            "status": reference("TaskStatus"),
            "due": { "type": "string", "format": "day-or-time", "description": "A day, or an instant in UTC" },
            "tags": { "type": "array", "items": { "type": "string" } },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_is_in_the_document_as_it_is_written_here() {
        let all = calls().into_iter().chain(shared()).chain(arguments()).chain(results());
        for (name, schema) in all {
            assert_eq!(serde_json::to_value(schema_of(schema.clone())).unwrap(), schema, "{name}");
        }
        let call = serde_json::to_value(ToolCall::schema()).unwrap();
        assert_eq!(call["anyOf"].as_array().unwrap().len(), calls().len() + 3);
    }

    #[test]
    fn former_tools_are_understood_and_not_offered() {
        for tool in FORMER {
            assert!(tools::arguments(tool, r#"{"task_id":1}"#).is_some(), "{tool}");
            assert!(tools::specs().iter().all(|spec| spec.name != tool), "{tool}");
        }
    }
}
