//! The prompt: lines that are edited before they are sent, and remembered for the next time.

use std::{io, path::PathBuf};

use rustyline::{Config, DefaultEditor, error::ReadlineError};

use super::lines::Line;

/// How many lines are remembered.
const HISTORY: usize = 1_000;

/// What people type at.
pub(crate) struct Prompt {
    editor: DefaultEditor,
    /// Where lines are remembered, readable for nobody else.
    history: Option<PathBuf>,
}

impl Prompt {
    /// A prompt that remembers what is in this file. Without one it remembers what was said since.
    pub(crate) fn new(history: Option<PathBuf>) -> io::Result<Self> {
        let config = Config::builder()
            .max_history_size(HISTORY)
            .map_err(io_error)?
            .history_ignore_space(true)
            .build();
        let mut editor = DefaultEditor::with_config(config).map_err(io_error)?;
        if let Some(file) = &history {
            match editor.load_history(file).map_err(io_error) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    tracing::warn!("The history of lines is not read: {error}");
                }
                _ => {}
            }
        }
        Ok(Self { editor, history })
    }

    /// Waits for the next line.
    pub(crate) fn read(&mut self) -> io::Result<Line> {
        match self.editor.readline("> ") {
            Ok(line) => {
                self.remember(&line);
                Ok(Line::of(line))
            }
            Err(ReadlineError::Interrupted) => Ok(Line::Dropped),
            Err(ReadlineError::Eof) => Ok(Line::End),
            Err(error) => Err(io_error(error)),
        }
    }

    /// A line is remembered when it is said: there may be no good end at which to do it.
    fn remember(&mut self, line: &str) {
        let is_new =
            !line.trim().is_empty() && self.editor.add_history_entry(line).is_ok_and(|new| new);
        if let (true, Some(file)) = (is_new, &self.history)
            && let Err(error) = self.editor.append_history(file)
        {
            tracing::warn!("The history of lines is not written: {error}");
            self.history = None;
        }
    }
}

fn io_error(error: ReadlineError) -> io::Error {
    match error {
        ReadlineError::Io(error) => error,
        other => io::Error::other(other),
    }
}
