//! A message as words, quotations and marks, each of which knows where it stands in the text:
//! grammar compares lower-case words, titles are cut out of the text as it was written.

use super::lexer::{Kind, Plain, is_without_width, on_one_line, token_end};

/// One word, quotation or mark.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Token {
    kind: Kind,
    /// In lower case and with straight apostrophes.
    lower: String,
    start: usize,
    end: usize,
    /// Whether a line begins with it.
    on_new_line: bool,
}

/// A message taken apart.
#[derive(Debug)]
pub(super) struct Message<'t> {
    text: &'t str,
    tokens: Vec<Token>,
}

impl<'t> Message<'t> {
    pub(super) fn read(text: &'t str) -> Self {
        let mut tokens = Vec::new();
        let plain = Plain::of(text);
        let mut at = 0;
        let mut on_new_line = true;
        while let Some(next) = plain.text[at..].chars().next() {
            if next.is_whitespace() {
                on_new_line |= next == '\n';
                at += next.len_utf8();
                continue;
            }
            let (kind, end) = token_end(&plain.text, at, next);
            let lower = plain.text[at..end].to_lowercase().replace('’', "'");
            let (start, until) = (plain.written_offset(at), plain.written_offset(end));
            tokens.push(Token { kind, lower, start, end: until, on_new_line });
            (at, on_new_line) = (end, false);
        }
        Self { text, tokens }
    }

    pub(super) fn words(&self) -> Words<'_> {
        Words { text: self.text, tokens: &self.tokens }
    }
}

/// A stretch of a message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words<'m> {
    text: &'m str,
    tokens: &'m [Token],
}

impl<'m> Words<'m> {
    pub(super) fn is_empty(self) -> bool {
        self.tokens.is_empty()
    }

    pub(super) fn len(self) -> usize {
        self.tokens.len()
    }

    /// The word or mark at a position in lower case; empty for a quotation and past the end.
    pub(super) fn at(self, index: usize) -> &'m str {
        match self.tokens.get(index) {
            Some(token) if token.kind != Kind::Quoted => &token.lower,
            _ => "",
        }
    }

    pub(super) fn last(self) -> &'m str {
        self.len().checked_sub(1).map_or("", |last| self.at(last))
    }

    /// All words in lower case, without marks and quotations.
    pub(super) fn plain(self) -> impl Iterator<Item = &'m str> {
        self.tokens.iter().filter(|token| token.kind == Kind::Word).map(|token| &*token.lower)
    }

    pub(super) fn is_quotation(self) -> bool {
        matches!(self.tokens, [only] if only.kind == Kind::Quoted)
    }

    pub(super) fn starts_with_quotation(self) -> bool {
        self.tokens.first().is_some_and(|token| token.kind == Kind::Quoted)
    }

    pub(super) fn has_quotation(self) -> bool {
        self.tokens.iter().any(|token| token.kind == Kind::Quoted)
    }

    /// Whether the token at a position is a mark.
    pub(super) fn is_mark(self, index: usize) -> bool {
        self.tokens.get(index).is_some_and(|token| token.kind == Kind::Mark)
    }

    /// Whether the token at a position begins a line that is not the first.
    pub(super) fn begins_line(self, index: usize) -> bool {
        self.tokens.get(index).is_some_and(|token| token.on_new_line && token.start > 0)
    }

    /// Whether nothing stands between the token at a position and the one before.
    pub(super) fn clings(self, index: usize) -> bool {
        let before = index.checked_sub(1).and_then(|index| self.tokens.get(index));
        matches!((before, self.tokens.get(index)), (Some(one), Some(two)) if one.end == two.start)
    }

    pub(super) fn take(self, count: usize) -> Self {
        Self { tokens: &self.tokens[..count.min(self.len())], ..self }
    }

    pub(super) fn skip(self, count: usize) -> Self {
        Self { tokens: &self.tokens[count.min(self.len())..], ..self }
    }

    /// From one stretch of these words to the end of another.
    pub(super) fn between(self, first: Self, last: Self) -> Self {
        let inside = |words: Self| {
            let start = words.tokens.first().map_or(usize::MAX, |token| token.start);
            self.tokens.partition_point(|token| token.start < start)
        };
        self.take(inside(last) + last.len()).skip(inside(first))
    }

    /// What follows `phrase`, if these words begin with it.
    pub(super) fn after(self, phrase: &str) -> Option<Self> {
        let mut rest = self;
        for word in phrase.split(' ') {
            if rest.is_empty() || rest.at(0) != word {
                return None;
            }
            rest = rest.skip(1);
        }
        Some(rest)
    }

    /// What follows the first of `phrases` that these words begin with: longer ones stand first.
    pub(super) fn after_any(self, phrases: &[&str]) -> Option<Self> {
        phrases.iter().find_map(|phrase| self.after(phrase))
    }

    /// What comes before `phrase`, if these words end with it.
    pub(super) fn before(self, phrase: &str) -> Option<Self> {
        let start = self.len().checked_sub(phrase.split(' ').count())?;
        self.skip(start).is(phrase).then(|| self.take(start))
    }

    /// What comes before the first of `phrases` that these words end with.
    pub(super) fn before_any(self, phrases: &[&str]) -> Option<Self> {
        phrases.iter().find_map(|phrase| self.before(phrase))
    }

    pub(super) fn is(self, phrase: &str) -> bool {
        self.after(phrase).is_some_and(Self::is_empty)
    }

    pub(super) fn is_any(self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| self.is(phrase))
    }

    /// What comes before and after the first position where one of `phrases` stands.
    pub(super) fn around_any(self, phrases: &[&str]) -> Option<(Self, Self)> {
        (0..self.len())
            .find_map(|at| self.skip(at).after_any(phrases).map(|rest| (self.take(at), rest)))
    }

    /// Whether these words begin with a sign that belongs to the number after it: "-1".
    pub(super) fn is_negative(self) -> bool {
        matches!(self.at(0), "-" | "–" | "—" | "−" | "+")
            && self.clings(1)
            && self.at(1).starts_with(|first: char| first.is_ascii_digit())
    }

    /// Whether a dash stands here that belongs to the number before it: "2-" is no 2.
    pub(super) fn is_after_number(self, index: usize) -> bool {
        matches!(self.at(index), "-" | "–" | "—" | "−")
            && self.clings(index)
            && self.at(index - 1).bytes().all(|byte| byte.is_ascii_digit())
    }

    /// Whether there is a number among these words, and no letter.
    pub(super) fn has_only_digits(self) -> bool {
        let text = self.written();
        text.contains(|letter: char| letter.is_numeric())
            && !text.contains(|letter: char| letter.is_alphabetic())
    }

    /// Without what only surrounds a text: leading bullets and colons, closing punctuation.
    pub(super) fn trimmed(self) -> Self {
        const LEADING: [&str; 10] = [":", "-", "–", "—", ",", ".", ";", "*", "•", "…"];
        const TRAILING: [&str; 9] = [".", ",", ";", ":", "!", "?", "…", "...", "??"];
        let mut words = self;
        while words.is_mark(0) && LEADING.contains(&words.at(0)) && !words.is_negative() {
            words = words.skip(1);
        }
        while !words.is_empty() && TRAILING.contains(&words.last()) {
            words = words.take(words.len() - 1);
        }
        words
    }

    /// The text as it was written.
    pub(super) fn written(self) -> &'m str {
        match (self.tokens.first(), self.tokens.last()) {
            (Some(first), Some(last)) => &self.text[first.start..last.end],
            _ => "",
        }
    }

    /// The text as a title: on one line, and of a quotation what is quoted. `None` when there is
    /// not one word in it.
    pub(super) fn title(self) -> Option<String> {
        let words = self.trimmed();
        let mut text = words.written();
        if words.is_quotation() {
            text = unquoted(text);
        } else if words.tokens.iter().all(|token| token.kind == Kind::Mark) {
            return None;
        }
        Some(on_one_line(text))
    }
}

fn unquoted(text: &str) -> &str {
    let mut chars = text.trim_end_matches(is_without_width).chars();
    chars.next();
    chars.next_back();
    chars.as_str()
}

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
