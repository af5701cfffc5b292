//! Where words, quotations and marks begin and end in a text, and how it is read: without signs of no
//! width, full-width letters and the digits of all scripts as ASCII has them.

use std::borrow::Cow;

use icu_properties::{CodePointMapData, props::GeneralCategory};

/// What stands in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    /// What stands between quotation marks is never read as grammar.
    Quoted,
    /// Punctuation; a run of the same is one mark.
    Mark,
}

/// What kind of token begins at `start`, and where it ends.
pub(super) fn token_end(text: &str, start: usize, first: char) -> (Kind, usize) {
    if let Some(end) = quotation_end(text, start, first) {
        return (Kind::Quoted, end);
    }
    if let Some(end) = link_end(text, start) {
        return (Kind::Word, end);
    }
    if is_mark(first) {
        let run = text[start..].chars().take_while(|&next| next == first).count();
        return (Kind::Mark, start + run * first.len_utf8());
    }
    let mut chars = text[start..].char_indices().peekable();
    let mut before = first;
    while let Some((offset, this)) = chars.next() {
        let next = chars.peek().map(|&(_, next)| next);
        if this.is_whitespace() || (offset > 0 && ends_word(before, this, next)) {
            return (Kind::Word, start + offset);
        }
        before = this;
    }
    (Kind::Word, text.len())
}

fn is_mark(character: char) -> bool {
    ".,;:!?()[]{}<>\"'’‘“”„«»`-–—−*•…#&+=|~".contains(character)
}

/// Whether a word ends before `this`. Most marks inside a word belong to it: don't, high-priority,
/// 15:00, example.org.
fn ends_word(before: char, this: char, next: Option<char>) -> bool {
    match this {
        ',' | ';' | '!' | '?' | '(' | ')' | '[' | ']' | '"' | '“' | '”' | '…' | '—' => true,
        ':' if before.is_alphabetic() && next.is_some_and(char::is_alphabetic) => true,
        _ => is_mark(this) && next.is_none_or(|next| next.is_whitespace() || is_mark(next)),
    }
}

/// Where the link ends that begins at `start`, if one does. All marks in it belong to it, but not
/// those that end a sentence after it, nor a bracket that was opened before it.
fn link_end(text: &str, start: usize) -> Option<usize> {
    const CLOSING: [char; 14] =
        ['.', ',', ';', ':', ')', ']', '}', '>', '"', '\'', '’', '”', '»', '…'];
    let word = text[start..].split(char::is_whitespace).next()?;
    if !is_link(word) {
        return None;
    }
    let mut link = word;
    while let Some(last) = link.chars().next_back().filter(|last| CLOSING.contains(last)) {
        let opened = match last {
            ')' => link.matches('(').count() >= link.matches(')').count(),
            ']' => link.matches('[').count() >= link.matches(']').count(),
            _ => false,
        };
        if opened {
            break;
        }
        link = &link[..link.len() - last.len_utf8()];
    }
    Some(start + link.len())
}

/// Whether a word is a link: `https://…`, `www.…`, `example.org/…`.
fn is_link(word: &str) -> bool {
    let lower = word.to_lowercase();
    let scheme = lower.split_once("://").is_some_and(|(scheme, rest)| {
        !rest.is_empty()
            && scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.chars().all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter))
    });
    let host = || {
        let (host, _) = lower.split_once('/')?;
        let (name, top) = host.rsplit_once('.')?;
        let label = |label: &str| {
            !label.is_empty()
                && label.chars().all(|letter| letter.is_alphanumeric() || letter == '-')
        };
        (name.split('.').all(label) && top.len() > 1 && top.chars().all(char::is_alphabetic))
            .then_some(())
    };
    scheme
        || lower.strip_prefix("www.").is_some_and(|rest| rest.starts_with(char::is_alphanumeric))
        || lower.strip_prefix("mailto:").is_some_and(|rest| rest.contains('@'))
        || host().is_some()
}

/// Where the quotation ends that begins at `start`, if one does: it opens before a word, closes
/// after one and has something in it.
fn quotation_end(text: &str, start: usize, first: char) -> Option<usize> {
    let closing: &[char] = match first {
        '"' | '“' => &['"', '”'],
        '„' => &['“', '”', '"'],
        '\'' | '‘' => &['\'', '’'],
        '«' => &['»'],
        '`' => &['`'],
        _ => return None,
    };
    if text[..start].chars().next_back().is_some_and(char::is_alphanumeric) {
        return None;
    }
    let inner = start + first.len_utf8();
    let (close, length) = text[inner..].char_indices().find_map(|(offset, this)| {
        let after = inner + offset + this.len_utf8();
        let inside_word = text[after..].chars().next().is_some_and(char::is_alphanumeric);
        (closing.contains(&this) && !inside_word).then_some((inner + offset, this.len_utf8()))
    })?;
    (!text[inner..close].trim().is_empty()).then_some(close + length)
}

/// A text to read, and where its bytes stood in the text as it was written.
#[derive(Debug)]
pub(super) struct Plain<'t> {
    pub(super) text: Cow<'t, str>,
    /// Where each byte of it stood, and the end; empty where nothing has moved.
    offsets: Vec<usize>,
}

impl<'t> Plain<'t> {
    pub(super) fn of(written: &'t str) -> Self {
        if written.is_ascii() {
            return Self { text: Cow::Borrowed(written), offsets: Vec::new() };
        }
        let mut text = String::with_capacity(written.len());
        let mut offsets = Vec::with_capacity(written.len() + 1);
        for (offset, character) in written.char_indices() {
            if let Some(character) = plain(character) {
                text.push(character);
                offsets.resize(text.len(), offset);
            }
        }
        offsets.push(written.len());
        Self { text: Cow::Owned(text), offsets }
    }

    /// Where something stood that stands here.
    pub(super) fn written_offset(&self, at: usize) -> usize {
        self.offsets.get(at).copied().unwrap_or(at)
    }
}

/// Whether a character has no width and divides no words: byte order marks, joiners, marks of
/// direction, variation selectors.
pub(super) fn is_without_width(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200c}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// A space without width: it divides words where no other does.
pub(super) const ZERO_WIDTH_SPACE: char = '\u{200b}';

fn plain(character: char) -> Option<char> {
    const FULL_WIDTH: u32 = '！' as u32 - '!' as u32;
    match character {
        ZERO_WIDTH_SPACE => Some(' '),
        '！'..='～' => char::from_u32(character as u32 - FULL_WIDTH),
        _ if is_without_width(character) => None,
        _ => Some(ascii_digit(character).unwrap_or(character)),
    }
}

/// The ASCII digit of this value. In every script the digits follow each other from zero to nine.
fn ascii_digit(character: char) -> Option<char> {
    let is_digit = |character: char| {
        CodePointMapData::<GeneralCategory>::new().get(character) == GeneralCategory::DecimalNumber
    };
    let code = u32::from(character);
    let before = |back: u32| code.checked_sub(back).and_then(char::from_u32).is_some_and(is_digit);
    let value = || (1..).find(|&back| !before(back)).map(|back| (back - 1) % 10);
    is_digit(character).then(value).flatten().and_then(|value| char::from_digit(value, 10))
}

/// A title on one line: runs of white space are one space, and what only a copy or a pipe left
/// behind is gone. Signs that people write with, such as joiners, stay.
pub(super) fn on_one_line(written: &str) -> String {
    let spaced = |character: char| character.is_whitespace();
    let text: String = written.chars().filter(|&character| character != '\u{feff}').collect();
    text.split(spaced)
        .map(|word| word.trim_matches(ZERO_WIDTH_SPACE))
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
