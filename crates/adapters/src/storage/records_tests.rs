//! What earlier versions wrote is still read.

use super::*;

/// A task as it was recorded before tasks had tags.
const WITHOUT_TAGS: &str = r#"{"id":3,"title":"buy milk","priority":"medium","version":1,
    "created_at":"2026-11-22T09:00:00Z","updated_at":"2026-11-22T09:00:00Z"}"#;

#[test]
fn an_image_from_before_there_were_tags_is_of_a_task_without_any() {
    let task = task_of(WITHOUT_TAGS).unwrap();
    assert_eq!((task.title.as_str(), task.tags), ("buy milk", Tags::default()));
}

#[test]
fn an_image_keeps_tags_and_mentions_none_where_there_are_none() {
    let mut task = task_of(WITHOUT_TAGS).unwrap();
    assert!(!image_of(&task).unwrap().contains("tags"));
    task.tags = "home,work".parse().unwrap();
    assert_eq!(task_of(&image_of(&task).unwrap()).unwrap(), task);
}

#[test]
fn an_image_whose_tags_are_none_is_corrupt() {
    let image = WITHOUT_TAGS.replace("\"version\"", "\"tags\":\"a b\",\"version\"");
    assert!(task_of(&image).is_err());
}

#[test]
fn an_image_with_the_day_of_whoever_wrote_it_is_of_the_instant() {
    let due = r#""due_day":"2026-11-27","due_at":"2026-11-28T04:30:00Z","version""#;
    let task = task_of(&WITHOUT_TAGS.replace("\"version\"", due)).unwrap();
    assert_eq!(task.due, Some(Due::At("2026-11-28T04:30:00Z".parse().unwrap())));
    assert!(image_of(&task).unwrap().contains(r#""due_day":"2026-11-28""#));
}

#[test]
fn the_cursor_of_a_list_by_days_is_still_read() {
    for (key, due) in [(r#""2026-11-27""#, Some("2026-11-27")), ("null", None)] {
        let outcome = format!(
            r#"{{"kind":"listed","tasks":[],"total":9,"next":{{"id":3,"key":{{"day":{key}}}}}}}"#
        );
        let listed = result_of(&outcome, None).unwrap();
        let CallResult::Outcome(TaskOutcome::Listed(page)) = listed else { panic!("no list") };
        let due = due.and_then(|day| Due::parse(day, &TimeZone::UTC).ok());
        assert_eq!(page.next.map(|next| next.key), Some(TaskSortKey::Due(due)));
    }
}
