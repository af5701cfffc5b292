//! Talking with the simulator about todos, over the service's own tools.

use todo_domain::TimeZone;
use todo_testkit::todo_list::TodoList;

use crate::{client::Client, tool_loop::turn};

/// Says each in turn to one list; the tools called in each step, and words of the answer.
async fn conversation(turns: &[(&str, &[&[&str]], &str)]) {
    let client = Client::new().await;
    let mut list = TodoList::new("2026-11-22T09:00:00Z".parse().unwrap(), TimeZone::UTC);
    for (said, steps, words) in turns {
        let turn = turn(&mut list, &client, said).await;
        assert_eq!(turn.steps, *steps, "{said}");
        assert!(turn.answer.contains(words), "{said}: {}", turn.answer);
    }
    assert_eq!(client.simulator.refused(), []);
}

#[tokio::test]
async fn one_step_several_at_once_two_steps_three_steps_and_none() {
    conversation(&[
        ("Add tasks: milk, bread", &[&["add_task", "add_task"]], "Task 2 (bread): created."),
        ("What's left?", &[&["list_tasks"]], "Your tasks: 2 (bread), 1 (milk)."),
        ("Delete the milk task", &[&["list_tasks"], &["delete_tasks"]], "1 (milk): deleted."),
        (
            "Add a task to call mom, then show my list, then complete it",
            &[&["add_task"], &["list_tasks"], &["complete_tasks"]],
            "Task 3 (call mom): completed.",
        ),
        ("Hello!", &[], "I am a simulated model."),
    ])
    .await;
}

#[tokio::test]
async fn tasks_go_by_number_or_by_name() {
    conversation(&[
        ("add a high-priority task to finish the report", &[&["add_task"]], "finish the report"),
        ("remind me to call mom", &[&["add_task"]], "Task 2 (call mom): created."),
        ("mark 1 and 2 as done", &[&["complete_tasks"]], "Task 2 (call mom)"),
        ("show completed tasks", &[&["list_tasks"]], "2 (call mom), 1 (finish the report)"),
        ("mark call mom as pending", &[&["list_tasks"], &["reopen_tasks"]], "reopened"),
        ("Please remove 1.", &[&["delete_tasks"]], "deleted"),
        ("list my tasks", &[&["list_tasks"]], "Your tasks: 2 (call mom)."),
    ])
    .await;
}

#[tokio::test]
async fn what_can_not_be_done_is_said() {
    conversation(&[
        ("complete 99", &[&["complete_tasks"]], "There is no task 99."),
        ("delete the pizza task", &[&["list_tasks"]], "I found no task called pizza."),
        ("add tasks: tea, green tea", &[&["add_task", "add_task"]], "created"),
        ("complete tea", &[&["list_tasks"]], "More than one task is called tea."),
        ("delete everything", &[], "I am a simulated model."),
        ("complete it", &[], "I do not know which task you mean."),
        ("add", &[], "I am a simulated model."),
        ("what is the capital of France?", &[], "I am a simulated model."),
    ])
    .await;
}

#[tokio::test]
async fn without_the_tool_for_it_nothing_is_called() {
    let client = Client::new().await;
    let message = client.message(&crate::client::saying("add milk")).await;
    assert_eq!(message["content"][0]["text"], "I have no tool for that.");
}
