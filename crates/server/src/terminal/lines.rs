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
    /// A line that can't be a message.
    Unfit(Unfit),
    /// A line that was given up while it was written.
    Dropped,
    /// There is nothing more.
    End,
}

/// Why a line can't be a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// It has this many characters.
    TooLong { length: usize },
    /// It is not UTF-8.
    NotText,
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
        let length = length(&bytes, input)?;
        return Ok(Line::Unfit(Unfit::TooLong { length }));
    }
    Ok(String::from_utf8(bytes).map_or(Line::Unfit(Unfit::NotText), Line::of))
}

/// How many characters a line has that begins with these bytes. The rest of it is read and not kept.
fn length(beginning: &[u8], input: &mut impl BufRead) -> io::Result<usize> {
    let mut length = characters(beginning);
    let mut ends_in_cr = beginning.ends_with(b"\r");
    loop {
        let bytes = input.fill_buf()?;
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let rest = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
        length += characters(rest);
        ends_in_cr = rest.last().map_or(ends_in_cr, |last| *last == b'\r');
        let is_over = end.is_some() || bytes.is_empty();
        let read = rest.len() + usize::from(end.is_some());
        input.consume(read);
        if is_over {
            return Ok(length - usize::from(end.is_some() && ends_in_cr));
        }
    }
}

/// How many characters begin in these bytes.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| !matches!(byte, 0x80..=0xbf)).count()
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
        let length = 1_000_000;
        let too_long = || Line::Unfit(Unfit::TooLong { length });
        for (character, end) in [("x", "\n"), ("ü", "\r\n"), ("€", "\n")] {
            let endless = character.repeat(length);
            let found = lines(format!("{endless}{end}add milk\n").as_bytes());
            assert_eq!(found, [too_long(), text("add milk")]);
            assert_eq!(lines(endless.as_bytes()), [too_long()]);
        }
    }

    #[test]
    fn what_is_no_text_is_refused() {
        assert_eq!(lines(b"\xff\xfe\nok\n"), [Line::Unfit(Unfit::NotText), text("ok")]);
    }
}
