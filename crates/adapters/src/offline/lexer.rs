//! Where words, quotations and marks begin and end.

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
    ".,;:!?()[]{}<>\"'’‘“”„«»`-–—*•…#&+=|~".contains(character)
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
