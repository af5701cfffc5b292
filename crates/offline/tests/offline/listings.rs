//! Questions about the list, and which tasks they ask for. Today is Sunday 22 November 2026.

use serde_json::{Value, json};

use super::chat::Chat;

/// The one list that was looked at.
fn looked_at(said: &str) -> Value {
    let mut chat = Chat::usual();
    let before = chat.tasks();
    chat.say(said);
    assert_eq!(chat.tasks(), before, "{said}");
    match &chat.calls[..] {
        [(tool, arguments)] if tool == "list_tasks" => serde_json::from_str(arguments).unwrap(),
        calls => panic!("{said}: {calls:?}"),
    }
}

#[track_caller]
fn check(questions: &[&str], expected: &Value) {
    for said in questions {
        assert_eq!(looked_at(said), *expected, "{said}");
    }
}

#[test]
fn what_is_left_is_what_is_open() {
    check(
        &[
            "show my tasks",
            "Show tasks.",
            "list",
            "my tasks",
            "tasks?",
            "todo list",
            "what's left?",
            "What’s left?",
            "whats left",
            "anything left?",
            "what do I have to do?",
            "what should I do next?",
            "what's next?",
            "what's on my list?",
            "do I have any tasks?",
            "how many tasks are left?",
            "what tasks are open",
            "show pending tasks",
            "which tasks are not done yet?",
            "is everything done?",
            "can you show me my tasks please",
            "let me see my list",
            "I want to see my tasks",
            "tell me what's left",
            "read me my todo list",
            "check my list",
            "what is to do?",
        ],
        &json!({"status": "pending"}),
    );
}

#[test]
fn what_is_done_and_everything() {
    check(
        &[
            "list completed tasks", "show done", "what have I done?",
            "what did I finish this week?", "completed tasks", "show my finished tasks",
        ],
        &json!({"status": "completed"}),
    );
    check(
        &[
            "show everything", "list all tasks", "show me all my tasks", "everything",
            "show task 2", "what is task 3?", "is task 3 done?",
        ],
        &json!({"status": "all"}),
    );
}

#[test]
fn days_and_priorities_narrow_it() {
    let due =
        |from: &str, to: &str| json!({"status": "pending", "due_after": from, "due_before": to});
    check(
        &["what's due today?", "today's tasks", "what do I have to do today?"],
        &due("2026-11-22", "2026-11-22"),
    );
    check(
        &["what's due tomorrow?", "tasks for tomorrow", "anything due tomorrow?"],
        &due("2026-11-23", "2026-11-23"),
    );
    check(
        &["what's due this week?", "what's on my plate this week?"],
        &due("2026-11-22", "2026-11-29"),
    );
    check(&["what is due next week?"], &due("2026-11-23", "2026-11-29"));
    check(
        &["do I have anything on Friday?", "what's due on Friday"],
        &due("2026-11-27", "2026-11-27"),
    );
    check(&["what's due in the next 3 days?"], &due("2026-11-22", "2026-11-25"));
    check(&["what is due in December?"], &due("2026-12-01", "2026-12-31"));
    check(
        &["overdue", "what's overdue?", "show overdue tasks"],
        &json!({"status": "pending", "overdue": true}),
    );
    check(
        &["show tasks due before Friday"],
        &json!({"status": "pending", "due_before": "2026-11-26"}),
    );
    check(
        &["show tasks due from Friday"],
        &json!({"status": "pending", "due_after": "2026-11-27"}),
    );
    check(
        &[
            "what are my high-priority tasks?",
            "urgent tasks",
            "show the most important tasks",
            "list high priority tasks",
        ],
        &json!({"status": "pending", "priority": "high"}),
    );
    check(
        &["show high priority tasks due this week"],
        &json!({"status": "pending", "priority": "high", "due_after": "2026-11-22", "due_before": "2026-11-29"}),
    );
}

#[test]
fn words_are_searched_for() {
    check(
        &[
            "find groceries",
            "search for groceries",
            "show me the groceries task",
            "search my tasks for groceries",
            "find \"groceries\"",
        ],
        &json!({"status": "all", "query": "groceries"}),
    );
    check(
        &["when is the report due?", "is the report done?"],
        &json!({"status": "all", "query": "report"}),
    );
    check(&["show pending tasks about mom"], &json!({"status": "pending", "query": "mom"}));
}
