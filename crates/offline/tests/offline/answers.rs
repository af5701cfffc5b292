//! What the assistant's answers look like.

use insta::assert_snapshot;

use super::chat::Chat;

/// A conversation as it is seen on a screen.
fn conversation(mut chat: Chat, said: &[&str]) -> String {
    let lines = said.iter().map(|text| format!("> {text}\n{}\n", chat.say(text)));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_first_day() {
    assert_snapshot!(conversation(
        Chat::new(),
        &[
            "hello",
            "what's left?",
            "add book flights by tomorrow, high priority",
            "remind me to call mom on Friday at 3pm",
            "add 2 tasks: wash dishes, do laundry",
            "show my tasks",
            "mark 3 and 4 as done",
            "thanks!",
        ]
    ));
}

#[test]
fn a_day_of_changes() {
    assert_snapshot!(conversation(
        Chat::usual(),
        &[
            "rename 1 to buy oat milk",
            "make it low priority and move 3 to next Monday",
            "set 2 to medium",
            "clear the due date of task 2",
            "what's due this week?",
            "reopen the passport task",
            "show everything",
            "add a note to task 2: see the numbers of May",
            "show task 2",
            "delete the passport task, then tell me what's done",
        ]
    ));
}

#[test]
fn what_is_not_so_simple() {
    assert_snapshot!(conversation(
        Chat::usual(),
        &[
            "mark task 99 as done",
            "mark task 4 as done",
            "make 2 urgent",
            "complete the task",
            "delete the annual report",
            "delete the milk task",
            "delete everything",
            "yes",
            "add",
            "what is the capital of France?",
            "close the window",
        ]
    ));
}

#[test]
fn times_are_told_where_the_person_is() {
    let mut chat = Chat::at("2026-12-31T20:00:00Z", "Asia/Tokyo");
    assert_eq!(
        chat.say("add call mom tomorrow at 9am"),
        "Added task 1: call mom (due Saturday 2 January at 09:00)"
    );
    assert_eq!(chat.tasks(), ["1 call mom 2027-01-02T00:00:00Z"]);
    assert_eq!(
        chat.say("move 1 to 2028-02-29"),
        "Updated task 1: call mom (due Tuesday 29 February 2028 at 09:00)"
    );
}

#[test]
fn a_task_that_was_due_says_so() {
    let mut chat = Chat::new();
    chat.list.call("add_task", r#"{"title":"pay rent","due":"2026-11-20"}"#);
    let expected = "You have 1 overdue task:\n- 1: pay rent (was due Friday 20 November)";
    assert_eq!(chat.say("what's overdue?"), expected);
}
