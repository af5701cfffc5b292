//! One message at a time, to the use-cases within the process.

use std::process::Command;

use serde_json::Value;
use todo_testkit::process::Service;

use crate::chat::{Machine, binary};

#[test]
fn the_first_message_makes_an_account_and_the_next_one_finds_its_list() {
    let machine = Machine::new();
    let first = machine.chat(&["add", "buy", "milk"]);
    assert!(first.err.contains("account 1, ada@todo.localhost"), "{first:?}");
    assert_eq!(first.ok(), "  ✓ add_task  1: buy milk\nAdded task 1: buy milk\n");
    let next = machine.chat(&["what is left?"]);
    assert_eq!(next.err, "");
    assert!(next.ok().contains("1\tbuy milk\tmedium\t\tto do\n"));
}

#[test]
fn a_list_that_was_only_looked_at_is_not_shown() {
    let machine = Machine::new();
    machine.chat(&["add buy milk"]).ok();
    machine.chat(&["add sort the groceries"]).ok();
    assert_eq!(
        machine.chat(&["delete the groceries task"]).ok(),
        "  ✓ list_tasks  2 of 2\n  ✓ delete_tasks  2: sort the groceries\n\
         Deleted task 2: sort the groceries\n"
    );
}

#[test]
fn a_json_answer_is_the_one_of_the_http_api_and_nothing_else_is_printed() {
    let machine = Machine::new();
    let out = machine.chat(&["--json", "add buy milk"]).ok();
    let answer: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(out.lines().count(), 1);
    assert_eq!(answer["tool_calls"][0]["result"]["task"]["title"], "buy milk");
    assert_eq!((&answer["role"], &answer["engine"]), (&"assistant".into(), &"offline".into()));
    let id = answer["conversation_id"].as_str().unwrap();
    let out = machine.chat(&["--json", "--conversation", id, "mark it as done"]).ok();
    let answer: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(answer["conversation_id"], id);
    assert_eq!(answer["tool_calls"][0]["result"]["results"][0]["outcome"], "completed");
}

#[test]
fn what_http_refuses_is_refused_in_the_same_words() {
    let machine = Machine::new();
    let long = "x".repeat(2_001);
    for (message, why) in [
        (
            long.as_str(),
            "message must be at most 2000 characters long, not 2001 (validation_failed)",
        ),
        (" ", "message must not be blank (validation_failed)"),
    ] {
        let err = machine.chat(&[message]).err(1);
        assert!(err.contains(why), "{err}");
        let said = machine.chat(&["--json", message]);
        let problem: Value = serde_json::from_str(&said.out).unwrap();
        assert_eq!((said.code, &problem["status"]), (Some(1), &422.into()));
    }
    let stranger = ["--conversation", "019ab1b0-7d5c-7000-8000-3c1f4a5e6d7b", "hello"];
    assert!(machine.chat(&stranger).err(1).contains("conversation_not_found"));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_several_users_it_asks_whose_list_it_is() {
    let machine = Machine::new();
    let service = Service::start(binary(), &machine.variables());
    service.stranger().sign_up("ada").await.say("add buy milk").await;
    service.stranger().sign_up("ben").await;
    service.kill();
    let err = machine.chat(&["/tasks"]).err(2);
    for part in ["--user", "1  ada@example.org  ada", "2  ben@example.org  ben"] {
        assert!(err.contains(part), "{part}: {err}");
    }
    assert!(machine.chat(&["--user", "Ada@example.org", "/tasks"]).ok().contains("buy milk"));
    assert_eq!(machine.chat(&["--user", "2", "/tasks"]).ok(), "");
    assert!(machine.chat(&["--user", "3", "/tasks"]).err(2).contains("no user 3"));
    let mut disable = Command::new(binary());
    disable.args(["user", "disable", "2"]).env_clear().envs(machine.variables());
    assert!(disable.status().unwrap().success());
    assert!(machine.chat(&["--user", "2", "hi"]).err(2).contains("user 2 is disabled"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_a_service_uses_is_left_to_it_and_the_way_to_it_is_told() {
    let machine = Machine::new();
    let _service = Service::start(binary(), &machine.variables());
    let err = machine.chat(&["add buy milk"]).err(2);
    assert!(err.contains("in use by another process"), "{err}");
    assert!(err.contains("chatbot-api chat --url http://127.0.0.1:8000"), "{err}");
}

#[test]
fn whatever_keeps_it_from_talking_at_all_is_exit_code_2() {
    let machine = Machine::new();
    for wrong in [
        &["--token-file", "x", "hello"][..],
        &["--user", "nobody", "hello"],
        &["--conversation", "7", "hello"],
        &["--url", "ftp://x", "hello"],
        &["--user", "1", "--url", "http://127.0.0.1", "hello"],
    ] {
        assert_eq!(machine.chat(wrong).code, Some(2), "{wrong:?}");
    }
    let wrong = Machine::with(&[("CHAT_TIMEOUT", "never")]);
    assert!(wrong.chat(&["hello"]).err(2).contains("CHAT_TIMEOUT"));
}

#[test]
fn what_messages_changed_is_undone_one_after_another() {
    let machine = Machine::new();
    let said = machine
        .pipe(&[], b"add buy milk\nadd call mom\nwhat is left?\n/undo\n/undo\n/undo\n/tasks\n");
    assert_eq!(said.code, Some(1), "the third had nothing to undo");
    let undone: Vec<_> = said.out.lines().filter(|line| line.contains("deleted")).collect();
    assert_eq!(undone, ["  ✓ deleted  2: call mom", "  ✓ deleted  1: buy milk"]);
    assert!(said.err.contains("(nothing_to_undo)"), "{said:?}");
    assert!(said.out.ends_with("  ✓ deleted  1: buy milk\n"), "no tasks are left: {said:?}");
}

#[test]
fn what_was_deleted_and_what_was_completed_is_restored() {
    let machine = Machine::new();
    let lines = b"delete 1\n/undo\n";
    machine.chat(&["add buy milk"]).ok();
    let out = machine.pipe(&[], lines).ok();
    assert!(out.ends_with("  ✓ restored  1: buy milk\n"), "{out}");
    let out = machine.pipe(&["--json"], b"mark 1 as done\n/undo\n").ok();
    let undone: Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
    assert_eq!(undone["effects"][0]["after"]["status"], "pending");
}
