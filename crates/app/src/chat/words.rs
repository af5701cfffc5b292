//! What a short message says to a question.

use todo_domain::{Decision, FoldedText};

/// What says yes, folded and without punctuation.
const YES: [&str; 26] = [
    "y", "yes", "yes please", "yes do it", "yes go ahead", "yes delete them", "yes delete it",
    "yes delete all", "yes im sure", "yes i am sure", "yep", "yeah", "yup", "ok", "okay", "sure",
    "sure go ahead", "go ahead", "do it", "please do", "confirm", "confirmed", "delete them",
    "delete it", "delete them all", "im sure",
];
/// What says no.
const NO: [&str; 18] = [
    "n", "no", "no thanks", "no thank you", "no dont", "no do not", "nope", "nah", "dont",
    "do not", "dont do it", "dont delete them", "do not delete them", "cancel", "stop",
    "never mind", "nevermind", "keep them",
];

/// What a message decides that is nothing but a clear yes or a clear no.
pub(super) fn decision(text: &str) -> Option<Decision> {
    let folded = FoldedText::of(text);
    let kept = folded.as_str().chars().filter(|char| !matches!(char, '\'' | '’'));
    let spoken: String =
        kept.map(|char| if matches!(char, '.' | ',' | '!' | ';') { ' ' } else { char }).collect();
    let words = spoken.split_whitespace().collect::<Vec<_>>().join(" ");
    if YES.contains(&words.as_str()) {
        Some(Decision::Approved)
    } else if NO.contains(&words.as_str()) {
        Some(Decision::Rejected)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clear_yes_and_a_clear_no_decide_however_they_are_written() {
        for yes in [
            "yes", " Yes! ", "YES, please.", "ok", "Go ahead", "I’m sure", "do it!!", "ｙｅｓ！",
            "ye\u{ad}s", "CONFİRM", "yes\u{200b}\n",
        ] {
            assert_eq!(decision(yes), Some(Decision::Approved), "{yes}");
        }
        for no in ["no", "No.", "don't", "No, thanks", "never mind", "ＮＯ", "KEEP THEM"] {
            assert_eq!(decision(no), Some(Decision::Rejected), "{no}");
        }
    }

    #[test]
    fn whatever_says_more_or_asks_decides_nothing() {
        for other in [
            "", "yes?", "yes but keep 3", "yes and add milk", "no, only the first", "yesterday",
            "delete task 3", "yes no", "ok?", "sure about that?", "yés", "y/n", "(yes)", "\"yes\"",
            "yes\u{0338}", "👍", "yess", "ye s",
        ] {
            assert_eq!(decision(other), None, "{other}");
        }
    }

    #[test]
    fn the_lists_are_written_as_words_are_compared() {
        for (words, expected) in [(YES.as_slice(), Decision::Approved), (&NO, Decision::Rejected)] {
            for word in words {
                assert_eq!(decision(word), Some(expected), "{word}");
            }
        }
    }
}
