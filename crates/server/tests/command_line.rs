//! The binary as whoever starts it sees it.

use std::{
    io,
    process::{Command, Output},
};

fn run(arguments: &[&str], variables: &[(&str, &str)]) -> io::Result<Output> {
    Command::new(env!("CARGO_BIN_EXE_chatbot-api"))
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied())
        .output()
}

#[test]
fn a_wrong_configuration_is_told_before_anything_starts() {
    let output = run(&[], &[("PORT", "http"), ("JWT_SECRET", "hunter2")]).unwrap();

    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "chatbot-api: the configuration is wrong:
  JWT_SECRET: must have at least 32 bytes
  PORT: must be a port from 0 to 65535
"
    );
}

#[test]
fn it_knows_its_version_whatever_the_environment() {
    let output = run(&["--version"], &[("PORT", "http")]).unwrap();

    assert!(output.status.success());
    let version = concat!("chatbot-api ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), version);
}

#[test]
fn an_unknown_command_is_a_usage_error() {
    assert_eq!(run(&["sing"], &[]).unwrap().status.code(), Some(2));
}
