//! Lines of a file, as they are written and read.

use serde_json::{Value, json};
use todo_domain::Due;

use super::*;

fn task() -> Value {
    json!({
        "type": "task", "id": 3, "title": "buy milk", "priority": "high", "due_day": "2026-11-27",
        "version": 2, "created_at": "2026-11-22T09:00:00Z", "updated_at": "2026-11-22T10:00:00Z"
    })
}

fn turn() -> Value {
    json!({
        "type": "turn", "id": "00000000-0000-7000-8000-000000000001",
        "conversation_id": "00000000-0000-7000-8000-000000000002",
        "status": "failed", "code": "turn_timeout", "engine": "cohere", "model": "m",
        "usage": { "input_tokens": 1, "output_tokens": 2 },
        "steps": [{
            "number": 1, "engine": "cohere", "model": "m", "plan": "I \u{1F95B} add",
            "usage": { "input_tokens": 1, "output_tokens": 2 },
            "calls": [
                { "id": "a", "name": "add_task", "arguments": "{not json", "duration_us": 7,
                  "outcome": { "kind": "rejected", "code": "invalid_arguments", "message": "no" } },
                { "id": "b", "name": "complete_task", "arguments": "{\"id\":9}", "duration_us": 8,
                  "outcome": { "kind": "not_found", "id": 9 } },
            ],
        }],
        "started_at": "2026-11-22T09:00:00Z", "finished_at": "2026-11-22T09:00:30.5Z"
    })
}

fn header() -> Value {
    json!({
        "type": "header", "format": "todo-chatbot", "version": 1,
        "exported_at": "2026-11-22T09:00:00Z",
        "account": { "id": 1, "email": "ada@example.org", "name": "Ada", "timezone": "Asia/Tokyo",
                     "created_at": "2026-11-22T09:00:00Z" }
    })
}

fn with(mut line: Value, pointer: &str, value: Value) -> Value {
    let (object, field) = pointer.rsplit_once('/').unwrap();
    line.pointer_mut(object).unwrap()[field] = value;
    line
}

fn fault(line: &Value) -> String {
    JsonLines.read(&line.to_string()).unwrap_err().to_string()
}

#[test]
fn what_was_written_is_read_and_what_was_read_is_written() {
    let deleted = json!({
        "id": "c", "name": "delete_task", "arguments": "{}", "duration_us": 9,
        "outcome": { "kind": "deleted" }, "before": with(task(), "/type", Value::Null)
    });
    let mut changing = turn();
    let mut image = deleted;
    image["before"].as_object_mut().unwrap().remove("type");
    let before = image["before"].clone();
    changing["steps"][0]["calls"][0] = image;
    let mut several = turn();
    several["steps"][0]["calls"][0] = json!({
        "id": "c", "name": "delete_tasks", "arguments": "{}", "duration_us": 9,
        "outcome": { "kind": "deleted", "each": [
            { "kind": "deleted" }, { "kind": "not_found", "id": 9 }, { "kind": "deleted" },
        ] },
        "before": before,
        "effects": [{ "before": with(before.clone(), "/id", json!(4)) }, { "before": before }],
    });
    for line in [header(), task(), turn(), changing, several] {
        let record = JsonLines.read(&line.to_string()).unwrap();
        let written: Value = serde_json::from_str(&JsonLines.write(record).unwrap()).unwrap();
        assert_eq!(written, line);
    }
}

#[test]
fn a_field_of_a_later_version_that_may_be_left_aside_is_left_aside() {
    let line = with(task(), "/colour", json!("red"));
    assert_eq!(JsonLines.read(&line.to_string()), JsonLines.read(&task().to_string()));
}

#[test]
fn a_list_that_is_too_long_is_refused_before_it_is_read_to_its_end() {
    let (step, call) = (&turn()["steps"][0], &turn()["steps"][0]["calls"][0]);
    for (pointer, item, max) in [("/steps", step, 6), ("/steps/0/calls", call, 128)] {
        let longest = with(turn(), pointer, json!(vec![item; max]));
        assert!(JsonLines.read(&longest.to_string()).is_ok(), "{pointer}");
        let mut items = vec![item.clone(); max + 1];
        items.push(json!("never looked at"));
        assert_eq!(
            fault(&with(turn(), pointer, json!(items))),
            format!("is no record of this format: a field must be a list of at most {max}")
        );
    }
}

/// A tree of it could not be held: serde_json refuses to nest so deeply.
#[test]
fn what_is_left_aside_is_not_held() {
    let deep: Value = (0..100).fold(json!(0), |inner, _| json!([inner]));
    let deep = format!("[{}]", deep.to_string().replace('0', &deep.to_string()));
    for (line, object) in
        [(header(), "/account"), (task(), ""), (turn(), ""), (turn(), "/steps/0/calls/0/outcome")]
    {
        let filled = with(line.clone(), &format!("{object}/unknown"), json!("x")).to_string();
        let filled = filled.replace("\"unknown\":\"x\"", &format!("\"unknown\":{deep}"));
        assert_eq!(JsonLines.read(&filled), JsonLines.read(&line.to_string()), "{object}");
    }
}

#[test]
fn an_instant_is_when_a_task_is_due_whatever_day_is_said_beside_it() {
    for day in [json!("2026-11-27"), json!("2031-01-01"), Value::Null] {
        let line = with(task(), "/due_day", day);
        let line = with(line, "/due_at", json!("2026-11-28T04:30:00Z"));
        let Ok(ArchiveRecord::Task(task)) = JsonLines.read(&line.to_string()) else {
            panic!("no task: {line}")
        };
        assert_eq!(task.due, Some(Due::At("2026-11-28T04:30:00Z".parse().unwrap())));
        // Earlier versions read no instant without a day.
        let written = JsonLines.write(ArchiveRecord::Task(task)).unwrap();
        assert!(written.contains(r#""due_day":"2026-11-28","due_at":"2026-11-28T04:30:00Z""#));
    }
}

#[test]
fn only_the_line_of_a_turn_may_be_long() {
    let long = json!("x".repeat(MAX_SHORT_LINE));
    let problem = "is longer than 512 KiB, which only the line of a turn may be";
    for line in [header(), task()] {
        assert_eq!(fault(&with(line, "/unknown", long.clone())), problem);
    }
    assert!(JsonLines.read(&with(turn(), "/unknown", long).to_string()).is_ok());
}

#[test]
fn what_can_not_be_read_is_told_with_its_bound_and_without_its_value() {
    for (line, expected) in [
        (
            with(task(), "/title", json!("x".repeat(201))),
            "a task's title must be at most 200 characters long, not 201",
        ),
        (with(task(), "/title", json!(5)), "is no record of this format: a field must be a string"),
        (
            with(task(), "/id", json!(0)),
            "a task's id must be a whole number from 1 to 9223372036854775807",
        ),
        (json!({ "type": "task" }), "is no record of this format: a field `id` is required"),
        (with(header(), "/format", json!("other")), "format must be todo-chatbot"),
        (with(header(), "/version", json!(2)), "version must be 1; this service reads no other"),
        (
            with(header(), "/account/timezone", json!("Mars")),
            "the account's timezone must be an IANA time zone such as Europe/Berlin",
        ),
        (with(turn(), "/engine", Value::Null), "engine and model must come together or not at all"),
        (with(turn(), "/code", Value::Null), "code is required of a turn that failed"),
        (
            with(turn(), "/steps/0/calls/0/outcome", json!({ "kind": "found" })),
            "is no record of this format: a field `task` is required",
        ),
        (
            with(turn(), "/steps/0/calls/0/outcome", json!({ "kind": "created" })),
            "the effect of a call must have the images that its kind of outcome has",
        ),
    ] {
        assert_eq!(fault(&line), expected);
    }
    let unknown = fault(&json!({ "type": "note" }));
    assert!(
        unknown.starts_with("is no record of this format: a field must be one of `header`"),
        "{unknown}"
    );
    assert_eq!(JsonLines.read("{\"type\":").unwrap_err().to_string(), "is not JSON: see column 8");
    assert_eq!(JsonLines.read("").unwrap_err().to_string(), "is not JSON: see column 0");
}
