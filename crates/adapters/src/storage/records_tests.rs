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
