//! Text of others made fit for a terminal: what a model, a task or a service says must not move the
//! cursor, change colours or titles, or turn the direction of writing.

use anstream::adapter::StripBytes;
use serde_json::Value;

/// Takes escape sequences and control characters out of a text that comes in pieces, wherever it
/// is cut. (The library's own variant for texts forgets where it was between two pieces.)
#[derive(Debug, Default)]
pub(crate) struct Plain(StripBytes);

impl Plain {
    /// What is left of the next piece.
    pub(crate) fn next(&mut self, piece: &str) -> String {
        let left: Vec<u8> = self.0.strip_next(piece.as_bytes()).flatten().copied().collect();
        String::from_utf8_lossy(&left).chars().filter(|c| is_harmless(*c)).collect()
    }
}

/// What is left of a whole text.
pub(crate) fn plain(text: &str) -> String {
    Plain::default().next(text)
}

/// The same on one line: any white space between words is one space.
pub(crate) fn one_line(text: &str) -> String {
    plain(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The same JSON, with `\u` escapes for what is not harmless in its texts.
pub(crate) fn plain_json(json: &Value) -> String {
    let escaped = |character| match is_harmless(character) {
        true => String::from(character),
        // Four digits are enough for all of these.
        false => format!("\\u{:04x}", u32::from(character)),
    };
    json.to_string().chars().map(escaped).collect()
}

fn is_harmless(character: char) -> bool {
    match character {
        '\n' | '\t' => true,
        // Marks that overrule or isolate the direction of what follows, and the byte order mark.
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => false,
        character => !character.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_and_control_characters_leave_nothing_behind() {
        for (text, left) in [
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("\u{1b}]0;a title\u{7}text", "text"),
            ("\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link"),
            ("over\rwritten\u{8}\u{7f}", "overwritten"),
            ("\u{1b}[2J\u{1b}[Hhome", "home"),
            ("a\u{202e}b\u{2069}c", "abc"),
            ("größer ✓ 日本語\n\tü", "größer ✓ 日本語\n\tü"),
        ] {
            assert_eq!(plain(text), left, "{text:?}");
        }
    }

    #[test]
    fn the_eight_bit_introducer_is_a_control_character_too() {
        assert!(!plain("\u{9b}31mred").contains('\u{9b}'));
    }

    #[test]
    fn a_sequence_that_is_cut_in_two_is_still_one() {
        let mut stream = Plain::default();
        let said: String = ["a\u{1b}", "[3", "1mb\u{1b}[0", "mc"].map(|p| stream.next(p)).concat();
        assert_eq!(said, "abc");
    }

    #[test]
    fn json_stays_the_same_and_holds_nothing_that_moves_the_cursor() {
        let json = serde_json::json!({ "title": "\u{9b}2J\u{1b}[H\u{7f}\u{202e}ü\n" });
        let text = plain_json(&json);
        assert_eq!(text, "{\"title\":\"\\u009b2J\\u001b[H\\u007f\\u202eü\\n\"}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), json);
    }

    #[test]
    fn a_title_takes_one_line() {
        assert_eq!(one_line(" buy\n\tmilk\u{1b}[K "), "buy milk");
    }
}
