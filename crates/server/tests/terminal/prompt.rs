//! A person at a terminal.

use std::{net::TcpListener, os::unix::fs::PermissionsExt, process::Command};

use rexpect::session::{PtySession, spawn_command};
use todo_testkit::{
    cohere::{CohereSimulator, Cue, Scenario},
    process::Service,
};

use crate::{
    chat::{Machine, binary},
    scripted::{ScriptedService, TURN, finish, start, text},
};

/// How long something may take to show, in milliseconds.
const TIMEOUT: u64 = 60_000;
const UP: &str = "\u{1b}[A";
const LEFT: &str = "\u{1b}[D";

/// A terminal on this machine in which a chat was started.
fn sit_down(machine: &Machine, variables: &[(&str, &str)]) -> PtySession {
    let mut command = machine.command(&[]);
    command.env("TERM", "xterm-256color").envs(variables.iter().copied());
    spawn_command(command, Some(TIMEOUT)).unwrap()
}

/// One in which a chat with the service at this address was started.
fn sit_down_at(machine: &Machine, url: &str) -> PtySession {
    let mut command = machine.command(&["--url", url]);
    command.env("TERM", "xterm-256color");
    spawn_command(command, Some(TIMEOUT)).unwrap()
}

/// A machine whose chat is answered by this model.
fn with_cohere(cohere: &CohereSimulator) -> Machine {
    let base_url = cohere.base_url();
    Machine::with(&[("COHERE_API_KEY", "co-key"), ("COHERE_BASE_URL", &base_url)])
}

/// Presses keys.
fn enter(terminal: &mut PtySession, keys: &str) {
    terminal.send(keys).unwrap();
    terminal.flush().unwrap();
}

/// Ends a chat and returns everything that was shown since the last look.
fn leave(terminal: PtySession) -> String {
    end_with('d', terminal)
}

fn end_with_ctrl_c(terminal: PtySession) {
    end_with('c', terminal);
}

fn end_with(key: char, mut terminal: PtySession) -> String {
    terminal.send_control(key).unwrap();
    let shown = terminal.exp_eof().unwrap();
    let status = terminal.process().wait().unwrap();
    assert!(
        format!("{status:?}").contains("Exited") && format!("{status:?}").contains(", 0"),
        "{status:?}"
    );
    shown
}

#[test]
fn a_line_is_edited_before_it_is_said_and_ctrl_d_ends() {
    let machine = Machine::new();
    let mut terminal = sit_down(&machine, &[]);
    terminal.exp_string("The list of ada <ada@todo.localhost>.").unwrap();
    terminal.exp_string("> ").unwrap();
    enter(&mut terminal, &format!("add buy mlk{LEFT}{LEFT}i\r"));
    terminal.exp_string("Added task 1: buy milk").unwrap();
    terminal.exp_string("> ").unwrap();
    leave(terminal);
    let history = machine.data.path().join("chat_history");
    assert_eq!(history.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn lines_are_remembered_until_the_next_time_and_ctrl_c_drops_one() {
    let machine = Machine::new();
    let mut terminal = sit_down(&machine, &[]);
    terminal.exp_string("> ").unwrap();
    enter(&mut terminal, "/tasks all\r");
    terminal.exp_string("no tasks").unwrap();
    terminal.exp_string("> ").unwrap();
    leave(terminal);
    let mut terminal = sit_down(&machine, &[]);
    terminal.exp_string("> ").unwrap();
    enter(&mut terminal, "add never said");
    terminal.exp_string("add never said").unwrap();
    terminal.send_control('c').unwrap();
    terminal.exp_string("> ").unwrap();
    enter(&mut terminal, &format!("{UP}\r"));
    terminal.exp_string("no tasks").unwrap();
    terminal.exp_string("> ").unwrap();
    leave(terminal);
}

#[test]
fn conversations_are_listed_and_opened_by_their_number() {
    let machine = Machine::new();
    machine.chat(&["add buy milk"]).ok();
    let mut terminal = sit_down(&machine, &[]);
    terminal.exp_string("> ").unwrap();
    for (line, shown) in [
        ("/open 1", "no conversation of this number"),
        ("/conversations", "add buy milk"),
        ("/open 1", "Added task 1: buy milk"),
        ("mark it as done", "Completed task 1"),
        ("/tasks done", "buy milk"),
    ] {
        enter(&mut terminal, &format!("{line}\r"));
        terminal.exp_string(shown).unwrap();
        terminal.exp_string("> ").unwrap();
    }
    leave(terminal);
    let list = machine.chat(&["/conversations"]).ok();
    assert_eq!(list.lines().count(), 1, "all of it was one conversation: {list}");
}

#[test]
fn colours_are_for_terminals_of_people_who_want_them() {
    let machine = Machine::new();
    for (variables, is_coloured) in
        [(&[][..], true), (&[("NO_COLOR", "1")], false), (&[("TERM", "dumb")], false)]
    {
        let mut terminal = sit_down(&machine, variables);
        terminal.exp_string("> ").unwrap();
        enter(&mut terminal, "list all tasks\r");
        let shown = terminal.exp_string("> ").unwrap();
        enter(&mut terminal, "/nonsense\r");
        let shown = shown + &terminal.exp_string("/help lists").unwrap();
        leave(terminal);
        assert_eq!(shown.contains("\u{1b}[32m"), is_coloured, "{variables:?}: {shown:?}");
        assert_eq!(shown.contains("\u{1b}[31m"), is_coloured, "{variables:?}: {shown:?}");
    }
}

#[test]
fn json_on_a_terminal_turns_nothing_around() {
    let machine = Machine::new();
    let chat = machine.command(&["--json", "add buy \u{202e}paint"]);
    let shown = spawn_command(chat, Some(TIMEOUT)).unwrap().exp_eof().unwrap();
    assert!(shown.contains(r"buy \u202epaint") && !shown.contains('\u{202e}'), "{shown:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_stops_the_answer_and_the_next_line_goes_on() {
    let cohere = CohereSimulator::start().await;
    cohere.script([Scenario::Stall]);
    let machine = with_cohere(&cohere);
    let mut terminal = sit_down(&machine, &[]);
    terminal.exp_string("> ").unwrap();
    enter(&mut terminal, "hello\r");
    terminal.exp_string("thinking").unwrap();
    while cohere.chats().is_empty() {
        tokio::task::yield_now().await;
    }
    terminal.send_control('c').unwrap();
    terminal.exp_string("Stopped.").unwrap();
    terminal.exp_string("> ").unwrap();
    enter(&mut terminal, "add buy milk\r");
    terminal.exp_string("add_task").unwrap();
    terminal.exp_string("> ").unwrap();
    leave(terminal);
    let list = machine.chat(&["/conversations"]).ok();
    assert_eq!(list.lines().count(), 1, "it goes on in the same conversation: {list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_of_a_service_comes_word_by_word_and_ctrl_c_stops_its_turn() {
    let cohere = CohereSimulator::start().await;
    cohere.script([Cue::default(), Scenario::StallBetweenEvents.into()]);
    let home = with_cohere(&cohere);
    let service = Service::start(binary(), &home.variables());
    let ada = service.stranger().sign_up("ada").await;
    let machine = Machine::with(&[("CHATBOT_TOKEN", ada.token.as_deref().unwrap())]);
    let mut terminal = sit_down_at(&machine, service.base_url());
    terminal.exp_string("> ").unwrap();
    enter(&mut terminal, "add buy milk\r");
    terminal.exp_string("add_task  1: buy milk").unwrap();
    terminal.exp_string("Task 1").unwrap();
    let conversations = ada.get("/api/me/conversations").await.expect(200);
    let chat = format!("/api/me/chat/{}", conversations[0]["id"].as_str().unwrap());
    assert_eq!(ada.get(&chat).await.expect(200)["status"], "running");
    terminal.send_control('c').unwrap();
    terminal.exp_string("Stopped. What was done stays; /undo takes it back.").unwrap();
    terminal.exp_string("> ").unwrap();

    let path = format!("/api/me/conversations/{}/messages?include=turns", &chat[13..]);
    let messages = ada.get(&path).await.expect(200);
    let turn = &messages[0]["turn"];
    assert_eq!(turn["status"], "cancelled");
    assert_eq!(turn["steps"].as_array().unwrap().len(), 1);
    enter(&mut terminal, "/undo\r");
    terminal.exp_string("deleted  1: buy milk").unwrap();
    terminal.exp_string("> ").unwrap();
    leave(terminal);
}

#[test]
fn ctrl_c_twice_ends_as_ctrl_d_does() {
    let machine = Machine::new();
    let mut terminal = sit_down(&machine, &[]);
    terminal.exp_string("> ").unwrap();
    terminal.send_control('c').unwrap();
    terminal.exp_string("Ctrl-C again, or Ctrl-D, ends.").unwrap();
    terminal.exp_string("> ").unwrap();
    enter(&mut terminal, "/tasks\r");
    terminal.exp_string("no tasks").unwrap();
    terminal.exp_string("> ").unwrap();
    terminal.send_control('c').unwrap();
    terminal.exp_string("Ctrl-C again, or Ctrl-D, ends.").unwrap();
    terminal.exp_string("> ").unwrap();
    end_with_ctrl_c(terminal);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_shown_and_the_next_line_decides_it() {
    let home = Machine::new();
    let service = Service::start(binary(), &home.variables());
    let ada = service.stranger().sign_up("ada").await;
    ada.say("add buy milk").await;
    let machine = Machine::with(&[("CHATBOT_TOKEN", ada.token.as_deref().unwrap())]);
    let mut terminal = sit_down_at(&machine, service.base_url());
    terminal.exp_string("> ").unwrap();
    enter(&mut terminal, "delete everything\r");
    terminal.exp_string("unless you say yes").unwrap();
    terminal.exp_string("> ").unwrap();
    enter(&mut terminal, "yes\r");
    terminal.exp_string("Deleted task 1: buy milk").unwrap();
    terminal.exp_string("> ").unwrap();
    leave(terminal);
}

#[test]
fn a_stream_that_is_cut_is_followed_again_after_what_was_read() {
    let service = ScriptedService::start();
    let machine = Machine::with(&[("CHATBOT_TOKEN", "x"), ("TERM", "xterm-256color")]);
    let chat = machine.command(&["--url", &service.url(), "hello"]);
    let mut terminal = spawn_command(chat, Some(TIMEOUT)).unwrap();

    let mut message = service.next();
    assert_eq!(message.what(), "post /api/me/chat");
    assert_eq!(message.header("accept"), Some("text/event-stream"));
    message.stream(1, &[&start(), r#"{"type":"start-step"}"#, &text("Hello ")]);
    drop(message);
    terminal.exp_string("Hello ").unwrap();
    for (first, chunk) in [(4, text("there")), (5, finish("completed"))] {
        let mut again = service.next();
        assert_eq!(again.what(), format!("get /api/me/turns/{TURN}/stream"));
        let last = format!("{TURN}-1-{}", first - 1);
        assert_eq!(again.header("last-event-id"), Some(last.as_str()));
        again.stream(first, &[&chunk]);
    }
    assert_eq!(terminal.exp_eof().unwrap().trim_end(), "there");
}

#[test]
fn what_becomes_of_a_message_is_told_only_where_one_was_said() {
    let service = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", service.local_addr().unwrap());
    let machine = Machine::with(&[("CHATBOT_TOKEN", "x"), ("TERM", "xterm-256color")]);
    let chat = machine.command(&["--url", &url]);
    let mut terminal = spawn_command(chat, Some(TIMEOUT)).unwrap();
    let _greeting = service.accept().unwrap();
    terminal.send_control('c').unwrap();
    terminal.exp_string("Not waiting any longer.").unwrap();
    terminal.exp_string("> ").unwrap();
    enter(&mut terminal, "hello\r");
    let _message = service.accept().unwrap();
    terminal.send_control('c').unwrap();
    terminal.exp_string("Stopping; Ctrl-C again stops waiting.").unwrap();
    terminal.send_control('c').unwrap();
    let fate = "Not waiting any longer; it may be carried on; see /conversations.";
    terminal.exp_string(fate).unwrap();
    terminal.exp_string("> ").unwrap();
    end_with_ctrl_c(terminal);
}

/// A shell that starts a chat, tells its process id, and compares the modes of the terminal.
const SHELL: &str = r#"
before=$(stty -g)
sh -c 'echo "process $$."; exec "$0" chat' "$0"
if test "$(stty -g)" = "$before"; then echo same modes; else echo other modes; fi"#;

#[test]
fn told_to_end_at_the_prompt_it_leaves_the_terminal_as_it_was() {
    let machine = Machine::new();
    let mut shell = Command::new("sh");
    shell.args(["-c", SHELL]).arg(binary()).env_clear().envs(machine.variables());
    shell.env("TERM", "xterm-256color").env("PATH", std::env::var_os("PATH").unwrap());
    let mut terminal = spawn_command(shell, Some(TIMEOUT)).unwrap();
    terminal.exp_string("process ").unwrap();
    let process = terminal.exp_string(".").unwrap();
    terminal.exp_string("> ").unwrap();
    enter(&mut terminal, "half a li");
    terminal.exp_string("half a li").unwrap();
    assert!(Command::new("kill").args(["-TERM", &process]).status().unwrap().success());
    let shown = terminal.exp_eof().unwrap();
    assert!(shown.contains("same modes"), "{shown:?}");
    assert!(shown.contains("\u{1b}[?2004l"), "pasting is as it was: {shown:?}");
}
