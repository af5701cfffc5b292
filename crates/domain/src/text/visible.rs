//! What shows something, and what shows nothing.

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{
        DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup,
        PrependedConcatenationMark,
    },
};
use unicode_segmentation::UnicodeSegmentation;

/// Symbols without a picture: a braille pattern without dots and a note without a head.
const EMPTY_SYMBOLS: [char; 2] = ['\u{2800}', '\u{1d159}'];

/// Spaces without width that come along when a text is copied or piped.
const ZERO_WIDTH_SPACES: [char; 3] = ['\u{feff}', '\u{200b}', '\u{2060}'];

/// Whether a text shows nothing: it is empty, or has only white space, control and format
/// characters, fillers, and what else Unicode gives no shape of its own. U+0000 is not blank: a text
/// with one is refused for it, never taken for an empty one.
///
/// ```
/// assert!(todo_domain::is_blank(" \u{200b}\u{3164}\u{2800}"));
/// assert!(!todo_domain::is_blank("."));
/// ```
#[must_use]
pub fn is_blank(text: &str) -> bool {
    text.chars().all(shows_nothing)
}

/// Whether a character may stand in a word: a letter, a digit, a mark on one of them, or one of the
/// two that only say how letters join.
#[must_use]
pub fn is_part_of_word(character: char) -> bool {
    character.is_alphanumeric() || is_mark(character) || is_joiner(character)
}

pub(crate) fn is_mark(character: char) -> bool {
    GeneralCategoryGroup::Mark.contains(category(character))
}

/// ZWNJ and ZWJ, which Persian, Hindi, Bengali, Malayalam and others are spelled with.
pub(crate) const fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200c}' | '\u{200d}')
}

/// The text without the white space around it, of whatever width.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches(|it: char| it.is_whitespace() || ZERO_WIDTH_SPACES.contains(&it))
}

/// The text from the first character on that shows something.
pub(crate) fn from_first_visible(text: &str) -> &str {
    let hidden = text.graphemes(true).take_while(|character| is_blank(character));
    let start: usize = hidden.map(str::len).sum();
    &text[start..]
}

fn category(character: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(character)
}

fn shows_nothing(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_whitespace() || (character.is_control() && character != '\0');
    }
    let is_format = || {
        category(character) == GeneralCategory::Format
            && !CodePointSetData::new::<PrependedConcatenationMark>().contains(character)
    };
    character.is_whitespace()
        || character.is_control()
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character)
        || is_format()
        || is_noncharacter(character)
        || EMPTY_SYMBOLS.contains(&character)
}

/// The 66 code points that are no characters and never will be.
const fn is_noncharacter(character: char) -> bool {
    let code = character as u32;
    code & 0xfffe == 0xfffe || matches!(code, 0xfdd0..=0xfdef)
}
