//! What is said that concerns no task: greetings, thanks, yes and no, and what is said around a sentence
//! for politeness' sake.

use super::{
    super::{
        intent::{Intent, Talk},
        words::Words,
    },
    items,
};

const GREETINGS: [&str; 20] = [
    "hello", "hi", "hey", "hi there", "hello there", "hey there", "good morning", "good afternoon",
    "good evening", "howdy", "greetings", "what's up", "how are you", "hello how are you",
    "hi how are you", "yo", "hola", "hiya", "good day", "morning",
];
const HELP: [&str; 18] = [
    "help", "help me", "?", "??", "what can you do", "what can i do", "what can i say",
    "what do you do", "who are you", "what are you", "how does this work", "how do you work",
    "how can you help", "how can you help me", "what do you understand", "commands", "usage",
    "what now",
];
const THANKS: [&str; 18] = [
    "thanks", "thank you", "thanks a lot", "thank you very much", "thx", "cheers", "great",
    "perfect", "nice", "awesome", "cool", "well done", "good job", "great thanks", "bye",
    "goodbye", "good night", "see you",
];
const YES: [&str; 16] = [
    "yes", "yes please", "yep", "yeah", "sure", "ok", "okay", "alright", "go ahead", "do it",
    "please do", "confirm", "confirmed", "yes do it", "of course", "y",
];
const NO: [&str; 20] = [
    "no", "nope", "no thanks", "no thank you", "never mind", "nevermind", "cancel", "stop",
    "nothing", "forget it", "not now", "don't", "n", "leave it", "none", "none of them",
    "none of these", "neither", "neither of them", "neither one",
];

/// Whether a message is nothing but this. Marks don't count: "hello, how are you?".
pub(super) fn talk(words: Words<'_>) -> Option<Talk> {
    let said = words.plain().collect::<Vec<_>>().join(" ");
    let is_any = |phrases: &[&str]| phrases.contains(&&*said);
    if words.has_quotation() {
        None
    } else if is_any(&HELP) || words.is_any(&["?", "??"]) || asks_how(words) {
        Some(Talk::Help)
    } else if is_any(&GREETINGS) {
        Some(Talk::Greeting)
    } else if is_any(&THANKS) {
        Some(Talk::Thanks)
    } else if is_any(&YES) {
        Some(Talk::Yes)
    } else if is_any(&NO) || forbids(words) {
        Some(Talk::No)
    } else {
        None
    }
}

/// Whether a message takes back at its end what it said before: "delete 3 … never mind". Where
/// nothing stands between, the words may belong to a title: "add listen to never mind".
pub(super) fn is_taken_back<'m>(
    words: Words<'m>,
    heard: impl FnOnce(Words<'m>) -> Vec<Intent>,
) -> bool {
    const TAKING_BACK: [&str; 23] = [
        "never mind that", "never mind", "nevermind", "nvm", "cancel that", "cancel it",
        "forget about it", "forget about that", "forget it", "forget that", "forget i said that",
        "scratch that", "leave it", "on second thought", "on second thoughts", "just kidding",
        "actually no", "actually don't", "actually not", "no don't", "no wait", "wait no",
        "better not",
    ];
    const BETWEEN: [&str; 18] = [
        ",", ".", ";", ":", "!", "?", "…", "...", "-", "–", "—", "..", "and", "but", "or", "then",
        "oh", "actually",
    ];
    let words = without_courtesies(words).trimmed();
    let Some(before) = words.before_any(&TAKING_BACK) else {
        return false;
    };
    let titled = |intent: &Intent| match intent {
        Intent::Act(action, _) => action.is_open(),
        _ => true,
    };
    !before.is_empty()
        && (BETWEEN.contains(&before.last())
            || words.begins_line(before.len())
            || !heard(before).iter().any(titled))
}

/// "How do I delete a task?" asks for an explanation and for nothing to be deleted.
fn asks_how(words: Words<'_>) -> bool {
    words.after_any(&["how do i", "how can i", "how to", "how should i", "how would i"]).is_some()
}

/// "Don't delete task 3": whatever follows must not happen. "Don't forget to" is another matter,
/// and so is "I don't need …".
fn forbids(words: Words<'_>) -> bool {
    const FORBIDDING: [&str; 8] = [
        "please don't", "please do not", "don't", "do not", "never", "you shouldn't",
        "i don't want", "i do not want",
    ];
    const NOT: [&str; 6] =
        ["forget", "let me forget", "want to forget", "have to forget", "to forget", "miss"];
    words.after_any(&FORBIDDING).is_some_and(|rest| rest.after_any(&NOT).is_none())
}

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
        .filter(|rest| !rest.is_empty() && talk(words).is_none())
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
