//! Text in pieces of the size of tokens. Not a real tokenizer, but always the same.

const LONGEST_WORD: usize = 6;
const LONGEST_MARKS: usize = 3;

/// Cuts text into words of a few letters and groups of a few marks, each with the space before it.
/// Nothing is lost: the pieces put together are the text.
pub(super) fn tokens(mut text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    while !text.is_empty() {
        let (token, rest) = text.split_at(first(text));
        tokens.push(token);
        text = rest;
    }
    tokens
}

/// How many bytes the first token has.
fn first(text: &str) -> usize {
    let mut word = None;
    let mut length = 0;
    for (at, c) in text.char_indices() {
        if c.is_whitespace() && word.is_none() {
            continue;
        }
        let is_word = c.is_alphanumeric();
        let longest = if is_word { LONGEST_WORD } else { LONGEST_MARKS };
        let goes_on = word.is_none_or(|word| word == is_word) && !c.is_whitespace();
        if !goes_on || length == longest {
            return at;
        }
        word = Some(is_word);
        length += 1;
    }
    text.len()
}
