//! Sentences whose new value says what is to change: "make 3 urgent", "change task 1 to buy oat milk",
//! "move 2 to Friday", "postpone the report by two days".

use super::{
    super::{
        calendar::Calendar,
        days,
        intent::Patch,
        modifiers,
        priorities::Position,
        spans::{self, Shift},
        targets::{numbers, targets},
        words::Words,
    },
    LINKS, Sentence, are_pointed_at, ask_what, ask_when,
    fields::{one_target, retitle, titled},
    is_reference, update, without_origin,
};

/// Sentences whose new value says what is to change: "move 2 to Friday", "make it urgent".
pub(super) fn change(words: Words<'_>, calendar: &Calendar) -> Option<Sentence> {
    let words = words.trimmed();
    let words = words.before("instead").unwrap_or(words);
    postpone(words, calendar).or_else(|| set(words, calendar)).or_else(|| state(words, calendar))
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
    let (target, said) = modifiers::after(rest, calendar, Position::AfterTarget);
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
    let target = without_origin(target, calendar);
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
    let (rest, said) = modifiers::after(rest, calendar, Position::AfterTarget);
    let due =
        words.around_any(&["is due", "are due"]).is_some() && !QUESTIONS.contains(&words.at(0));
    let meant = rest.is_empty() && !said.is_empty() && (due || is_reference(target));
    (meant && !target.is_empty()).then(|| update(said.into(), targets(target, calendar)))
}

const VERBS: [&str; 20] = [
    "put off", "push back", "push out", "push", "move up", "move", "postpone", "reschedule",
    "delay", "defer", "snooze", "shift", "bump", "bring forward", "schedule", "do", "extend",
    "bring", "pull", "hold off on",
];

/// What stands between a task and how far it is moved.
const PARTICLES: [&str; 7] = ["back", "out", "up", "off", "forward", "over", "ahead"];

fn postpone(words: Words<'_>, calendar: &Calendar) -> Option<Sentence> {
    let rest = words.after_any(&VERBS).or_else(|| words.after("put"))?;
    let (target, said) = modifiers::after(rest, calendar, Position::AfterTarget);
    let target = target.before_any(&LINKS).unwrap_or(target);
    let before_particle = target.before_any(&PARTICLES);
    // "Bring 2 forward to Monday" and "put 2 off until Monday" are changes, "bring 2 on Monday" is
    // none.
    let needing = words.after_any(&VERBS).is_none() || matches!(words.at(0), "bring" | "pull");
    if needing && before_particle.is_none() && words.at(1) != "forward" {
        return None;
    }
    let target = without_origin(before_particle.unwrap_or(target), calendar);
    let targets = targets(target, calendar);
    // "Schedule the meeting" and "do the dishes" are no changes, "do 2 tomorrow" is.
    let doubtful = matches!(words.at(0), "schedule" | "do") && !targets.firm;
    if target.is_empty() || doubtful {
        return None;
    }
    if said.is_empty() {
        // "Postpone 2", "postpone 2 by a bit".
        let target =
            target.around_any(&["by", "for", "to", "until"]).map_or(target, |(target, _)| target);
        let target = target.before_any(&PARTICLES).unwrap_or(target);
        return numbers(target).filter(|_| words.at(0) != "do").map(ask_when);
    }
    Some(update(said.into(), targets))
}

/// Whether words name something that there is already: "3", "it", "the report".
fn is_pointed_at(words: Words<'_>) -> bool {
    is_reference(words) || matches!(words.at(0), "the" | "my")
}

/// "Postpone 2 by two days", "push the report back a week", "make 3 a day later".
pub(super) fn shift(words: Words<'_>, calendar: &Calendar) -> Option<Sentence> {
    let said = (1..words.len()).filter(|&at| !words.is_mark(at)).find_map(|at| {
        let (shift, direction) = spans::shift(words.skip(at))?;
        Some((words.take(at), shift, direction))
    });
    // "Move 2 to Monday in two weeks" says a day.
    let (order, shift, direction) = said.filter(|(order, ..)| order.last() != "in")?;
    let particle = PARTICLES.iter().find(|particle| order.last() == **particle).copied();
    let order = particle.map_or(order, |_| order.take(order.len() - 1));
    let verb = order
        .after_any(&VERBS)
        .or_else(|| order.after("put").filter(|_| matches!(particle, Some("off" | "back"))));
    // "Make 3 a day later" and "give 3 two more days" say it with more than a number.
    let other = || order.after_any(&["make", "set", "give", "allow"]);
    let said_so = direction.is_some();
    let target = verb.or_else(|| other().filter(|target| said_so && is_pointed_at(*target)))?;
    let target = target.before_any(&["to be due", "be due", "due", "me"]).unwrap_or(target);
    let target = target
        .after_any(&["the due date of", "the deadline of", "due date of", "deadline of"])
        .or_else(|| {
            target.before_any(&["deadline", "due date"]).filter(|of| of.last().ends_with("'s"))
        })
        .unwrap_or(target);
    // "Bring forward 2", "push back 2".
    let particle = particle.or_else(|| PARTICLES.iter().find(|it| order.at(1) == **it).copied());
    if target.is_empty() || matches!(order.at(0), "schedule" | "do") && !said_so {
        return None;
    }
    let targets = targets(target, calendar);
    let later = match (direction, order.at(0), particle) {
        (Some(later), ..) => later,
        (None, "bring" | "pull", Some("forward" | "up" | "ahead")) | (None, "move", Some("up")) => {
            false
        }
        (None, "bring" | "pull", _) => return None,
        // Some mean later by it, and some mean sooner.
        (None, _, Some("forward" | "ahead" | "up")) => {
            return numbers(target).map(ask_when);
        }
        _ => true,
    };
    let shift = Shift { by: if later { shift.by } else { -shift.by }, ..shift };
    Some(update(Patch { shift: Some(shift), ..Patch::default() }, targets))
}
