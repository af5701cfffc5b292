//! What models may write, and what comes of it.

use serde_json::{Value, json};
use todo_domain::{
    CallOperation, Change, Due, DueChange, DueShift, DueUnit, Priority, RejectionCode, TagChange,
    Tags, TaskAction, TaskChange, TaskId, TaskIds, TaskStatus, TimeZone,
};

use super::*;

fn parsed(name: &str, arguments: &Value) -> CallOperation {
    parsed_in(name, &arguments.to_string(), &TimeZone::UTC)
}

fn parsed_in(name: &str, arguments: &str, zone: &TimeZone) -> CallOperation {
    match parse(name, arguments, zone).unwrap() {
        CallOperation::Each { tasks, action } => match tasks.as_slice() {
            [only] => TaskChange::act(*only, action).into(),
            several => panic!("{several:?}"),
        },
        other => other,
    }
}

fn refused(name: &str, arguments: &str) -> String {
    let rejection = parse(name, arguments, &TimeZone::UTC).unwrap_err();
    assert_eq!(rejection.code, RejectionCode::InvalidArguments, "{}", rejection.message);
    rejection.message
}

fn tags(text: &str) -> Tags {
    text.parse().unwrap()
}

#[test]
fn add_task_reads_every_field() {
    let operation = parsed(
        "add_task",
        &json!({ "title": " pay rent ", "description": "to Ada", "priority": "high", "due": "2026-12-01", "tags": ["#Home", "bills"] }),
    );
    let CallOperation::Change(TaskChange::Create(task)) = operation else {
        panic!("{operation:?}")
    };
    assert_eq!(task.title.as_str(), "pay rent");
    assert_eq!(task.description.unwrap().as_str(), "to Ada");
    assert_eq!(task.priority, Priority::High);
    assert_eq!(task.due, Some(Due::Day("2026-12-01".parse().unwrap())));
    assert_eq!(task.tags, tags("bills,home"));
}

#[test]
fn null_means_not_said() {
    let operation = parsed(
        "add_task",
        &json!({ "title": "x", "description": null, "priority": null, "due": null, "tags": null }),
    );
    let CallOperation::Change(TaskChange::Create(task)) = operation else {
        panic!("{operation:?}")
    };
    assert_eq!((task.description, task.priority, task.due), (None, Priority::Medium, None));
}

#[test]
fn a_time_without_an_offset_is_the_users() {
    let zone: TimeZone = "Europe/Berlin".parse().unwrap();
    let operation = parsed_in("add_task", r#"{"title":"x","due":"2026-11-27T15:00"}"#, &zone);
    let CallOperation::Change(TaskChange::Create(task)) = operation else {
        panic!("{operation:?}")
    };
    assert_eq!(task.due.unwrap().to_string(), "2026-11-27T14:00:00Z");
}

#[test]
fn a_listing_is_bounded_and_all_means_no_filter() {
    let CallOperation::List(query) = parsed("list_tasks", &json!({ "status": "all" })) else {
        panic!()
    };
    assert_eq!((query.filter.status, query.limit.get()), (None, MAX_LISTED));
    let CallOperation::List(query) =
        parsed("list_tasks", &json!({ "status": "completed", "query": "100%" }))
    else {
        panic!()
    };
    assert_eq!(query.filter.status, Some(TaskStatus::Completed));
    assert_eq!(query.filter.text.unwrap().as_str(), "100%");
}

#[test]
fn the_days_of_a_list_are_the_users() {
    let tokyo: TimeZone = "Asia/Tokyo".parse().unwrap();
    let arguments = r#"{"status":"pending","due_before":"2026-12-25","overdue":true}"#;
    let CallOperation::List(query) = parsed_in("list_tasks", arguments, &tokyo) else { panic!() };
    assert_eq!((query.zone, query.filter.overdue), (tokyo, true));
    assert_eq!(query.filter.due_before, "2026-12-25".parse().ok());
}

#[test]
fn a_field_is_changed_cleared_or_left() {
    let operation =
        parsed("update_tasks", &json!({ "task_ids": [3], "priority": "low", "clear": ["due"] }));
    let CallOperation::Change(TaskChange::Act { target, action: TaskAction::Update(patch) }) =
        operation
    else {
        panic!("{operation:?}")
    };
    assert_eq!(target.id, TaskId::new(3).unwrap());
    assert_eq!(patch.priority, Some(Priority::Low));
    assert_eq!(patch.due, DueChange::Clear);
    assert_eq!(patch.description, Change::Keep);
}

#[test]
fn a_due_date_is_set_moved_to_a_day_or_put_off() {
    let zone = || TimeZone::UTC;
    let put_off =
        |by, unit| DueChange::Shift { by: DueShift::new(by, unit).unwrap(), zone: zone() };
    let day = "2026-12-01".parse().unwrap();
    for (arguments, change) in [
        (json!({ "due": "2026-12-01" }), DueChange::MoveTo { day, zone: zone() }),
        (
            json!({ "due": "2026-12-01T15:00" }),
            DueChange::Set(Due::parse("2026-12-01T15:00:00Z", &zone()).unwrap()),
        ),
        (json!({ "move": { "by": 2, "unit": "day" } }), put_off(2, DueUnit::Day)),
        (
            json!({ "move": { "by": "-1.0", "unit": "Week" }, "due": "" }),
            put_off(-1, DueUnit::Week),
        ),
        (json!({ "move": "{\"by\":90,\"unit\":\"minute\"}" }), put_off(90, DueUnit::Minute)),
        (json!({ "move": {}, "clear": ["due"] }), DueChange::Clear),
        (json!({ "move": { "by": null, "unit": "" }, "priority": "low" }), DueChange::Keep),
    ] {
        let mut all = json!({ "task_ids": [3] });
        all.as_object_mut().unwrap().extend(arguments.as_object().unwrap().clone());
        let operation = parsed("update_tasks", &all);
        let CallOperation::Change(TaskChange::Act { action: TaskAction::Update(patch), .. }) =
            operation
        else {
            panic!("{operation:?}")
        };
        assert_eq!(patch.due, change, "{arguments}");
    }
    for (arguments, reason) in [
        (
            json!({ "move": { "by": 0, "unit": "day" } }),
            "move.by must be a whole number from -10000 to 10000",
        ),
        (json!({ "move": { "by": 1.5, "unit": "day" } }), "move.by must be a whole number"),
        (json!({ "move": { "by": 1 } }), "move.unit is missing"),
        (
            json!({ "move": { "by": 1, "unit": "fortnight" } }),
            "move.unit must be minute, hour, day, week or month",
        ),
        (json!({ "move": 2 }), "move must be an object"),
        (json!({ "move": { "by": 1, "unit": "day" }, "due": "2026-12-01" }), "not two of these"),
        (json!({ "move": { "by": 1, "unit": "day" }, "clear": ["due"] }), "not two of these"),
    ] {
        let mut all = json!({ "task_ids": [3] });
        all.as_object_mut().unwrap().extend(arguments.as_object().unwrap().clone());
        let message = refused("update_tasks", &all.to_string());
        assert!(message.contains(reason), "{arguments}: {message}");
    }
}

#[test]
fn tags_are_replaced_added_or_removed() {
    for (arguments, change) in [
        (json!({ "task_ids": [3], "tags": ["b", "a"] }), TagChange::Set(tags("a,b"))),
        (
            json!({ "task_ids": [3], "clear": ["tags"], "tags": [] }),
            TagChange::Set(Tags::default()),
        ),
        (json!({ "task_ids": [3], "title": "x", "tags": [], "add_tags": [] }), TagChange::Keep),
        (
            json!({ "task_ids": [3], "tags": [], "add_tags": ["home"], "remove_tags": [] }),
            TagChange::adjust(tags("home"), Tags::default()).unwrap(),
        ),
        (
            json!({ "task_ids": [3], "add_tags": ["a"], "remove_tags": ["b"], "tags": null }),
            TagChange::adjust(tags("a"), tags("b")).unwrap(),
        ),
    ] {
        let operation = parsed("update_tasks", &arguments);
        let CallOperation::Change(TaskChange::Act { action: TaskAction::Update(patch), .. }) =
            operation
        else {
            panic!("{operation:?}")
        };
        assert_eq!(patch.tags, change, "{arguments}");
    }
}

#[test]
fn a_listing_may_ask_for_several_tags_at_once() {
    let arguments = json!({ "status": "all", "tags": ["work", "#home"] });
    let CallOperation::List(query) = parsed("list_tasks", &arguments) else { panic!() };
    assert_eq!(query.filter.tags, tags("home,work"));
}

#[test]
fn wrong_arguments_are_refused_by_name() {
    for (tool, arguments, named) in [
        ("add_task", "{}", "title"),
        ("add_task", "", "title"),
        ("add_task", "null", "title"),
        ("add_task", r#"{"title":7}"#, "title"),
        ("add_task", r#"{"title":" "}"#, "title must not be blank"),
        ("add_task", r#"{"title":"x","due":"tomorrow"}"#, "due"),
        ("add_task", r#"{"title":"x","priority":"urgent"}"#, "priority"),
        ("add_task", r#"{"title":"x","user_id":2}"#, "user_id"),
        ("add_task", r#"{"title":"x"} {"title":"y"}"#, "follows"),
        ("add_task", r#"["x"]"#, "JSON object"),
        ("add_task", r#"{"title":"#, "end before"),
        ("add_task", r#"{"title":"x",}"#, "valid JSON"),
        ("add_task", r#"{"title":"x","tags":{"a":1}}"#, "tags must be a list"),
        ("add_task", r#"{"title":"x","tags":["home","my home"]}"#, "tags[1] must consist of"),
        ("add_task", r#"{"title":"x","tags":[7]}"#, "tags[0]"),
        (
            "add_task",
            r#"{"title":"x","tags":["a","b","c","d","e","f","g","h","i","j","k"]}"#,
            "tags must be at most 10 tags",
        ),
        ("list_tasks", "{}", "status"),
        ("list_tasks", r#"{"status":"open"}"#, "status"),
        ("list_tasks", r#"{"status":"all","due_before":"soon"}"#, "due_before"),
        ("complete_tasks", r#"{"task_ids":[0]}"#, "task_ids[0]"),
        ("complete_tasks", r#"{"task_ids":["one"]}"#, "task_ids[0]"),
        ("complete_tasks", r#"{"task_ids":[1.5]}"#, "task_ids[0]"),
        ("delete_tasks", r#"{"task_ids":[99999999999999999999]}"#, "task_ids[0]"),
        ("update_tasks", r#"{"task_ids":[1]}"#, "at least one field"),
        (
            "update_tasks",
            r#"{"task_ids":[1],"add_tags":[],"remove_tags":[]}"#,
            "at least one field",
        ),
        ("update_tasks", r#"{"task_ids":[1],"tags":[]}"#, "at least one field"),
        ("update_tasks", r#"{"task_ids":[1],"tags":["a"],"add_tags":["b"]}"#, "not both"),
        ("update_tasks", r#"{"task_ids":[1],"clear":["tags"],"add_tags":["b"]}"#, "not both"),
        ("update_tasks", r#"{"task_ids":[1],"tags":["a"],"clear":["tags"]}"#, "not both"),
        (
            "update_tasks",
            r#"{"task_ids":[1],"add_tags":["a"],"remove_tags":["A"]}"#,
            "the same tag",
        ),
        ("update_tasks", r#"{"task_ids":[1],"clear":["title"]}"#, "clear"),
        ("update_tasks", r#"{"task_ids":[1],"due":"2026-12-01","clear":["due"]}"#, "not both"),
    ] {
        let message = refused(tool, arguments);
        assert!(message.contains(named), "{tool} {arguments}: {message}");
    }
}

#[test]
fn a_field_filled_with_nothing_is_absent() {
    for nothing in [json!(""), json!("  "), Value::Null] {
        let mut arguments = json!({ "title": "x" });
        for field in ["description", "priority", "due", "tags"] {
            arguments[field] = nothing.clone();
        }
        let CallOperation::Change(TaskChange::Create(task)) = parsed("add_task", &arguments) else {
            panic!()
        };
        assert_eq!((task.description, task.priority, task.due), (None, Priority::Medium, None));
        assert_eq!(task.tags, Tags::default());
        let mut arguments = json!({ "status": "all", "tags": ["", null] });
        for field in ["priority", "query", "due_before", "due_after"] {
            arguments[field] = nothing.clone();
        }
        let CallOperation::List(query) = parsed("list_tasks", &arguments) else { panic!() };
        assert_eq!(query.filter, todo_domain::TaskFilter::default());
        let mut arguments = json!({ "task_ids": [3], "priority": "low" });
        for field in ["title", "description", "due", "tags", "add_tags", "remove_tags", "clear"] {
            arguments[field] = nothing.clone();
        }
        let CallOperation::Change(TaskChange::Act { action: TaskAction::Update(patch), .. }) =
            parsed("update_tasks", &arguments)
        else {
            panic!()
        };
        let low = todo_domain::TaskPatch {
            priority: Some(Priority::Low),
            ..todo_domain::TaskPatch::default()
        };
        assert_eq!(patch, low);
        let arguments = json!({ "task_ids": [3], "due": nothing }).to_string();
        assert!(refused("update_tasks", &arguments).contains("at least one field"));
    }
}

#[test]
fn numbers_lists_and_words_are_read_as_models_write_them() {
    for number in [json!(2), json!(2.0), json!("2"), json!(" 2 "), json!("2.0"), json!(2e0)] {
        let CallOperation::Change(TaskChange::Act { target, .. }) =
            parsed("complete_tasks", &json!({ "task_ids": [number] }))
        else {
            panic!()
        };
        assert_eq!(target.id, TaskId::new(2).unwrap(), "{number}");
    }
    for list in [json!(["home"]), json!("[\"home\"]"), json!("home"), json!(" [\"#Home\", \"\"] ")]
    {
        let CallOperation::Change(TaskChange::Create(task)) =
            parsed("add_task", &json!({ "title": "x", "tags": list }))
        else {
            panic!()
        };
        assert_eq!(task.tags, tags("home"), "{list}");
    }
    let CallOperation::Change(TaskChange::Act { action: TaskAction::Update(patch), .. }) =
        parsed("update_tasks", &json!({ "task_ids": ["1"], "clear": "due", "priority": " High" }))
    else {
        panic!()
    };
    assert_eq!((patch.due, patch.priority), (DueChange::Clear, Some(Priority::High)));
}

#[test]
fn a_refusal_names_the_field_and_what_it_takes_in_plain_words() {
    for (tool, arguments, reason) in [
        ("complete_tasks", r#"{"task_ids":[1.5]}"#, "task_ids[0] must be a whole number"),
        ("complete_tasks", r#"{"task_ids":["one"]}"#, "task_ids[0] must be a whole number"),
        ("complete_tasks", r#"{"task_ids":["NaN"]}"#, "task_ids[0] must be a whole number"),
        ("complete_tasks", r#"{"task_ids":[1e300]}"#, "task_ids[0] must be a whole number"),
        ("complete_tasks", r#"{"task_ids":[[1]]}"#, "task_ids[0] must be a whole number"),
        ("complete_tasks", r#"{"task_ids":[true]}"#, "task_ids[0] must be a whole number"),
        ("complete_tasks", r#"{"task_ids":""}"#, "task_ids must name at least one task"),
        ("complete_tasks", r#"{"task_ids":null}"#, "task_ids is missing"),
        ("complete_tasks", "{}", "task_ids is missing"),
        ("add_task", r#"{"title":7}"#, "title must be a text"),
        ("add_task", r#"{"title":"x","tags":[7]}"#, "tags[0] must be a text"),
        ("add_task", r#"{"title":"x","tags":7}"#, "tags must be a list"),
        (
            "add_task",
            r#"{"title":"x","priority":"urgent"}"#,
            "priority must be low, medium or high",
        ),
        ("list_tasks", r#"{"status":""}"#, "status must be all, pending or completed"),
        (
            "update_tasks",
            r#"{"task_ids":[1],"clear":["title"]}"#,
            "clear[0] must be description, due or tags",
        ),
        ("complete_tasks", r#"{"task_ids":[1],"id":1}"#, "there is no field id, only task_ids"),
        ("add_task", r#"{"title":"#, "the arguments end before their JSON object does"),
        ("add_task", r#"{"title":"x"}}"#, "something follows the JSON object of the arguments"),
    ] {
        let message = refused(tool, arguments);
        assert_eq!(message, format!("Nothing was done: {reason}."), "{tool} {arguments}");
    }
}

#[test]
fn a_call_names_from_one_to_fifty_tasks_each_once() {
    let ids = |numbers: &[i64]| {
        TaskIds::new(numbers.iter().map(|number| TaskId::new(*number).unwrap())).unwrap()
    };
    for (written, numbers) in [
        (json!([3, 1, 3]), &[3, 1][..]),
        (json!(["3", 1.0]), &[3, 1]),
        (json!("[3, 1]"), &[3, 1]),
        (json!(3), &[3]),
        (json!("3"), &[3]),
        (json!([3, null]), &[3]),
    ] {
        let arguments = json!({ "task_ids": written }).to_string();
        for (tool, action) in [
            ("complete_tasks", TaskAction::Complete),
            ("reopen_tasks", TaskAction::Reopen),
            ("delete_tasks", TaskAction::Delete),
        ] {
            let operation = parse(tool, &arguments, &TimeZone::UTC);
            assert_eq!(operation, Ok(CallOperation::Each { tasks: ids(numbers), action }));
        }
    }
    for (written, reason) in [
        (json!([]), "task_ids must name at least one task"),
        (json!([1, 0]), "task_ids[1] must be a whole number from 1"),
        (
            json!((1..=51).collect::<Vec<_>>()),
            "task_ids must be at most 50 different numbers, not 51",
        ),
    ] {
        let message = refused("delete_tasks", &json!({ "task_ids": written }).to_string());
        assert!(message.contains(reason), "{written}: {message}");
    }
}

/// Older conversations have them.
#[test]
fn the_former_names_for_one_task_are_understood_and_not_offered() {
    let id = TaskId::new(3).unwrap();
    for (tool, action) in [
        ("complete_task", TaskAction::Complete),
        ("reopen_task", TaskAction::Reopen),
        ("delete_task", TaskAction::Delete),
    ] {
        let operation = parse(tool, r#"{"task_id":"3"}"#, &TimeZone::UTC);
        assert_eq!(operation, Ok(TaskChange::act(id, action).into()));
        assert!(specs().iter().all(|spec| spec.name != tool));
        assert_eq!(known(tool), Some(tool));
        let message = refused(tool, r#"{"task_ids":[3]}"#);
        assert!(message.contains("there is no field task_ids"), "{message}");
        assert!(refused(tool, r#"{"task_id":0}"#).contains("task_id must be a whole number"));
    }
    let operation = parse("update_task", r#"{"task_id":3,"priority":"low"}"#, &TimeZone::UTC);
    let Ok(CallOperation::Change(TaskChange::Act { target, .. })) = operation else {
        panic!("{operation:?}")
    };
    assert_eq!(target.id, id);
}

#[test]
fn an_unknown_tool_is_answered_with_the_ones_there_are() {
    let rejection = parse("drop_tables", "{}", &TimeZone::UTC).unwrap_err();
    assert_eq!(rejection.code, RejectionCode::UnknownTool);
    assert!(rejection.message.contains("add_task"));
}

#[test]
fn every_schema_keeps_to_what_strict_tools_accept() {
    for spec in specs().iter() {
        let schema: Value = serde_json::from_str(&spec.parameters).unwrap();
        assert_eq!(schema["type"], "object", "{}", spec.name);
        assert!(!schema["required"].as_array().unwrap().is_empty(), "{}", spec.name);
        for word in [
            "minimum", "maximum", "minLength", "maxLength", "maxItems", "oneOf", "allOf", "\"not\"",
        ] {
            assert!(!spec.parameters.contains(word), "{}: {word}", spec.name);
        }
    }
}

#[test]
fn spaces_around_a_day_and_what_shows_nothing_make_no_difference() {
    for (tool, written, meant) in [
        (
            "add_task",
            r#"{"title":"x","due":" 2026-12-01 "}"#,
            r#"{"title":"x","due":"2026-12-01"}"#,
        ),
        ("add_task", r#"{"title":"x","due":"\u200b","priority":"\u3164"}"#, r#"{"title":"x"}"#),
        (
            "list_tasks",
            r#"{"status":"all","due_before":"2026-12-01 "}"#,
            r#"{"status":"all","due_before":"2026-12-01"}"#,
        ),
    ] {
        let read = |text| parse(tool, text, &TimeZone::UTC).unwrap();
        assert_eq!(read(written), read(meant), "{written}");
    }
}
