//! What a command answers with, on the standard output.

use std::io::{self, IsTerminal, Stdout, Write};

/// The standard output of a command that answers and ends. Whoever reads it may stop at any time, as
/// `head` does, and has seen enough then: the command goes on, quietly, and its exit code is what it
/// would have been.
pub(crate) struct Answer(Stdout);

impl Answer {
    pub(crate) fn to_stdout() -> Self {
        Self(io::stdout())
    }

    /// Whether a person looks at it.
    pub(crate) fn is_terminal(&self) -> bool {
        self.0.is_terminal()
    }
}

impl Write for Answer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(bytes.len()),
            written => written,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0.flush() {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            flushed => flushed,
        }
    }
}
