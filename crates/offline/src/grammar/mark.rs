//! What is done with a whole task: "mark 1 as done", "I finished the report", "reopen 4", "delete 3".

use todo_domain::TaskStatus;

use super::{
    super::{
        calendar::Calendar,
        filters::{Filters, filters},
        intent::{Action, Intent, Listing, Target},
        stems,
        targets::{Targets, numbers, targets},
        words::Words,
    },
    Sentence, is_reference,
};

const DONE: [&str; 9] = [
    "completed", "complete", "finished", "done", "closed", "resolved", "accomplished", "checked",
    "ticked",
];
const NOT_DONE: [&str; 19] = [
    "not completed", "not complete", "not finished", "not done", "incomplete", "uncompleted",
    "unfinished", "undone", "unchecked", "pending", "open", "active", "to do", "to-do", "todo",
    "outstanding", "not yet done", "in progress", "not yet finished",
];

pub(super) fn mark(words: Words<'_>, calendar: &Calendar) -> Option<Sentence> {
    let words = words.trimmed();
    set_to(words, calendar)
        .or_else(|| verb(words, calendar))
        .or_else(|| verb_around(words, calendar))
        .or_else(|| reported(words, calendar))
        .or_else(|| state(words, calendar))
}

/// "done" or "pending" at the end of words, and what comes before it.
fn status_at_end(words: Words<'_>) -> Option<(Words<'_>, Action)> {
    let words = words.trimmed();
    let words = words.before_any(&["already", "now", "yet", "too", "again"]).unwrap_or(words);
    words
        .before_any(&NOT_DONE)
        .map(|rest| (rest, Action::Reopen))
        .or_else(|| words.before_any(&DONE).map(|rest| (rest, Action::Complete)))
}

/// "Mark 1 and 3 as done", "set the report to completed", "mark as done: 1, 3".
fn set_to(words: Words<'_>, calendar: &Calendar) -> Option<Sentence> {
    const MARKING: [&str; 5] = ["change the status of", "set the status of", "mark", "flag", "set"];
    const CHANGING: [&str; 7] = ["change", "update", "move", "make", "turn", "switch", "put"];
    const LINKS: [&str; 10] = [
        "back to", "back as", "'s status to", "status to", "status as", "as being", "to be", "as",
        "to", "=",
    ];
    let marking = words.after_any(&MARKING);
    let rest = marking.or_else(|| words.after_any(&CHANGING))?;
    if let Some((before, action)) = status_at_end(rest) {
        let linked = before.before_any(&LINKS);
        let targets = targets(linked.unwrap_or(before), calendar);
        // "Make sure that it is done" changes nothing.
        let meant = marking.is_some() || linked.is_some() || targets.firm;
        return (meant && before.at(0) != "sure").then(|| said(action, targets));
    }
    let rest = marking?;
    let rest = rest.after("as").unwrap_or(rest);
    let (action, rest) = rest
        .after_any(&NOT_DONE)
        .map(|rest| (Action::Reopen, rest))
        .or_else(|| rest.after_any(&DONE).map(|rest| (Action::Complete, rest)))?;
    Some(said(action, targets(rest, calendar)))
}

/// A sentence that says "mark … as done" is one, whatever the task is called.
fn said(action: Action, targets: Targets) -> Sentence {
    Sentence::act(action, targets).surely()
}

/// "Complete 2", "check off groceries", "done with 1 and 3", "reopen 4".
fn verb(words: Words<'_>, calendar: &Calendar) -> Option<Sentence> {
    const UNMISTAKABLE: [&str; 10] = [
        "check off", "tick off", "cross off", "cross out", "strike off", "strike out",
        "strike through", "mark off", "done with", "finished with",
    ];
    const COMPLETE: [&str; 8] =
        ["complete", "completed", "finish", "finished", "done", "finish off", "finish up", "did"];
    // These need a number or the word "task": "check the oven" is no order to us.
    const DOUBTFUL: [&str; 6] = ["check", "tick", "close", "resolve", "cross", "strike"];
    const REOPEN: [&str; 22] = [
        "undo the completion of", "undo completion of", "undo completing", "undo complete",
        "undo done", "undo finishing", "undo checking off", "undo marking", "undo", "reopen",
        "re-open", "uncomplete", "un-complete", "unfinish", "uncheck", "untick", "unmark",
        "restore", "reactivate", "bring back", "put back", "open again",
    ];
    if let Some(rest) = words.after_any(&REOPEN) {
        return Some(Sentence::act(Action::Reopen, targets(rest, calendar)));
    }
    if let Some(rest) = words.after_any(&UNMISTAKABLE) {
        return Some(said(Action::Complete, targets(rest, calendar)));
    }
    if let Some(rest) = words.after_any(&DOUBTFUL) {
        let targets = targets(rest, calendar);
        return targets.firm.then(|| Sentence::act(Action::Complete, targets));
    }
    let rest = words.after_any(&COMPLETE)?;
    if words.at(0) == "did" && matches!(rest.at(0), "i" | "you" | "we" | "anyone") {
        return None;
    }
    Some(Sentence::act(Action::Complete, targets(rest, calendar)))
}

/// "Check groceries off", "cross 2 off my list", "put 4 back on the list".
fn verb_around(words: Words<'_>, calendar: &Calendar) -> Option<Sentence> {
    const OFF: [&str; 8] = [
        "off my to-do list", "off my todo list", "off my list", "off the list", "off", "out",
        "from my list", "from the list",
    ];
    const BACK: [&str; 5] =
        ["back on my list", "back on the list", "back to my list", "back to the list", "back"];
    if let Some(rest) = words.after_any(&["check", "tick", "cross", "mark", "strike"])
        && let Some(rest) = rest.before_any(&OFF)
    {
        return Some(said(Action::Complete, targets(rest, calendar)));
    }
    let rest = words.after_any(&["put", "bring"])?.before_any(&BACK)?;
    Some(said(Action::Reopen, targets(rest, calendar)))
}

/// "3 is done", "the report isn't finished", "1 and 2 done".
fn state(words: Words<'_>, calendar: &Calendar) -> Option<Sentence> {
    const LONGEST_NAME: usize = 8;
    const QUESTIONS: [&str; 29] = [
        "delete", "remove", "erase", "clear", "drop", "is", "are", "was", "were", "what", "what's",
        "which", "when", "who", "how", "why", "where", "if", "will", "should", "not", "check",
        "make", "ensure", "verify", "confirm", "see", "tell", "ask",
    ];
    let (rest, mut action) = status_at_end(words)?;
    let verb = rest
        .before_any(&["is", "are", "was", "were", "has been", "have been", "is all", "are all"]);
    let denied = rest.before_any(&["isn't", "aren't", "wasn't", "is not", "is still", "are still"]);
    if denied.is_some() {
        action = Action::Reopen;
    }
    // "Buy milk is not done" is said of a task, "the shop is open" may be said of anything.
    let negated = words
        .skip(rest.len())
        .plain()
        .any(|word| matches!(word, "not" | "undone" | "unfinished" | "incomplete" | "uncompleted"));
    let rest = denied.or(verb).unwrap_or(rest);
    let plausible =
        !rest.is_empty() && rest.len() <= LONGEST_NAME && !QUESTIONS.contains(&rest.at(0));
    if !plausible {
        return None;
    }
    let targets = targets(rest, calendar);
    let linked = denied.or(verb).is_some();
    let meant = match targets.list[..] {
        // "All done!" is said of many things, "all of them are done" is not.
        [Target::All(_)] => linked,
        // "Get the laundry done" is no report, but "the laundry is done" and "3 done" are; "the
        // shop is open" is none either.
        _ => {
            is_reference(rest)
                || negated
                || (action == Action::Complete || denied.is_some()) && (linked || rest.len() == 1)
        }
    };
    meant.then(|| Sentence::act(action, targets))
}

/// "I finished the report", "I've called mom", "I'm done with 3".
fn reported(words: Words<'_>, calendar: &Calendar) -> Option<Sentence> {
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

/// Nothing is deleted without one of these words.
pub(super) fn delete(words: Words<'_>, calendar: &Calendar) -> Option<Sentence> {
    // These are said of tasks …
    const PLAIN: [&str; 7] = ["delete", "del", "remove", "rm", "erase", "get rid of", "take off"];
    // … and these of many a thing that may be a task itself: "cancel the gym membership".
    const DOUBTFUL: [&str; 13] = [
        "wipe", "empty", "purge", "scratch", "drop", "discard", "trash", "scrap", "clear",
        "forget about", "forget", "throw away", "cancel",
    ];
    let words = words.trimmed();
    if let Some(rest) = words.after("take").or_else(|| words.after("throw"))
        && let Some(rest) = rest.before_any(&[
            "off my to-do list", "off my todo list", "off my list", "off the list", "off", "away",
            "out",
        ])
    {
        let targets = targets(rest, calendar);
        let listed = words.last() == "list" || targets.firm;
        return listed.then(|| Sentence::act(Action::Delete, targets));
    }
    if let Some(rest) = words.after_any(&PLAIN) {
        return Some(Sentence::act(Action::Delete, targets(rest, calendar)));
    }
    let rest = words.after_any(&DOUBTFUL)?;
    if let Some(listing) = cleared(words, calendar) {
        return Some(Sentence::firm(Intent::Act(Action::Delete, vec![Target::All(listing)])));
    }
    let targets = targets(rest, calendar);
    let said = targets.firm && !matches!(targets.list[..], [Target::Mentioned]);
    (said || numbers(rest).is_some()).then(|| Sentence::act(Action::Delete, targets))
}

/// "Clear completed", "empty my list", "clear the shopping list": tasks that are called by what they
/// have in common, and are nothing that is there to be done.
fn cleared(words: Words<'_>, calendar: &Calendar) -> Option<Listing> {
    let rest = words.after_any(&["clear out", "clear", "empty", "purge", "wipe"])?;
    let found = filters(rest, calendar);
    let Filters { mut listing, leftover, .. } = found;
    match &leftover[..] {
        [] if listing.status == Some(TaskStatus::Completed) => {}
        [] if rest.last() == "list" => {}
        [name] if rest.last() == "list" && listing == Listing::default() => {
            listing.query = Some((*name).to_owned());
        }
        _ => return None,
    }
    Some(listing)
}
