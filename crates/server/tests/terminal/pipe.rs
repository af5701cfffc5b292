//! Lines of a pipe.

use std::io::Write;

use serde_json::{Value, json};

use crate::chat::Machine;

#[test]
fn each_line_is_a_message_of_one_conversation() {
    let machine = Machine::new();
    let lines = b"add buy milk\n\nmake it urgent\n/tasks\n/conversations\n";
    let out = machine.pipe(&[], lines).ok();
    assert!(out.contains("1\tbuy milk\thigh\t\tto do\n"), "{out}");
    assert_eq!(out.lines().filter(|line| line.contains("\tadd buy milk\t")).count(), 1, "{out}");
}

/// As some editors and shells write it before everything else.
#[test]
fn a_byte_order_mark_before_the_first_line_is_no_part_of_it() {
    let machine = Machine::new();
    for lines in ["\u{feff}add buy milk\n/tasks\n", "\u{feff}/tasks\n"] {
        let out = machine.pipe(&[], lines.as_bytes()).ok();
        assert!(out.contains("1\tbuy milk\tmedium\t\tto do\n"), "{lines:?}: {out}");
    }
}

#[test]
fn a_line_that_is_refused_does_not_stop_the_others_and_shows_in_the_exit_code() {
    let machine = Machine::new();
    let lines = [b"/milk\n\xff\n".as_slice(), &[b'x'; 50_000], b"\nadd buy milk\n"].concat();
    let said = machine.pipe(&[], &lines);
    assert!(said.out.contains("Added task 1"), "{said:?}");
    let err = said.err(1);
    for why in ["no command /milk", "valid UTF-8", "at most 2000 characters"] {
        assert!(err.contains(why), "{why}: {err}");
    }
}

/// What is wrong with a message has the same form wherever it is found: here, or by the API.
#[test]
fn a_line_that_is_refused_before_it_is_sent_has_the_code_and_the_numbers_of_the_api() {
    let machine = Machine::new();
    let lines = [&[b'x'; 2_001], b"\n".as_slice(), &[b'x'; 50_000], b"\n\xff\n"].concat();
    let said = machine.pipe(&["--json"], &lines);
    let errors: Vec<_> = said.out.lines().map(errors).collect();
    let too_long = |length: usize| {
        let message = format!("must be at most 2000 characters long, not {length}");
        json!([{
            "field": "message", "message": message, "code": "too_long", "max": 2_000, "length": length,
        }])
    };
    assert_eq!(errors[..2], [too_long(2_001), too_long(50_000)]);
    let message = "must be valid UTF-8";
    let no_text = json!([{ "field": "message", "message": message, "code": "invalid_character" }]);
    assert_eq!(errors[2..], [no_text]);
}

fn errors(line: &str) -> Value {
    let problem: Value = serde_json::from_str(line).unwrap();
    assert_eq!(problem["code"], "validation_failed");
    problem["errors"].clone()
}

#[test]
fn tasks_are_shown_with_their_tags_and_filtered_by_them() {
    let machine = Machine::new();
    let out = machine.pipe(&[], b"add buy milk #home\nadd call dad\n/tasks #Home\n").ok();
    assert!(out.contains("✓ add_task  1: buy milk #home\n"), "{out}");
    let listed: Vec<_> = out.lines().filter(|line| line.contains('\t')).collect();
    assert_eq!(listed, ["1\tbuy milk #home\tmedium\t\tto do"]);
}

#[test]
fn every_json_line_is_one_answer() {
    let machine = Machine::new();
    let said = machine.pipe(&["--json"], b"add buy milk\n/tasks\n/nonsense\n");
    let lines: Vec<Value> =
        said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3, "{said:?}");
    assert_eq!(lines[0]["tool_calls"][0]["ok"], true);
    assert_eq!(lines[1][0]["title"], "buy milk");
    assert_eq!(lines[2]["code"], "unknown_command");
}

#[test]
fn a_pipe_gets_neither_colours_nor_whatever_else_a_title_brings_along() {
    let machine = Machine::with(&[("CLICOLOR_FORCE", "1"), ("TERM", "xterm-256color")]);
    let lines = "add buy \u{1b}[31mred\u{1b}[0m \u{1b}]0;title\u{7}paint\u{202e}\n/tasks\n";
    let said = machine.pipe(&[], lines.as_bytes());
    let strange = |c: &char| c.is_control() && !"\n\t".contains(*c) || *c == '\u{202e}';
    assert_eq!(said.out.chars().find(strange), None, "{said:?}");
    assert!(said.ok().contains("buy red paint"));
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let machine = Machine::new();
    machine.chat(&["add buy milk"]).ok();
    let mut child = machine.start(&[]);
    drop(child.stdout.take());
    // It may be gone before it has read everything.
    drop(child.stdin.take().unwrap().write_all("/tasks\n".repeat(1_000).as_bytes()));
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}
