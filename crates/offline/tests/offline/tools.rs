//! How the assistant uses its tools: what it looks at first, how many calls it makes, and what it
//! says when they fail.

use serde_json::{Value, json};
use todo_domain::ModelMessage;

use super::chat::Chat;

fn calls(chat: &Chat) -> Vec<(String, Value)> {
    let read = |(tool, arguments): &(String, String)| {
        (tool.clone(), serde_json::from_str(arguments).unwrap())
    };
    chat.calls.iter().map(read).collect()
}

/// `count` tasks after one that is called `title`.
fn behind_many(title: &str, count: usize) -> Chat {
    let others: Vec<_> = (0..count).map(|number| format!("errand {number}")).collect();
    let titles: Vec<&str> = [title].into_iter().chain(others.iter().map(String::as_str)).collect();
    Chat::with(&titles)
}

#[test]
fn a_name_is_looked_for_where_it_is_likely_and_only_then_everywhere() {
    let mut chat = Chat::usual();
    chat.say("complete the groceries");
    let pending = ("list_tasks".to_owned(), json!({"status": "pending"}));
    let complete = |id| ("complete_tasks".to_owned(), json!({"task_ids": [id]}));
    assert_eq!(calls(&chat), [pending.clone(), complete(1)]);
    let answer = chat.say("complete the passport task");
    let passport = ("list_tasks".to_owned(), json!({"status": "all", "query": "passport"}));
    assert_eq!(calls(&chat), [pending, passport, complete(4)]);
    assert_eq!(answer, "Task 4 is completed already: renew passport");
}

#[test]
fn beyond_the_tasks_shown_a_name_is_searched_for() {
    let mut chat = behind_many("pay the rents", 60);
    assert_eq!(chat.say("delete the rent task"), "Deleted task 1: pay the rents");
    let answer = chat.say("delete the milk task");
    assert!(answer.contains("no task called “milk”"), "{answer}");
}

#[test]
fn where_many_have_a_word_the_whole_name_finds_the_one() {
    let mut chat = behind_many("errand for mom", 60);
    assert_eq!(chat.say("complete errand for mom"), "Completed task 1: errand for mom");
}

#[test]
fn a_long_list_says_that_it_is_cut() {
    let mut chat = behind_many("pay rent", 60);
    let answer = chat.say("show my tasks");
    assert!(answer.starts_with("You have 61 open tasks:\n- 12: errand 10\n"), "{answer}");
    assert!(answer.contains("These are 50 of 61."), "{answer}");
    let answer = chat.say("show task 1");
    assert!(answer.contains("task 1 is not among them"), "{answer}");
}

#[test]
fn all_of_many_are_too_many_and_some_are_left_out() {
    let mut chat = behind_many("pay rent", 19);
    let answer = chat.say("mark all tasks as done");
    assert!(answer.starts_with("That is too much for one message."), "{answer}");
    assert!(chat.tasks().iter().all(|task| !task.ends_with("done")));
    let titles: Vec<_> = (1..=20).map(|number| format!("- errand {number}")).collect();
    let answer = chat.say(&format!("add:\n{}", titles.join("\n")));
    assert!(
        answer.ends_with(
            "I can do 16 things for one message, so I left out 4 of what you asked for. \
             Please ask again."
        ),
        "{answer}"
    );
    assert_eq!(chat.calls.len(), 16);
}

#[test]
fn what_is_done_to_several_tasks_is_one_call() {
    let mut chat = behind_many("pay rent", 19);
    chat.say("complete 1-20");
    let numbers: Vec<_> = (1..=20).collect();
    assert_eq!(calls(&chat), [("complete_tasks".to_owned(), json!({"task_ids": numbers}))]);
    let answer = chat.say("delete 2, 99 and 3 and make 4 and 5 urgent, then reopen 1");
    assert_eq!(
        calls(&chat),
        [
            ("delete_tasks".to_owned(), json!({"task_ids": [2, 99, 3]})),
            ("update_tasks".to_owned(), json!({"task_ids": [4, 5], "priority": "high"})),
            ("reopen_tasks".to_owned(), json!({"task_ids": [1]})),
        ]
    );
    assert_eq!(
        answer,
        "Deleted task 2: errand 0\nThere is no task 99.\nDeleted task 3: errand 1\n\
         Updated task 4: errand 2 (high priority)\nUpdated task 5: errand 3 (high priority)\n\
         Reopened task 1: pay rent"
    );
}

#[test]
fn a_refusal_is_told_with_its_reason() {
    let mut chat = Chat::usual();
    let answer = chat.say(&format!("add {}", "x".repeat(201)));
    assert!(answer.starts_with("I could not add “xxx"), "{answer}");
    assert!(answer.ends_with("title must be at most 200 characters long, not 201."), "{answer}");
    chat.broken_tools =
        Some(r#"{"error":"not_executed","message":"The turn had no calls left."}"#.to_owned());
    assert_eq!(chat.say("complete 1"), "I could not complete task 1: The turn had no calls left.");
}

#[test]
fn a_result_nobody_can_read_is_called_unexpected() {
    let mut chat = Chat::usual();
    chat.broken_tools = Some("{\"outcome\":\"melted\"}".to_owned());
    for said in ["complete 1", "add buy milk", "show my tasks"] {
        let answer = chat.say(said);
        assert!(answer.starts_with("Something unexpected came back"), "{said}: {answer}");
    }
    let answer = chat.say("complete the groceries");
    assert!(answer.contains("which task you mean"), "{answer}");
}

#[test]
fn only_tools_that_are_there_are_called() {
    let mut chat = Chat::usual();
    chat.tools = chat.tools.iter().filter(|tool| tool.name == "complete_tasks").cloned().collect();
    assert_eq!(chat.say("delete 1"), "I can't do that here.");
    assert!(chat.say("complete the groceries").contains("which task you mean"));
    assert_eq!(
        chat.say("complete 1 and delete 3"),
        "Completed task 1: buy groceries\nI can't do that here."
    );
}

#[test]
fn a_turn_that_another_model_began_is_told_and_not_begun_again() {
    let mut chat = Chat::usual();
    let call = todo_domain::ModelToolCall {
        id: "call_1".to_owned(),
        name: "add_task".to_owned(),
        arguments: r#"{"title":"buy whole milk"}"#.to_owned(),
    };
    let content = chat.list.call(&call.name, &call.arguments);
    let turn = [
        ModelMessage::User("please add buy milk".to_owned()),
        ModelMessage::ToolCalls { plan: None, reasoning: None, calls: vec![call] },
        ModelMessage::ToolResult { call_id: "call_1".to_owned(), content },
    ];
    assert_eq!(chat.go_on(&turn), "Added task 5: buy whole milk");
}

#[test]
fn a_result_that_is_missing_is_told_as_unknown() {
    let mut chat = Chat::usual();
    let call = todo_domain::ModelToolCall {
        id: "call_1".to_owned(),
        name: "delete_tasks".to_owned(),
        arguments: r#"{"task_ids":[1]}"#.to_owned(),
    };
    let turn = [
        ModelMessage::User("delete 1".to_owned()),
        ModelMessage::ToolCalls { plan: None, reasoning: None, calls: vec![call] },
    ];
    let answer = chat.go_on(&turn);
    assert!(
        answer.starts_with("Something unexpected came back when I tried to delete task 1"),
        "{answer}"
    );
}
