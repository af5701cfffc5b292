//! A text as the grammar reads it: without signs of no width, full-width letters and the digits of
//! all scripts as ASCII has them. It knows where everything stood, so that titles can be cut out as they were written.

use std::borrow::Cow;

use icu_properties::{CodePointMapData, props::GeneralCategory};

/// A text to read, and where its bytes stood in the text as it was written.
#[derive(Debug)]
pub(super) struct Plain<'t> {
    pub(super) text: Cow<'t, str>,
    /// Where each byte of it stood, and the end; empty where nothing has moved.
    places: Vec<usize>,
}

impl<'t> Plain<'t> {
    pub(super) fn of(written: &'t str) -> Self {
        if written.is_ascii() {
            return Self { text: Cow::Borrowed(written), places: Vec::new() };
        }
        let mut text = String::with_capacity(written.len());
        let mut places = Vec::with_capacity(written.len() + 1);
        for (place, character) in written.char_indices() {
            if let Some(character) = plain(character) {
                text.push(character);
                places.resize(text.len(), place);
            }
        }
        places.push(written.len());
        Self { text: Cow::Owned(text), places }
    }

    /// Where something stood that stands here.
    pub(super) fn place(&self, at: usize) -> usize {
        self.places.get(at).copied().unwrap_or(at)
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
    let place = u32::from(character);
    let before = |back: u32| place.checked_sub(back).and_then(char::from_u32).is_some_and(is_digit);
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
