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
