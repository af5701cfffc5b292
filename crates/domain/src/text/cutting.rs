//! Texts that are too long to be shown whole.

use unicode_segmentation::UnicodeSegmentation;

/// The longest beginning of at most so many characters that ends where a character that people see
/// ends: a flag, a family, or a letter with its accents is never cut apart, unless it alone is
/// longer than that. Like all lengths this one counts Unicode scalar values.
///
/// ```
/// assert_eq!(todo_domain::beginning("🇩🇪🇫🇷", 3), "🇩🇪");
/// assert_eq!(todo_domain::beginning("milk", 10), "milk");
/// ```
#[must_use]
pub fn beginning(text: &str, max_chars: usize) -> &str {
    let Some((cut, _)) = text.char_indices().nth(max_chars) else { return text };
    // Looking a little past the cut is enough to see which character stands across it.
    let whole = text.grapheme_indices(true).map(|(start, _)| start).take_while(|&it| it <= cut);
    match whole.last() {
        Some(end) if end > 0 => &text[..end],
        _ => &text[..cut],
    }
}
