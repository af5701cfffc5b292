//! "Undo that", "take it back", "redo": about what the conversation did last, whatever that was.

use todo_domain::UndoDirection;

use super::super::words::Words;

/// What is said before it by whom something went wrong.
const REGRETS: [&str; 18] = [
    "oops", "whoops", "ups", "oh no", "no no", "no wait", "wait no", "wait", "no", "nope", "hmm",
    "damn", "argh", "ugh", "my bad", "my mistake", "sorry", "i want to",
];
/// What may follow.
const ENDS: [&str; 10] = [
    "please", "again", "now", "right now", "then", "for me", "once more", "one more time", "sorry",
    "immediately",
];
const UNDO: [&str; 8] =
    ["undo", "un-do", "revert", "reverse", "rollback", "roll back", "take back", "i take back"];
/// These stand around what is taken back.
const AROUND: [&str; 4] = ["take", "i take", "roll", "i'll take"];
const REDO: [&str; 4] = ["redo", "re-do", "reapply", "re-apply"];
const KEYS: [(&[&str], UndoDirection); 2] = [
    (&["ctrl z", "ctrl-z", "ctrl+z", "control z", "cmd z", "cmd-z", "cmd+z"], UndoDirection::Undo),
    (&["ctrl y", "ctrl-y", "ctrl+y", "control y", "cmd y", "cmd-y", "cmd+y"], UndoDirection::Redo),
];
/// What an undo is called where another takes it back.
const UNDOING: [&str; 6] =
    ["undo", "the undo", "that undo", "my undo", "the last undo", "your undo"];
/// Whatever was done.
const WHATEVER: [&str; 24] = [
    "", "it", "that", "this", "them", "all", "everything", "all of it", "all of that",
    "all of this", "all of them", "that all", "it all", "last", "the last", "what you did",
    "what you just did", "what i did", "what i just did", "what i said", "what i just said",
    "everything you did", "everything you just did", "the last thing you did",
];
const DETERMINERS: [&str; 11] =
    ["the", "that", "this", "those", "these", "my", "your", "all the", "all my", "all your", ""];
const LAST: [&str; 7] =
    ["very last", "last", "latest", "previous", "most recent", "recent", "just made"];
/// What was done, by any of its names. No task is called so.
const DEEDS: [&str; 19] = [
    "change", "action", "edit", "update", "command", "operation", "message", "request", "step",
    "turn", "thing", "one", "deletion", "delete", "addition", "completion", "removal", "rename",
    "modification",
];

/// How often something is undone, at the end.
const TIMES: [&str; 2] = ["twice", "thrice"];
/// More than one, between other words.
const SEVERAL: [&str; 14] = [
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "both", "couple",
    "few", "several", "many",
];
/// The most that is counted: larger numbers are rather those of tasks.
const MOST: u32 = 99;

/// What is to be undone or redone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Undo {
    pub(super) direction: UndoDirection,
    /// More than what was done last.
    pub(super) is_several: bool,
}

/// What is to be done with it, if the words say that and nothing else: "redo the kitchen" is a task.
pub(super) fn undo(words: Words<'_>) -> Option<Undo> {
    if words.has_quotation() {
        return None;
    }
    let said = words.plain().collect::<Vec<_>>().join(" ");
    let said = bare(&said);
    if let Some(direction) = direction(said) {
        return Some(Undo { direction, is_several: false });
    }
    let direction = direction(&uncounted(said)?)?;
    Some(Undo { direction, is_several: true })
}

/// The words without how many there are to be, or how often, if they say that: "the last 2 changes" is
/// "the last changes".
fn uncounted(said: &str) -> Option<String> {
    let words: Vec<&str> = said.split(' ').collect();
    if let Some(once) = TIMES.iter().find_map(|times| before(said, times)) {
        return Some(once.to_owned());
    }
    let is_several = |word: &&str| {
        SEVERAL.contains(word) || word.parse().is_ok_and(|count: u32| (2..=MOST).contains(&count))
    };
    let at = words.iter().position(is_several)?;
    let (head, tail) = (&words[..at], &words[at + 1..]);
    let head = head.strip_suffix(&["a"]).unwrap_or(head);
    match tail.strip_prefix(&["of"]).unwrap_or(tail) {
        // "Undo 2" is about task 2.
        [] => None,
        ["times"] => Some(head.join(" ")),
        [deeds] if head.len() == 1 => Some([head, &["the", "last", deeds]].concat().join(" ")),
        tail => Some([head, tail].concat().join(" ")),
    }
}

/// Without what is said around it.
fn bare(said: &str) -> &str {
    let mut said = said;
    while let Some(rest) = REGRETS.iter().find_map(|regret| after(said, regret)) {
        said = rest;
    }
    while let Some(rest) = ENDS.iter().find_map(|end| before(said, end)) {
        said = rest;
    }
    said
}

fn direction(said: &str) -> Option<UndoDirection> {
    if let Some((_, direction)) = KEYS.iter().find(|(keys, _)| keys.contains(&said)) {
        return Some(*direction);
    }
    if let Some(what) = REDO.iter().find_map(|verb| after(said, verb)) {
        return (is_deed(what) || UNDOING.contains(&what)).then_some(UndoDirection::Redo);
    }
    let what = UNDO.iter().find_map(|verb| after(said, verb)).or_else(|| {
        let what = AROUND.iter().find_map(|verb| after(said, verb))?;
        before(what, "back").filter(|what| !what.is_empty())
    })?;
    if UNDOING.contains(&what) {
        Some(UndoDirection::Redo)
    } else {
        is_deed(what).then_some(UndoDirection::Undo)
    }
}

/// Whether words name what was done last: "the last change", "what you just did", nothing at all.
fn is_deed(what: &str) -> bool {
    WHATEVER.contains(&what)
        || DETERMINERS.iter().filter_map(|determiner| after(what, determiner)).any(|rest| {
            let last = LAST.iter().filter_map(|last| after(rest, last));
            let is_last = last.clone().any(is_named);
            // "The change" was made just now; "change" alone says nothing.
            is_last || rest.len() < what.len() && is_named(rest) && rest != "one"
        })
}

/// Whether a word names what was done, one thing or several.
fn is_named(word: &str) -> bool {
    DEEDS.contains(&word) || word.strip_suffix('s').is_some_and(|one| DEEDS.contains(&one))
}

/// What follows words at the beginning; all of it follows none.
fn after<'s>(said: &'s str, words: &str) -> Option<&'s str> {
    let rest = said.strip_prefix(words)?;
    if words.is_empty() || rest.is_empty() { Some(rest) } else { rest.strip_prefix(' ') }
}

/// What precedes words at the end.
fn before<'s>(said: &'s str, words: &str) -> Option<&'s str> {
    said.strip_suffix(words)?.strip_suffix(' ')
}
