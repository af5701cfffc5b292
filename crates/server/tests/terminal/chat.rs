//! `chatbot-api chat` as somebody runs it.

use std::{
    io::Write,
    path::Path,
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

pub(crate) fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_chatbot-api"))
}

/// What it has printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) code: Option<i32>,
}

impl Said {
    /// The standard output of a run that went well.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.out
    }

    /// The standard error of a run that ended with this code.
    #[track_caller]
    pub(crate) fn err(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{self:?}");
        self.err
    }
}

/// A machine with a data directory of its own.
pub(crate) struct Machine {
    pub(crate) data: TempDir,
    variables: Vec<(String, String)>,
}

impl Machine {
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    /// One with these variables besides.
    pub(crate) fn with(variables: &[(&str, &str)]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let directory = data.path().to_str().unwrap().to_owned();
        let mut all = vec![("DATA_DIR".to_owned(), directory), ("USER".to_owned(), "ada".into())];
        all.extend(variables.iter().map(|(name, value)| ((*name).into(), (*value).into())));
        Self { data, variables: all }
    }

    /// The variables, for a service that keeps its data here.
    pub(crate) fn variables(&self) -> Vec<(&str, &str)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    /// `chatbot-api chat` with these arguments, not yet started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.arg("chat").args(arguments).env_clear().envs(self.variables());
        command
    }

    /// Starts it with everything piped.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// Runs it with these arguments.
    pub(crate) fn chat(&self, arguments: &[&str]) -> Said {
        self.pipe(arguments, b"")
    }

    /// Runs it with this on the standard input.
    pub(crate) fn pipe(&self, arguments: &[&str], input: &[u8]) -> Said {
        let mut child = self.start(arguments);
        // Who refuses at once does not read.
        drop(child.stdin.take().unwrap().write_all(input));
        let output = child.wait_with_output().unwrap();
        Said {
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code(),
        }
    }
}
