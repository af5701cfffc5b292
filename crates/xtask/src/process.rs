//! Running other programs.

use std::{
    env,
    ffi::OsString,
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::Result;

/// The cargo that runs this tool.
pub(crate) fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")))
}

/// A program of this workspace that cargo has built: it lies beside this one, wherever the target
/// directory is.
pub(crate) fn built(program: &str) -> Result<PathBuf> {
    let path = env::current_exe()?.with_file_name(program);
    if path.is_file() { Ok(path) } else { Err(format!("there is no {}", path.display()).into()) }
}

/// A directory for what tools need, among what cargo has built.
pub(crate) fn tool_directory(name: &str) -> Result<PathBuf> {
    let directory = env::current_exe()?.with_file_name("..").join(name);
    fs::create_dir_all(&directory)?;
    Ok(directory.canonicalize()?)
}

/// Shows the command, runs it to its end, and insists that it succeeds.
pub(crate) fn run(command: &mut Command) -> Result {
    println!("$ {}", shown(command));
    let status = command.stdin(Stdio::null()).status().map_err(|error| {
        format!("cannot start {}: {error}", command.get_program().to_string_lossy())
    })?;
    if status.success() { Ok(()) } else { Err(format!("{}: {status}", shown(command)).into()) }
}

/// What the command prints, if it succeeds.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Whether the command succeeds within the time it is given, in silence.
pub(crate) fn succeeds_within(limit: Duration, command: &mut Command) -> bool {
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else { return false };
    let started = Instant::now();
    while started.elapsed() < limit {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) => thread::sleep(Duration::from_millis(100)),
            Err(_) => break,
        }
    }
    let _ = child.kill();
    let _ = child.wait();
    false
}

/// Whether this process may do everything.
pub(crate) fn is_root() -> bool {
    output(Command::new("id").arg("-u")).is_some_and(|id| id == "0")
}

/// Where a program lies in the search path.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|directory| directory.join(program)).find(|file| file.is_file())
}

fn shown(command: &Command) -> String {
    let program = PathBuf::from(command.get_program());
    let program = program.file_name().unwrap_or(command.get_program()).to_string_lossy();
    let arguments = command.get_args().map(|argument| format!(" {}", argument.to_string_lossy()));
    program.into_owned() + &arguments.collect::<String>()
}
