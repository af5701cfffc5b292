//! "Delete task 3", "get rid of the groceries one". Nothing is deleted without one of these words.

use super::{
    super::{
        calendar::Calendar,
        intent::{Action, Target},
        targets::{numbers, targets},
        words::Words,
    },
    Sentence,
};

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
    let targets = targets(rest, calendar);
    let said = targets.firm && !matches!(targets.list[..], [Target::Mentioned]);
    (said || numbers(rest).is_some()).then(|| Sentence::act(Action::Delete, targets))
}
