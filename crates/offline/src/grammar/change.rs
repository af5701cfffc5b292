//! "Make 3 urgent", "change task 1 to buy oat milk".

use super::{
    super::{
        calendar::Calendar,
        days,
        intent::{Action, Intent, Missing, Patch, Target},
        modifiers,
        priorities::Place,
        targets::{Targets, numbers, targets},
        words::Words,
    },
    Sentence, are_pointed_at,
    fields::{one_target, retitle, titled},
    is_reference,
    postpone::{self, is_pointed_at},
};

/// Sentences whose new value says what is to change: "move 2 to Friday", "make it urgent".
pub(super) fn change(words: Words<'_>, calendar: &Calendar) -> Option<Sentence> {
    let words = words.trimmed();
    let words = words.before("instead").unwrap_or(words);
    postpone::postpone(words, calendar)
        .or_else(|| set(words, calendar))
        .or_else(|| state(words, calendar))
}

/// What leads from a target to its new value.
pub(super) const LINKS: [&str; 8] = ["to be", "to", "as", "into", "is", ":", "=", "for"];

pub(super) fn ask_when(targets: Vec<Target>) -> Sentence {
    Sentence::firm(Intent::Incomplete(Missing::Due(targets)))
}

fn ask_what(targets: Vec<Target>) -> Sentence {
    Sentence::firm(Intent::Incomplete(Missing::Change(targets)))
}

pub(super) fn update(patch: Patch, targets: Targets) -> Sentence {
    Sentence::act(Action::Update(patch), targets)
}

/// "Make 1 urgent", "set 2 to low", "update task 2 to 'X'", "mark 3 as high priority".
fn set(words: Words<'_>, calendar: &Calendar) -> Option<Sentence> {
    const VERBS: [&str; 13] = [
        "change", "update", "edit", "modify", "adjust", "set", "make", "give", "assign", "mark",
        "flag", "turn", "switch",
    ];
    const FIELDS: [&str; 5] = ["priority", "due date", "deadline", "title", "name"];
    let rest = words.after_any(&VERBS)?;
    // "Set a reminder", "make sure": something new, and no change.
    if matches!(rest.at(0), "a" | "an" | "another" | "sure") {
        return None;
    }
    let (target, said) = modifiers::after(rest, calendar, Place::AfterTarget);
    let mut patch = Patch::from(said);
    let editing = matches!(words.at(0), "change" | "update" | "edit" | "modify");
    let marking = matches!(words.at(0), "mark" | "flag");
    // "Give 2 to Ann" renames nothing.
    let handing = matches!(words.at(0), "give" | "assign");
    let titled = titled(target)
        .filter(|&(target, _)| editing || !marking && !handing && numbers(target).is_some());
    // "Change 1 from low to high."
    let target = target
        .around_any(&["from"])
        .and_then(|(target, _)| numbers(target).map(|_| target))
        .unwrap_or(target);
    let target = match titled {
        // "Set 2 to 12/05": a day, but which?
        Some((target, title)) if days::is_unclear(&title) => return numbers(target).map(ask_when),
        // "Set 2 to 3": a mere number is hardly its title.
        Some((target, title)) if !title.contains(char::is_alphabetic) => {
            return numbers(target).map(ask_what);
        }
        Some((target, title)) => {
            patch.title = Some(title);
            target
        }
        None => target
            .before_any(&LINKS)
            .or_else(|| target.before_any(&["with", "a"]))
            .unwrap_or(target),
    };
    let target = target.before_any(&FIELDS).unwrap_or(target);
    let target = postpone::without_origin(target, calendar);
    let targets = if patch.title.is_some() {
        one_target(target, calendar)
    } else {
        targets(target, calendar)
    };
    if patch.is_empty() {
        let asking = editing || matches!(words.at(0), "mark" | "flag" | "set" | "adjust");
        let asking = asking && are_pointed_at(&targets.list);
        return asking.then(|| ask_what(targets.list));
    }
    let meant = match words.at(0) {
        // "Make dinner tomorrow" is something to do.
        "make" => {
            let due = words.skip(target.len() + 1).after("due").is_some();
            is_reference(target) || patch.priority.is_some() || due && is_pointed_at(target)
        }
        "give" | "assign" | "turn" | "switch" => is_reference(target),
        _ => true,
    };
    (meant && !target.is_empty()).then(|| update(patch, targets))
}

/// "Task 3 is urgent", "3 should be due Friday", "the report is due on Monday", "task 3 due Friday".
fn state(words: Words<'_>, calendar: &Calendar) -> Option<Sentence> {
    const VERBS: [&str; 8] =
        ["is now", "is", "are", "should be", "must be", "has", "needs to be done", "was"];
    const QUESTIONS: [&str; 7] = ["what", "which", "when", "who", "where", "why", "how"];
    if let Some((target, title)) = words.around_any(&["should be called", "is called"]) {
        let title = title.title().filter(|_| is_reference(target))?;
        return Some(retitle(title, one_target(target, calendar)));
    }
    let number = || (1..words.len().min(4)).rev().find(|&at| numbers(words.take(at)).is_some());
    let (target, rest) =
        words.around_any(&VERBS).or_else(|| number().map(|at| (words.take(at), words.skip(at))))?;
    let (rest, said) = modifiers::after(rest, calendar, Place::AfterTarget);
    let due =
        words.around_any(&["is due", "are due"]).is_some() && !QUESTIONS.contains(&words.at(0));
    let meant = rest.is_empty() && !said.is_empty() && (due || is_reference(target));
    (meant && !target.is_empty()).then(|| update(said.into(), targets(target, calendar)))
}
