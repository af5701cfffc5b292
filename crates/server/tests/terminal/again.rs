//! A service elsewhere that is not always there: the same message comes again, with the same key.

use std::process::{Child, Command};

use rexpect::session::{PtySession, spawn_command};
use serde_json::{Value, json};

use crate::{
    chat::Machine,
    scripted::{ScriptedService, TURN, finish, reply, start, text},
};

/// How long something may take to show, in milliseconds.
const TIMEOUT: u64 = 60_000;
/// A person reads along, a pipe, a program.
const UNWATCHED: [&[&str]; 2] = [&[], &["--json"]];

fn machine() -> Machine {
    Machine::with(&[("CHATBOT_TOKEN", "x"), ("TERM", "xterm-256color")])
}

/// A chat in a terminal with this service.
fn terminal(machine: &Machine, service: &ScriptedService, arguments: &[&str]) -> PtySession {
    let url = service.url();
    let arguments = [&["--url", url.as_str()], arguments].concat();
    spawn_command(machine.command(&arguments), Some(TIMEOUT)).unwrap()
}

/// A chat whose answer nobody reads along.
fn unwatched(machine: &Machine, service: &ScriptedService, arguments: &[&str]) -> Child {
    let url = service.url();
    machine.start(&[&["--url", url.as_str()], arguments].concat())
}

#[track_caller]
fn answered(child: Child, message: &str) {
    let output = child.wait_with_output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(out.contains(message) && output.status.success(), "{out} {:?}", output.status);
}

#[test]
fn a_message_whose_connection_is_lost_before_the_answer_is_sent_again_with_its_key() {
    let machine = machine();
    for mode in UNWATCHED {
        let service = ScriptedService::start();
        let child = unwatched(&machine, &service, &[mode, &["add milk"]].concat());
        let first = service.next();
        let message = first.message();
        first.cut();
        let again = service.next();
        assert_eq!(again.message(), message);
        again.answer(200, None, &reply("Added milk."));
        answered(child, "Added milk.");
    }
    let service = ScriptedService::start();
    let mut terminal = terminal(&machine, &service, &["add milk"]);
    let first = service.next();
    let message = first.message();
    first.cut();
    let mut again = service.next();
    assert_eq!(again.message(), message);
    again.stream(1, &[&start(), &text("Added milk."), &finish("completed")]);
    drop(again);
    terminal.exp_string("Added milk.").unwrap();
    terminal.exp_eof().unwrap();
}

#[test]
fn what_passes_is_waited_for_and_the_message_keeps_its_key() {
    let machine = machine();
    for mode in UNWATCHED {
        let service = ScriptedService::start();
        let child = unwatched(&machine, &service, &[mode, &["add milk"]].concat());
        let first = service.next();
        let message = first.message();
        first.refuse(409, "turn_in_progress", Some(1));
        for (status, code) in [(503, "database_unavailable"), (504, "turn_timeout")] {
            let again = service.next();
            assert_eq!(again.message(), message);
            again.refuse(status, code, Some(1));
        }
        let again = service.next();
        assert_eq!(again.message(), message);
        again.answer(200, None, &reply("Added milk."));
        answered(child, "Added milk.");
    }
}

#[test]
fn a_turn_whose_process_died_goes_on_by_the_key_of_its_message() {
    let machine = machine();
    let service = ScriptedService::start();
    let mut terminal = terminal(&machine, &service, &["add milk"]);
    let mut first = service.next();
    let message = first.message();
    let interrupted = r#"{"type":"message-metadata","messageMetadata":{"status":"interrupted"}}"#;
    let error = r#"{"type":"error","errorText":"The answer was interrupted."}"#;
    first.stream(1, &[&start(), interrupted, error]);
    drop(first);
    let again = service.next();
    assert_eq!(again.message(), message);
    again.refuse(503, "provider_busy", Some(1));
    let mut again = service.next();
    assert_eq!(again.message(), message);
    again.stream(1, &[&start(), &text("Added milk."), &finish("completed")]);
    drop(again);
    let shown = terminal.exp_eof().unwrap();
    assert!(shown.contains("Added milk.") && !shown.contains("interrupted"), "{shown}");
}

#[test]
fn the_same_words_at_the_prompt_are_the_same_message_until_it_is_settled() {
    let machine = machine();
    let service = ScriptedService::start();
    let mut terminal = terminal(&machine, &service, &[]);
    service.next().answer(200, None, &json!({ "name": "Ada", "email": "ada@example.org" }));
    terminal.exp_string("> ").unwrap();
    let mut said = Vec::new();
    for (line, is_settled) in [("add milk", false), ("add milk", true), ("add milk", true)] {
        terminal.send_line(line).unwrap();
        let mut exchange = service.next();
        said.push(exchange.message());
        if is_settled {
            exchange.stream(1, &[&start(), &text("Added milk."), &finish("completed")]);
            drop(exchange);
            terminal.exp_string("Added milk.").unwrap();
        } else {
            // Longer than it waits by itself.
            exchange.refuse(503, "database_unavailable", Some(600));
            terminal.exp_string("nothing that was done is done twice").unwrap();
        }
        terminal.exp_string("> ").unwrap();
    }
    assert_eq!(said[0], said[1]);
    assert_ne!(said[1].0, said[2].0, "another message has another key");
}

#[test]
fn where_it_can_not_be_the_same_message_again_the_doubt_is_told() {
    let service = ScriptedService::start();
    let child = unwatched(&machine(), &service, &["add milk"]);
    service.next().refuse(503, "database_unavailable", Some(600));
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(err.contains("Some of it may be done already") && err.contains("600 s"), "{err}");
    assert_eq!(output.status.code(), Some(1));
}

/// The turn of a conversation may be another's: only that of the message is stopped.
#[test]
fn ctrl_c_before_the_turn_is_known_stops_it_once_it_is_and_no_other() {
    let machine = machine();
    let service = ScriptedService::start();
    let mut terminal = terminal(&machine, &service, &["--conversation", TURN, "add milk"]);
    let mut message = service.next();
    assert_eq!(message.body["conversation_id"], TURN);
    terminal.send_control('c').unwrap();
    terminal.exp_string("Stopping; Ctrl-C again stops waiting.").unwrap();
    message.stream(1, &[&start()]);
    let cancel = service.next();
    assert_eq!(cancel.what(), format!("post /api/me/turns/{TURN}/cancel"));
    // It is asked for again if nobody knows whether it has come.
    cancel.cut();
    let cancel = service.next();
    assert_eq!(cancel.what(), format!("post /api/me/turns/{TURN}/cancel"));
    cancel.answer(202, None, &json!({}));
    message.stream(1, &[r#"{"type":"abort"}"#, &finish("cancelled")]);
    drop(message);
    terminal.exp_string("Stopped.").unwrap();
    terminal.exp_eof().unwrap();
}

#[test]
fn where_nobody_reads_along_the_turn_to_stop_is_found_by_the_key_of_its_message() {
    let machine = machine();
    for mode in UNWATCHED {
        let service = ScriptedService::start();
        let child = unwatched(&machine, &service, &[mode, &["add milk"]].concat());
        let message = service.next();
        let pid = child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        let mut found = service.next();
        assert_eq!(found.header("accept"), Some("text/event-stream"));
        assert_eq!(found.message(), message.message());
        found.stream(1, &[&start()]);
        let cancel = service.next();
        assert_eq!(cancel.what(), format!("post /api/me/turns/{TURN}/cancel"));
        cancel.answer(202, None, &json!({}));
        message.refuse(409, "turn_cancelled", None);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        assert!(said.contains("Stopped.") || said.contains("turn_cancelled"), "{said}");
    }
}

#[test]
fn a_question_is_read_without_saying_the_message_again_and_is_not_lost() {
    let machine = machine();
    let service = ScriptedService::start();
    let mut terminal = terminal(&machine, &service, &["delete everything"]);
    let mut message = service.next();
    message.stream(1, &[&start(), &finish("waiting")]);
    drop(message);
    let read = || {
        let request = service.next();
        assert_eq!(request.what(), format!("get /api/me/turns/{TURN}"));
        request
    };
    read().refuse(429, "rate_limited", Some(1));
    read().cut();
    let task = |id: i64| json!({ "id": id, "title": format!("task {id}") });
    let operation = |tasks: &[Value]| json!({ "tool_call_id": "c", "name": "delete_tasks", "arguments": {}, "tasks": tasks });
    let operations = [operation(&[task(1), task(2)]), operation(&[task(2)])];
    read().answer(
        200,
        None,
        &json!({
            "id": TURN, "conversation_id": TURN, "status": "waiting", "steps": [],
            "action": { "id": TURN, "operations": operations },
        }),
    );
    let shown = terminal.exp_eof().unwrap().replace('\r', "");
    let question = "Shall I delete these 2 tasks for good?\n- 1: task 1\n- 2: task 2\nNothing is";
    assert!(shown.contains(question), "{shown}");
}
