//! The modes of the terminal, such as its echo: a prompt changes them while a line is edited.

use std::io::{self, Write};

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

/// Ends the line that was edited, and what the editor asked the terminal for: to mark what is
/// pasted.
const END_OF_EDITING: &str = "\u{1b}[?2004l\n";

/// The modes of the terminal that lines come from, as they were found.
pub(crate) struct Modes(Termios);

impl Modes {
    /// `None` if there are none.
    pub(crate) fn of_stdin() -> Option<Self> {
        tcgetattr(io::stdin()).ok().map(Self)
    }

    /// Puts them back if a line was given up while it was edited: its editor still waits for a key
    /// and never gets to do it.
    pub(crate) fn restore(&self) {
        let is_edited =
            tcgetattr(io::stdin()).is_ok_and(|now| now.local_modes != self.0.local_modes);
        if is_edited {
            // The terminal may be gone by now.
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
            let _ = io::stdout().write_all(END_OF_EDITING.as_bytes());
        }
    }
}
