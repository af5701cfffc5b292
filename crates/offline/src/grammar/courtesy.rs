//! What is said around a sentence for politeness' sake.

use super::{super::words::Words, items, talk};

/// What makes a polite order of a question: "could you delete 3?", "delete 3, please?"
const REQUESTS: [&str; 12] = [
    "can you", "could you", "would you", "will you", "can u", "could u", "you can", "you could",
    "please", "pls", "plz", "kindly",
];

/// Whether somewhere among these words is what makes a polite order of a question.
pub(in super::super) fn is_request(words: Words<'_>) -> bool {
    words.around_any(&REQUESTS).is_some()
}

/// Without what is said for politeness' sake before a sentence and after it.
pub(super) fn without_courtesies(words: Words<'_>) -> Words<'_> {
    const BEFORE: [&str; 45] = [
        // These ask whether one may, and with a question mark they are asked back.
        "can i", "could i", "may i", "can we", "could we", "i'd like you to", "i would like you to",
        "i want you to", "i need you to", "would you mind", "hey there", "hi there", "hello there",
        "hey", "hi", "hello", "good morning", "ok", "okay", "alright", "all right", "so", "and",
        "but", "also", "then", "now", "well", "oh", "actually", "just", "finally", "assistant",
        "sorry", "i meant to", "i meant", "i mean", "go ahead and", "let's", "let me", "help me",
        "thanks", "thank you", "great", "by the way",
    ];
    const AFTER: [&str; 6] = ["please", "pls", "thanks", "thank you", "thx", "thanks a lot"];
    let mut words = items::without_number(without_marks(words));
    while let Some(rest) = words
        .after_any(&BEFORE)
        .or_else(|| words.after_any(&REQUESTS))
        .or_else(|| words.after_any(&["yes ,", "no ,", "yeah ,", "perfect ,", "sorry ,", "nice ,"]))
        .map(without_marks)
        .filter(|rest| !rest.is_empty() && talk::talk(words).is_none())
    {
        words = rest;
    }
    while let Some(rest) =
        words.trimmed().before_any(&AFTER).filter(|rest| !rest.trimmed().is_empty())
    {
        words = rest.trimmed();
    }
    words
}

/// Without the marks that a sentence before has left behind, or a bullet.
fn without_marks(words: Words<'_>) -> Words<'_> {
    let marks =
        |words: Words<'_>| matches!(words.at(0), "," | "." | "!" | ";" | ":" | "-" | "•" | "*");
    let mut words = words;
    while words.is_mark(0) && marks(words) && !words.is_negative() {
        words = words.skip(1);
    }
    words
}
