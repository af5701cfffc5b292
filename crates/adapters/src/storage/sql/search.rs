//! What a search looks at, and for what.

use todo_domain::{FoldedText, SearchText};

/// What a folded column begins with: it tells by which folding. No folded text has it.
const MARK: char = FoldedText::VERSION as char;
/// What stands between two texts of a column, so that nothing matches across it. No folded text has
/// it.
const SEPARATOR: char = '\u{1f}';

/// A folded column of these texts.
pub(super) fn column_of<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    let mut column = String::from(MARK);
    for (place, text) in texts.into_iter().enumerate() {
        if place > 0 {
            column.push(SEPARATOR);
        }
        column.push_str(FoldedText::of(text).as_str());
    }
    column
}

/// What to look for in folded columns, and what in those of rows that are not folded yet, which are
/// in lower case, where that is something else.
pub(super) fn wanted(text: &SearchText) -> (String, Option<String>) {
    let (folded, lower) = (String::from(text.folded()), text.as_str().to_lowercase());
    let lower = (lower != folded).then_some(lower);
    (folded, lower)
}
