//! Makes what a provider says fit for a log: without our key, without what people and models
//! said, on one line, and short.

use secrecy::{ExposeSecret, SecretString};
use todo_domain::{ModelMessage, ModelRequest};

/// How much of a provider's words is kept, in characters.
const MAX_CHARS: usize = 300;
/// So many characters in a row that are the same as in the conversation are taken for a quotation;
/// the whole of a text, where it is shorter.
const QUOTATION: usize = 12;
/// A text as short as this is in many a word by chance.
const TOO_SHORT: usize = 4;

/// Knows what must not be repeated.
pub(super) struct Redactor<'a> {
    key: Option<&'a SecretString>,
    said: Vec<&'a str>,
}

impl<'a> Redactor<'a> {
    /// Hides the key and what was said in a conversation.
    pub(super) fn new(key: Option<&'a SecretString>, request: &'a ModelRequest) -> Self {
        let said = request.messages.iter().flat_map(words_of).collect();
        Self { key, said }
    }

    /// Hides the key, where there is no conversation.
    pub(super) const fn of_key(key: Option<&'a SecretString>) -> Self {
        Self { key, said: Vec::new() }
    }

    /// The text, fit for a log.
    pub(super) fn clean(&self, text: &str) -> String {
        let mut text = text.to_owned();
        if let Some(key) = self.key.map(ExposeSecret::expose_secret).filter(|key| !key.is_empty()) {
            text = text.replace(key, "[key]");
        }
        let text: String = text
            .chars()
            .map(|char| if char.is_control() { ' ' } else { char })
            .take(2 * MAX_CHARS)
            .collect();
        let text = self.without_quotations(&text);
        match text.char_indices().nth(MAX_CHARS) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        }
    }

    /// Replaces each longest run of characters that was said.
    fn without_quotations(&self, text: &str) -> String {
        let mut clean = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            match self.quotation_at_start(rest) {
                0 => {
                    clean.push(first);
                    rest = &rest[first.len_utf8()..];
                }
                length => {
                    clean.push_str("[…]");
                    rest = &rest[length..];
                }
            }
        }
        clean
    }

    /// How many bytes at the start of `text` quote the conversation.
    fn quotation_at_start(&self, text: &str) -> usize {
        let quoted = self.said.iter().map(|said| {
            let least = said.chars().count().min(QUOTATION);
            let Some(head) = prefix(text, least).filter(|_| least >= TOO_SHORT) else { return 0 };
            let longest = said.match_indices(head).map(|(at, _)| common_prefix(&said[at..], text));
            longest.max().unwrap_or(0)
        });
        quoted.max().unwrap_or(0)
    }
}

/// The first `chars` characters, if there are so many.
fn prefix(text: &str, chars: usize) -> Option<&str> {
    let mut ends = text.char_indices().map(|(at, char)| at + char.len_utf8());
    chars.checked_sub(1).and_then(|last| ends.nth(last)).map(|end| &text[..end])
}

/// How many bytes the longest common beginning has.
fn common_prefix(one: &str, other: &str) -> usize {
    let pairs = one.chars().zip(other.chars());
    pairs.take_while(|(one, other)| one == other).map(|(char, _)| char.len_utf8()).sum()
}

fn words_of(message: &ModelMessage) -> Vec<&str> {
    match message {
        ModelMessage::User(text) | ModelMessage::Assistant(text) => vec![text],
        ModelMessage::ToolResult { content, .. } => vec![content],
        ModelMessage::ToolCalls { plan, reasoning, calls } => {
            let words = plan.iter().chain(reasoning).map(String::as_str);
            words.chain(calls.iter().map(|call| call.arguments.as_str())).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Instant};

    use todo_domain::{TimeZone, Timestamp, UserId};

    use super::*;

    fn request(text: &str) -> ModelRequest {
        ModelRequest {
            user: UserId::new(1).unwrap(),
            system: String::new(),
            messages: vec![ModelMessage::User(text.into())],
            tools: Arc::from([]),
            now: Timestamp::from_microsecond(0).unwrap(),
            time_zone: TimeZone::UTC,
            deadline: Instant::now(),
        }
    }

    #[test]
    fn the_key_is_hidden_wherever_it_is_repeated() {
        let key = SecretString::from("k-123456");
        let redactor = Redactor::of_key(Some(&key));
        assert_eq!(redactor.clean("bad token k-123456 (k-123456)"), "bad token [key] ([key])");
    }

    #[test]
    fn a_key_is_not_half_shown_where_the_text_is_cut() {
        let key = SecretString::from("k".repeat(40));
        let text = format!("{}{}", "x".repeat(MAX_CHARS - 20), "k".repeat(40));
        assert!(!Redactor::of_key(Some(&key)).clean(&text).contains("kk"));
    }

    #[test]
    fn what_people_said_is_hidden_also_when_only_a_part_of_it_is_quoted() {
        let request = request("remind me to tell Ann about the clinic");
        let redactor = Redactor::new(None, &request);
        let clean = redactor.clean("invalid json near 'tell Ann about the cli' at 7");
        assert_eq!(clean, "invalid json near '[…]' at 7");
    }

    #[test]
    fn a_short_message_is_hidden_as_a_whole_and_a_tiny_one_can_not_be_told_from_chance() {
        let short = request("buy milk");
        assert_eq!(Redactor::new(None, &short).clean("not 'buy milk'"), "not '[…]'");
        let tiny = request("no");
        assert_eq!(Redactor::new(None, &tiny).clean("no api key"), "no api key");
    }

    #[test]
    fn it_is_one_short_line() {
        let clean =
            Redactor::of_key(None).clean(&format!("<html>\r\n\u{1b}[31m{}", "é".repeat(999)));
        assert!(clean.starts_with("<html>   [31mé"), "{clean}");
        assert_eq!(clean.chars().count(), MAX_CHARS + 1);
    }
}
