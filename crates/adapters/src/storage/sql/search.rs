//! What a search looks at, and for what.

use todo_domain::{FoldedText, SearchText, Tag, Tags};

/// What a folded column begins with: it tells by which folding. No folded text has it.
const MARK: char = FoldedText::VERSION as char;
/// What stands between two texts of a column, so that nothing matches across it. No folded text has
/// it.
const SEPARATOR: char = '\u{1f}';
/// What stands before and after each tag of a column. No folded text has it.
const TAG: char = '\u{1e}';

/// A folded column of these texts.
pub(super) fn column_of<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    let mut column = String::from(MARK);
    push(&mut column, texts);
    column
}

/// The folded column of a task: its tags, and after them its texts.
pub(super) fn column_of_task(tags: &Tags, title: &str, description: Option<&str>) -> String {
    let mut column = String::from(MARK);
    for tag in tags {
        column.push(TAG);
        push_letters(&mut column, tag);
    }
    if !tags.is_empty() {
        column.push(TAG);
    }
    push(&mut column, [title, description.unwrap_or_default()]);
    column
}

fn push<'t>(column: &mut String, texts: impl IntoIterator<Item = &'t str>) {
    for (index, text) in texts.into_iter().enumerate() {
        if index > 0 {
            column.push(SEPARATOR);
        }
        column.push_str(FoldedText::of(text).as_str());
    }
}

/// The form in which a tag is compared, each byte as two letters from A to P: no folded text has capital
/// letters, so that who looks for a text finds no tag.
fn push_letters(column: &mut String, tag: &Tag) {
    for byte in tag.compared().bytes() {
        column.extend([byte >> 4, byte & 0xf].map(|half| char::from(b'A' + half)));
    }
}

/// What to look for in folded columns, and what in those of rows that are not folded yet, which are
/// in lower case, where that is something else.
pub(super) fn wanted(text: &SearchText) -> (String, Option<String>) {
    let (folded, lower) = (String::from(text.folded()), text.as_str().to_lowercase());
    let lower = (lower != folded).then_some(lower);
    (folded, lower)
}

/// What to look for in the folded column of a task that has the tag.
pub(super) fn wanted_tag(tag: &Tag) -> String {
    let mut wanted = String::from(TAG);
    push_letters(&mut wanted, tag);
    wanted.push(TAG);
    wanted
}
