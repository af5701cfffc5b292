//! `chatbot-api chat`: talking in a terminal, to the use-cases within this process or to a service
//! that runs elsewhere.

mod arguments;
mod attempts;
mod chat_backend;
mod commands;
mod in_process;
mod lines;
mod local_user;
mod modes;
mod prompt;
mod remote;
mod screen;
mod server_url;
mod session;
mod signals;
mod tables;
mod turn_reader;
mod wire;

use std::{
    error::Error,
    io::{self, ErrorKind, IsTerminal},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use tokio::runtime;

pub(crate) use self::arguments::ChatArguments;
use self::{
    chat_backend::ChatBackend, in_process::InProcess, lines::Lines, modes::Modes, prompt::Prompt,
    remote::Remote, screen::Screen, session::Session, signals::Signals,
};
use crate::{
    config::{InProcessConfig, RemoteConfig, Variables},
    telemetry,
};

/// Carries every message out; the exit code is 1 if one of them got no answer.
///
/// # Errors
/// Whatever keeps it from talking at all.
pub(crate) fn chat(
    arguments: ChatArguments,
    variables: Variables,
) -> Result<ExitCode, Box<dyn Error>> {
    let runtime = runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut modes = None;
    let code = runtime.block_on(run(arguments, variables, &mut modes));
    // A line may still be waited for, on a thread of its own.
    runtime.shutdown_timeout(Duration::from_millis(100));
    if let Some(modes) = modes {
        modes.restore();
    }
    code
}

/// Keeps the modes of the terminal in `modes` before a prompt changes them.
async fn run(
    arguments: ChatArguments,
    variables: Variables,
    modes: &mut Option<Modes>,
) -> Result<ExitCode, Box<dyn Error>> {
    let screen = Screen::of_stdout(arguments.json);
    let (backend, history) = connect(&arguments, variables, screen.is_live()).await?;
    // From now on Ctrl-C means something else than the end of the process.
    let mut signals = Signals::listen()?;
    let is_prompt = arguments.message.is_empty() && screen.is_live() && io::stdin().is_terminal();
    let lines = if is_prompt {
        *modes = Modes::of_stdin();
        Lines::prompted(Prompt::new(history)?)
    } else {
        Lines::given(&arguments.message)
    };
    let mut session = Session::new(backend.as_ref(), screen, arguments.conversation, is_prompt);
    let outcome = session.run(lines, &mut signals).await;
    let all_answered = session.all_answered();
    backend.close(&mut signals).await;
    match outcome {
        // Whoever read along has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
        outcome => outcome?,
    }
    Ok(if all_answered { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Who is talked to, and where the history of lines is kept, if it is.
async fn connect(
    arguments: &ChatArguments,
    variables: Variables,
    is_live: bool,
) -> Result<(Box<dyn ChatBackend>, Option<PathBuf>), Box<dyn Error>> {
    let (backend, data_dir): (Box<dyn ChatBackend>, _) = match &arguments.url {
        Some(url) => {
            let config = RemoteConfig::read(variables, arguments.token_file.as_deref())?;
            telemetry::start_on_stderr(config.logs)?;
            (Box::new(Remote::new(url, config.token, is_live)?), config.data_dir)
        }
        None => {
            let config = InProcessConfig::read(variables)?;
            telemetry::start_on_stderr(config.logs)?;
            let backend = InProcess::open(&config, arguments.user.as_ref(), is_live).await?;
            (Box::new(backend), config.database.data_dir)
        }
    };
    // Talking to a service elsewhere makes no directory here.
    let history = data_dir.is_dir().then(|| data_dir.join("chat_history"));
    Ok((backend, history))
}
