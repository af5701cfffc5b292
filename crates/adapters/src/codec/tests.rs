//! What earlier versions wrote is still read.

use jiff::civil::Date;
use todo_domain::{
    ActionId, CallResult, Due, Priority, RecordedCall, Tags, Task, TaskCursor, TaskDone, TaskId,
    TaskOutcome, TaskPage, TaskRefusal, TaskSortKey, TaskTitle, TimeZone,
};

use super::*;

/// A task as it was recorded before tasks had tags.
const WITHOUT_TAGS: &str = r#"{"id":3,"title":"buy milk","priority":"medium","version":1,
    "created_at":"2026-11-22T09:00:00Z","updated_at":"2026-11-22T09:00:00Z"}"#;

#[test]
fn an_image_from_before_there_were_tags_is_of_a_task_without_any() {
    let task = task_from_json(WITHOUT_TAGS).unwrap();
    assert_eq!((task.title.as_str(), task.tags), ("buy milk", Tags::default()));
}

#[test]
fn an_image_keeps_tags_and_mentions_none_where_there_are_none() {
    let mut task = task_from_json(WITHOUT_TAGS).unwrap();
    assert!(!task_to_json(&task).unwrap().contains("tags"));
    task.tags = "home,work".parse().unwrap();
    assert_eq!(task_from_json(&task_to_json(&task).unwrap()).unwrap(), task);
}

#[test]
fn an_image_whose_tags_are_none_is_corrupt() {
    let image = WITHOUT_TAGS.replace("\"version\"", "\"tags\":\"a b\",\"version\"");
    assert!(task_from_json(&image).is_err());
}

#[test]
fn an_image_with_the_day_of_whoever_wrote_it_is_of_the_instant() {
    let due = r#""due_day":"2026-11-27","due_at":"2026-11-28T04:30:00Z","version""#;
    let task = task_from_json(&WITHOUT_TAGS.replace("\"version\"", due)).unwrap();
    assert_eq!(task.due, Some(Due::At("2026-11-28T04:30:00Z".parse().unwrap())));
    assert!(task_to_json(&task).unwrap().contains(r#""due_day":"2026-11-28""#));
}

#[test]
fn the_cursor_of_a_list_by_days_is_still_read() {
    for (key, due) in [(r#""2026-11-27""#, Some("2026-11-27")), ("null", None)] {
        let outcome = format!(
            r#"{{"kind":"listed","tasks":[],"total":9,"next":{{"id":3,"key":{{"day":{key}}}}}}}"#
        );
        let listed = call_result_from_json(&outcome, Vec::new()).unwrap();
        let CallResult::Listed(page) = listed else { panic!("no list") };
        let due = due.and_then(|day| Due::parse(day, &TimeZone::UTC).ok());
        assert_eq!(page.next.map(|next| next.key), Some(TaskSortKey::Due(due)));
    }
}

#[test]
fn a_list_from_before_lists_were_short_is_still_read() {
    let old = format!(r#"{{"kind":"listed","tasks":[{WITHOUT_TAGS}],"total":7,"next":null}}"#);
    let CallResult::Listed(page) = call_result_from_json(&old, Vec::new()).unwrap() else {
        panic!("it is a list");
    };
    assert_eq!((page.tasks.len(), page.total), (1, Some(7)));
    assert_eq!(page.tasks[0], task_from_json(WITHOUT_TAGS).unwrap());
}

/// A version that knows calls of one outcome only takes the last effect of a call for its only one.
#[test]
fn a_call_of_several_outcomes_is_read_as_one_of_them_by_versions_that_know_no_others() {
    let before = task_from_json(WITHOUT_TAGS).unwrap();
    let after = Task { completed_at: Some(before.updated_at), ..before.clone() };
    let done = TaskOutcome::Done(TaskDone::Completed { before: before.clone(), after });
    let missing = TaskOutcome::Refused(TaskRefusal::NotFound(TaskId::new(9).unwrap()));
    for (outcomes, kind) in [
        (
            vec![TaskOutcome::Done(TaskDone::AlreadyCompleted(before)), done, missing.clone()],
            "completed",
        ),
        (vec![missing.clone(), missing], "not_found"),
    ] {
        let result = CallResult::Each(outcomes);
        let json = call_result_to_json(&result).unwrap();
        assert!(json.starts_with(&format!(r#"{{"kind":"{kind}""#)), "{json}");
        assert_eq!(call_result_from_json(&json, result.effects().collect()).unwrap(), result);
    }
}

/// A version that knows no questions takes such a call for one that was not carried out.
#[test]
fn a_call_that_waits_or_was_denied_is_one_that_was_not_carried_out_with_its_action() {
    let action = ActionId::new("00000000-0000-7000-8000-000000000001".parse().unwrap());
    for (result, field) in
        [(CallResult::Waiting(action), "waits_for"), (CallResult::Denied(action), "denied")]
    {
        let json = call_result_to_json(&result).unwrap();
        let mut fields: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&json).unwrap();
        assert_eq!(fields.remove(field), Some(action.to_string().into()), "{json}");
        assert_eq!(fields.remove("message").map(|it| it.is_string()), Some(true), "{json}");
        let rest: Vec<_> =
            fields.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(rest, [("kind", Some("rejected")), ("code", Some("not_executed"))]);
        assert_eq!(call_result_from_json(&json, Vec::new()).unwrap(), result);
    }
}

#[test]
fn a_call_has_as_many_outcomes_as_effects_and_none_of_them_has_several() {
    let call = |count: usize, each: &str| {
        let outcomes = vec![format!(r#"{{"kind":"not_found","id":9{each}}}"#); count].join(",");
        call_result_from_json(
            &format!(r#"{{"kind":"not_found","id":9,"each":[{outcomes}]}}"#),
            Vec::new(),
        )
    };
    let most = RecordedCall::MAX_EFFECTS;
    assert_eq!(call(most, "").unwrap().outcomes().len(), most);
    assert!(call(most + 1, "").is_err());
    let nested = call(1, r#","each":[{"kind":"deleted"}]"#).unwrap();
    assert_eq!(
        nested,
        CallResult::Each(vec![TaskOutcome::Refused(TaskRefusal::NotFound(
            TaskId::new(9).unwrap()
        ))])
    );
    let rejected = r#"{"kind":"not_found","id":9,"each":[{"kind":"rejected","code":"unknown_tool","message":""}]}"#;
    assert!(call_result_from_json(rejected, Vec::new()).is_err());
}

#[test]
fn a_list_is_written_in_no_more_than_8_kib_and_read_back_whole() {
    let mut task = task_from_json(WITHOUT_TAGS).unwrap();
    task.tags = "home,work".parse().unwrap();
    task.priority = Priority::High;
    task.due = Some(Due::Day(Date::constant(2026, 12, 24)));
    task.title = TaskTitle::new("\u{1}\"ü".repeat(60)).unwrap();
    task.completed_at = Some(task.created_at);
    let next = Some(TaskCursor { key: TaskSortKey::Priority(Priority::Low), id: task.id });
    let page = TaskPage { tasks: vec![task; 50], total: Some(50), next };
    let kept = recordable(page).unwrap();
    assert!((10..50).contains(&kept.tasks.len()), "{}", kept.tasks.len());
    let listed = CallResult::Listed(kept);
    let json = call_result_to_json(&listed).unwrap();
    assert!(json.len() <= 8_192, "{}", json.len());
    assert_eq!(call_result_from_json(&json, Vec::new()).unwrap(), listed);
}
