//! "I finished the report", "I've called mom": telling what was done.

use super::{
    super::{calendar::Calendar, intent::Action, stems, targets::targets, words::Words},
    Sentence,
};

/// "I finished the report", "I've called mom", "I'm done with 3".
pub(super) fn told(words: Words<'_>, calendar: &Calendar) -> Option<Sentence> {
    const HAVING: [&str; 13] = [
        "i have just", "i've just", "i have already", "i've already", "i already", "i just",
        "i have", "i've", "we have", "we've", "just", "we", "i",
    ];
    const BEING: [&str; 4] = ["i am", "i'm", "we are", "we're"];
    const FINISHED: [&str; 14] = [
        "all done with", "done with", "finished with", "through with", "completed", "complete",
        "finished", "finish", "checked off", "ticked off", "crossed off", "done", "did",
        "accomplished",
    ];
    const NOT_FINISHED: [&str; 10] = [
        "haven't finished", "haven't done", "haven't completed", "didn't finish", "didn't do",
        "didn't complete", "did not finish", "did not do", "not finished", "not done",
    ];
    const WHEN: [&str; 7] =
        ["just now", "today", "yesterday", "already", "this morning", "last night", "tonight"];
    let having = words.after_any(&HAVING);
    let rest = words.after_any(&BEING).or(having)?;
    let rest = rest.after_any(&["finally", "also", "already"]).unwrap_or(rest);
    let rest = rest.before_any(&WHEN).unwrap_or(rest);
    if let Some(rest) = rest.after_any(&NOT_FINISHED) {
        return Some(Sentence::act(Action::Reopen, targets(rest, calendar)));
    }
    if let Some(rest) = rest.after_any(&FINISHED) {
        return Some(Sentence::act(Action::Complete, targets(rest, calendar)));
    }
    // "I called mom" tells that "call mom" is done.
    let deed = having.is_some()
        && is_past_deed(rest.at(0))
        && rest.len() > 1
        && rest.after("got to").is_none();
    deed.then(|| Sentence::act(Action::Complete, targets(rest, calendar)))
}

/// Whether a word tells of something done, and not only felt or wished.
pub(super) fn is_past_deed(word: &str) -> bool {
    const NO_DEEDS: [&str; 16] = [
        "need", "needed", "wanted", "liked", "loved", "hoped", "wished", "planned", "tried",
        "intended", "supposed", "used", "missed", "failed", "decided", "added",
    ];
    stems::is_irregular_past(word)
        || (word.len() > 4 && word.ends_with("ed") && !NO_DEEDS.contains(&word))
}
