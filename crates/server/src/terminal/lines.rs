//! Where messages come from: the command line, a prompt, or a pipe.

use std::{
    io::{self, BufRead, Read},
    sync::Arc,
};

use parking_lot::Mutex;
use tokio::task::spawn_blocking;

use super::prompt::Prompt;

/// How long a line may be, in bytes: far more than a message may have, and the rest is not kept.
const MAX_LINE: u64 = 32 * 1024;

/// What was read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// A line without its end.
    Text(String),
    /// A line that can't be a message, and why.
    Unfit(&'static str),
    /// A line that was given up while it was written.
    Dropped,
    /// There is nothing more.
    End,
}

impl Line {
    /// A line without the byte order mark that files and pipes begin with on some systems.
    pub(super) fn of(text: String) -> Self {
        Self::Text(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
    }
}

/// Lines, one at a time.
pub(crate) enum Lines {
    /// What was said on the command line.
    Once(Option<String>),
    /// What is typed.
    Prompted(Arc<Mutex<Prompt>>),
    /// What comes on the standard input.
    Piped,
}

impl Lines {
    /// The words of the command line, or the standard input without any.
    pub(crate) fn given(words: &[String]) -> Self {
        if words.is_empty() { Self::Piped } else { Self::Once(Some(words.join(" "))) }
    }

    pub(crate) fn prompted(prompt: Prompt) -> Self {
        Self::Prompted(Arc::new(Mutex::new(prompt)))
    }

    /// Waits for the next line, on a thread of its own.
    pub(crate) async fn next(&mut self) -> io::Result<Line> {
        let read = match self {
            Self::Once(line) => return Ok(line.take().map_or(Line::End, Line::of)),
            Self::Piped => spawn_blocking(|| read(&mut io::stdin().lock())),
            Self::Prompted(prompt) => {
                let prompt = Arc::clone(prompt);
                spawn_blocking(move || prompt.lock().read())
            }
        };
        read.await.map_err(io::Error::other)?
    }
}

fn read(input: &mut impl BufRead) -> io::Result<Line> {
    let mut bytes = Vec::new();
    if input.by_ref().take(MAX_LINE).read_until(b'\n', &mut bytes)? == 0 {
        return Ok(Line::End);
    }
    if bytes.ends_with(b"\n") {
        bytes.pop();
        if bytes.ends_with(b"\r") {
            bytes.pop();
        }
    } else if bytes.len() as u64 == MAX_LINE {
        input.skip_until(b'\n')?;
        return Ok(Line::Unfit("must be at most 2000 characters long"));
    }
    Ok(String::from_utf8(bytes).map_or(Line::Unfit("must be valid UTF-8"), Line::of))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(mut input: &[u8]) -> Vec<Line> {
        let mut lines = Vec::new();
        loop {
            match read(&mut input).unwrap() {
                Line::End => return lines,
                line => lines.push(line),
            }
        }
    }

    fn text(text: &str) -> Line {
        Line::Text(text.to_owned())
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_a_line() {
        assert_eq!(
            lines("\u{feff}/help\nadd milk\n".as_bytes()),
            [text("/help"), text("add milk")]
        );
        let once = Line::of("\u{feff}add milk".to_owned());
        assert_eq!(once, text("add milk"));
    }

    #[test]
    fn lines_end_in_either_way_and_the_last_one_need_not() {
        assert_eq!(lines(b"a\nb\r\n\nc"), [text("a"), text("b"), text(""), text("c")]);
    }

    #[test]
    fn an_endless_line_is_refused_without_being_kept_and_the_next_one_is_read() {
        let endless = "x".repeat(1_000_000);
        let found = lines(format!("{endless}\nadd milk\n").as_bytes());
        assert_eq!(found, [Line::Unfit("must be at most 2000 characters long"), text("add milk")]);
    }

    #[test]
    fn what_is_no_text_is_refused() {
        assert_eq!(lines(b"\xff\xfe\nok\n"), [Line::Unfit("must be valid UTF-8"), text("ok")]);
    }
}
