//! What answers can be read back for.

use super::*;

fn spoken(answer: &str) -> Option<i64> {
    spoken_of(answer).map(TaskId::get)
}

#[test]
fn the_one_task_an_answer_tells_of_is_spoken_of() {
    assert_eq!(spoken("Added task 5: buy milk"), Some(5));
    assert_eq!(spoken("Task 4 is completed already: renew passport"), Some(4));
    assert_eq!(spoken("You have 1 open task:\n- 3: call mom (low priority)"), Some(3));
    assert_eq!(spoken("Updated task 5: a\nUpdated task 5: a (high priority)"), Some(5));
}

#[test]
fn of_several_tasks_none_is_spoken_of_nor_of_what_is_only_a_title() {
    assert_eq!(spoken("Added task 5: a\nAdded task 6: b"), None);
    assert_eq!(spoken("You have no open tasks."), None);
    assert_eq!(spoken("Perhaps task 7: or so"), None);
    assert_eq!(spoken("7"), None);
}

#[test]
fn a_long_quotation_is_cut() {
    assert_eq!(quoted(" a\nb "), "“a b”");
    assert_eq!(quoted(&"é".repeat(100)).chars().count(), 83);
}
