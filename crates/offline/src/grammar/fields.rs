//! "Rename task 1 to X", "set the due date of 3 to Friday", "clear the note of task 2".

use todo_domain::{Change, Priority};

use super::{
    super::{
        calendar::Calendar,
        intent::{Intent, Missing, Patch, Target},
        modifiers,
        priorities::Position,
        targets::{Targets, numbers, targets},
        words::Words,
    },
    LINKS, Sentence, are_pointed_at, ask_when, is_reference, update, without_origin,
};

const DUE_DATES: [&str; 7] =
    ["due date", "due day", "due time", "deadline", "due dates", "deadlines", "due"];
const TITLES: [&str; 3] = ["title", "name", "text"];
const NOTES: [&str; 5] = ["description", "notes", "note", "details", "comment"];
const PRIORITIES: [&str; 2] = ["priority", "importance"];
const SETTING: [&str; 10] =
    ["change", "set", "update", "edit", "modify", "adjust", "make", "give", "add", "assign"];

/// What a field is set to where it is to have no value.
const NONE: [&str; 4] = ["none", "nothing", "never", "null"];

const WITHOUT_DUE_DATE: [&str; 32] = [
    "has no due date", "has no deadline", "have no due date", "have no deadline", "has no due",
    "needs no due date", "needs no deadline", "need no due date", "need no deadline",
    "to no due date", "to no deadline", "no longer has a due date", "no longer has a deadline",
    "no longer have a due date", "no longer have a deadline", "doesn't have a due date",
    "doesn't have a deadline", "does not have a due date", "does not have a deadline",
    "doesn't need a due date", "doesn't need a deadline", "does not need a deadline",
    "no longer needs a due date", "no longer needs a deadline", "is no longer due",
    "are no longer due", "isn't due", "is not due", "aren't due", "are not due", "has no due day",
    "has lost its deadline",
];

/// Sentences that name the field to change: "set the due date of task 2 to Friday".
pub(super) fn change_field(words: Words<'_>, calendar: &Calendar) -> Option<Sentence> {
    let words = words.trimmed();
    clear(words, calendar)
        .or_else(|| rename(words, calendar))
        .or_else(|| describe(words, calendar))
        .or_else(|| prioritise(words, calendar))
        .or_else(|| field(words, calendar))
}

/// "Clear the due date of task 2", "remove task 2's description", "task 2 has no deadline".
fn clear(words: Words<'_>, calendar: &Calendar) -> Option<Sentence> {
    const CLEARING: [&str; 13] = [
        "clear", "remove", "delete", "drop", "erase", "unset", "get rid of", "cancel",
        "there is no", "there's no", "no more", "no", "take",
    ];
    let due = || Patch { due: Change::Clear, ..Patch::default() };
    let note = || Patch { description: Change::Clear, ..Patch::default() };
    const QUESTIONS: [&str; 5] = ["what", "which", "who", "when", "why"];
    let no_more =
        ["any more", "anymore", "any longer", "no more", "at all", "either", "now", "yet"];
    let lasting = words.before_any(&no_more).unwrap_or(words);
    if let Some(rest) = lasting.before_any(&WITHOUT_DUE_DATE)
        && !QUESTIONS.contains(&words.at(0))
    {
        let rest = rest.after_any(&["set", "change"]).unwrap_or(rest);
        return Some(update(due(), targets(rest, calendar)));
    }
    let rest = lasting.after_any(&CLEARING)?;
    let rest = rest.after_any(&["the", "its", "any"]).unwrap_or(rest);
    for (fields, patch) in [(&DUE_DATES[..], due()), (&NOTES[..], note())] {
        let (before, after) = rest.around_any(fields).unwrap_or((rest.take(0), rest));
        if after.len() == rest.len() {
            continue;
        }
        let of = match words.at(0) {
            // "Take note of" is something else.
            "take" => after.after("off"),
            _ => after.after_any(&["of", "from", "for", "on", "off"]),
        };
        let target = match (before.is_empty(), after.is_empty()) {
            // "Clear task 2's due date."
            (false, true) if before.last().ends_with("'s") || numbers(before).is_some() => before,
            // "Clear the due date (of task 2)."
            (true, true) if words.at(0) != "take" => after,
            (true, false) => of?,
            _ => return None,
        };
        return Some(update(patch, targets(target, calendar)).surely());
    }
    None
}

/// "Rename task 1 to X", "call task 1 X", "change the title of 1 to X".
fn rename(words: Words<'_>, calendar: &Calendar) -> Option<Sentence> {
    const RENAMING: [&str; 4] = ["rename", "retitle", "reword", "rephrase"];
    if let Some(rest) = words.after_any(&RENAMING) {
        let rest = field_of(rest, &TITLES).map_or(rest, |(_, rest)| rest);
        return Some(match titled(rest).or_else(|| numbered(rest)) {
            Some((target, title)) => retitle(title, one_target(target, calendar)),
            None => {
                let rest = rest.before_any(&TITLE_LINKS).unwrap_or(rest);
                Sentence::firm(Intent::Incomplete(Missing::NewTitle(targets(rest, calendar).list)))
            }
        });
    }
    if let Some((target, title)) =
        words.after("replace").and_then(|rest| rest.around_any(&["with", "by"]))
        && numbers(target).is_some()
    {
        return Some(retitle(title.title()?, one_target(target, calendar)));
    }
    if let Some(rest) = words.after("call") {
        // "Call task 1 X": that it is a task must be said, or it is a call to make.
        let number = rest.after_any(&["task number", "task #", "task", "#", "number"])?;
        let title = number.skip(1).after_any(&["to", ":"]).unwrap_or(number.skip(1)).title()?;
        let targets = one_target(rest.take(rest.len() - number.len() + 1), calendar);
        return are_pointed_at(&targets.list).then(|| retitle(title, targets));
    }
    let rest = words.after_any(&SETTING)?;
    let (_, rest) = field_of(rest, &TITLES)?;
    let (target, title) = titled(rest)?;
    Some(retitle(title, one_target(target, calendar)).surely())
}

/// What leads from a task to its new title.
const TITLE_LINKS: [&str; 8] = ["to", "as", "into", ":", "→", "- >", "= >", "="];

/// The one task that gets a title. Several would lose theirs, and no number says which is meant.
pub(super) fn one_target(words: Words<'_>, calendar: &Calendar) -> Targets {
    let mut targets = targets(words, calendar);
    match &mut targets.list[..] {
        [Target::Named(name)] => name.parts.clear(),
        [Target::Number(_) | Target::Impossible(_) | Target::Mentioned | Target::OneOf(_)] => {}
        _ => targets.list = vec![Target::Impossible(words.written().to_owned())],
    }
    targets
}

pub(super) fn retitle(title: String, targets: Targets) -> Sentence {
    update(Patch { title: Some(title), ..Patch::default() }, targets)
}

/// Divides "task 1 to buy oat milk", "task 1: buy oat milk" and "task 1 'buy oat milk'".
pub(super) fn titled(words: Words<'_>) -> Option<(Words<'_>, String)> {
    if let Some((target, title)) = words.around_any(&TITLE_LINKS)
        && !target.is_empty()
    {
        let title = title.after_any(&["be called", "be named", "say"]).unwrap_or(title);
        return Some((target, title.title()?));
    }
    let at = words.len().checked_sub(1).filter(|&at| at > 0 && words.skip(at).is_quotation())?;
    Some((words.take(at), words.skip(at).title()?))
}

/// Divides "1 buy oat milk".
fn numbered(words: Words<'_>) -> Option<(Words<'_>, String)> {
    let at = (1..words.len().min(4)).rev().find(|&at| numbers(words.take(at)).is_some())?;
    let title = words.skip(at);
    // "Rename 1 to" lacks the title.
    if title.is_any(&TITLE_LINKS) { None } else { Some((words.take(at), title.title()?)) }
}

/// Takes "the title of …" or "…'s title" apart: the field's name goes.
fn field_of<'m>(words: Words<'m>, names: &[&str]) -> Option<(Words<'m>, Words<'m>)> {
    let words = words.after_any(&["the", "a", "an"]).unwrap_or(words);
    let rest = words.after_any(names)?;
    Some((
        words.take(words.len() - rest.len()),
        rest.after_any(&["of", "for", "on", "to", "from"])?,
    ))
}

/// "Add a note to task 3: two litres", "set the description of 3 to …".
fn describe(words: Words<'_>, calendar: &Calendar) -> Option<Sentence> {
    let rest = words.after_any(&SETTING).or_else(|| words.after("put")).unwrap_or(words);
    // The note first: "add the note 'two litres' to 3".
    let unnamed = rest.after_any(&["the", "a"]).unwrap_or(rest);
    if let Some(note) = unnamed.after_any(&NOTES).filter(|rest| rest.starts_with_quotation()) {
        let target = note.skip(1).after_any(&["to", "for", "on"])?;
        let description = Change::Set(note.take(1).title()?);
        return Some(update(Patch { description, ..Patch::default() }, targets(target, calendar)));
    }
    let (_, rest) = field_of(rest, &NOTES)?;
    let (target, note) =
        rest.around_any(&[":", "to", "saying", "that says", "as", ","]).or_else(|| {
            let at = (0..rest.len()).find(|&at| rest.skip(at).starts_with_quotation())?;
            Some((rest.take(at), rest.skip(at)))
        })?;
    let description = Change::Set(note.title()?);
    let targets = targets(target, calendar);
    targets.firm.then(|| update(Patch { description, ..Patch::default() }, targets))
}

/// "Prioritise 3", "lower the priority of 2", "upgrade task 1 to high".
fn prioritise(words: Words<'_>, calendar: &Calendar) -> Option<Sentence> {
    const UP: [&str; 8] = [
        "prioritise", "prioritize", "raise", "increase", "bump the priority of", "bump up",
        "escalate", "upgrade",
    ];
    const DOWN: [&str; 7] = [
        "deprioritise", "deprioritize", "de-prioritise", "de-prioritize", "lower", "reduce",
        "downgrade",
    ];
    let (priority, rest) = words
        .after_any(&DOWN)
        .map(|rest| (Priority::Low, rest))
        .or_else(|| words.after_any(&UP).map(|rest| (Priority::High, rest)))?;
    let of =
        rest.after_any(&["the priority of", "priority of", "the priority for", "priority for"]);
    // "Raise the priority of 3 to medium" says itself how far.
    let (rest, said) = modifiers::after(of.unwrap_or(rest), calendar, Position::AfterTarget);
    let priority = said.priority.unwrap_or(priority);
    let rest = rest.before_any(&LINKS).unwrap_or(rest);
    // "Upgrade the server" and "raise funds" are things to do.
    let clear = of.is_some() || is_reference(rest) || words.at(0).contains("priorit");
    let patch = Patch { priority: Some(priority), ..Patch::default() };
    clear.then(|| update(patch, targets(rest, calendar)))
}

/// "Set the due date of task 3 to Friday", "change the priority of 3 to high", "add a deadline of
/// Friday to task 3", "set high priority for 3".
fn field(words: Words<'_>, calendar: &Calendar) -> Option<Sentence> {
    let verb = words
        .after_any(&SETTING)
        .or_else(|| words.after_any(&["move", "postpone", "push", "extend"]));
    // "The priority of 2 is low" needs no verb before it.
    let rest = verb.or_else(|| words.around_any(&["is", "should be", ":"]).map(|_| words))?;
    // The value first: "set a due date of Friday for task 3".
    let value_first = (1..rest.len()).rev().find_map(|at| {
        let target = rest.skip(at).after_any(&["for", "to", "on", "of"])?;
        Some((rest.take(at), target)).filter(|_| numbers(target).is_some() || target.is("it"))
    });
    if let Some((value, target)) = value_first {
        let value = value.after_any(&["the", "a", "an"]).unwrap_or(value);
        let (rest, said) = modifiers::after(value, calendar, Position::AfterTarget);
        if rest.is_empty() && !said.is_empty() {
            return Some(update(said.into(), targets(target, calendar)).surely());
        }
    }
    for names in [&DUE_DATES[..], &PRIORITIES[..]] {
        let Some((_, rest)) = field_of(rest, names) else { continue };
        let (target, said) = modifiers::after(rest, calendar, Position::AfterTarget);
        let target = target.before_any(&LINKS).unwrap_or(target).trimmed();
        let target = without_origin(target, calendar);
        let targets = targets(target, calendar);
        if !said.is_empty() {
            return Some(update(said.into(), targets).surely());
        }
        if names == DUE_DATES
            && let Some(target) = target.before_any(&NONE)
        {
            let target = target.before_any(&LINKS).unwrap_or(target);
            let patch = Patch { due: Change::Clear, ..Patch::default() };
            return Some(update(patch, self::targets(target, calendar)).surely());
        }
        if names == DUE_DATES {
            // "… to 12/05", or to nothing at all.
            let target = target.around_any(&LINKS).map_or(target, |(target, _)| target);
            return Some(ask_when(self::targets(target, calendar).list));
        }
    }
    None
}
