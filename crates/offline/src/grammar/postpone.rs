//! "Move 2 to Friday", "postpone the report by two days", "bring 3 forward a week".

use super::{
    super::{
        calendar::Calendar,
        dates,
        intent::{Patch, Shift},
        modifiers,
        priorities::Place,
        shifts,
        targets::{numbers, targets},
        words::Words,
    },
    Sentence,
    change::{LINKS, ask_when, update},
    is_reference,
};

const VERBS: [&str; 20] = [
    "put off", "push back", "push out", "push", "move up", "move", "postpone", "reschedule",
    "delay", "defer", "snooze", "shift", "bump", "bring forward", "schedule", "do", "extend",
    "bring", "pull", "hold off on",
];

/// What stands between a task and how far it is moved.
const PARTICLES: [&str; 7] = ["back", "out", "up", "off", "forward", "over", "ahead"];

pub(super) fn postpone(words: Words<'_>, calendar: &Calendar) -> Option<Sentence> {
    let rest = words.after_any(&VERBS).or_else(|| words.after("put"))?;
    let (target, said) = modifiers::after(rest, calendar, Place::AfterTarget);
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
pub(super) fn is_pointed_at(words: Words<'_>) -> bool {
    is_reference(words) || matches!(words.at(0), "the" | "my")
}

/// "The meeting from Thursday" that is moved to Friday: without the day it is moved from.
pub(super) fn without_origin<'m>(words: Words<'m>, calendar: &Calendar) -> Words<'m> {
    let origin = words.around_any(&["from"]).filter(|&(_, from)| {
        dates::when(from, calendar).is_some_and(|(_, rest)| rest.trimmed().is_empty())
    });
    origin.map_or(words, |(target, _)| target)
}

/// "Postpone 2 by two days", "push the report back a week", "make 3 a day later".
pub(super) fn shift(words: Words<'_>, calendar: &Calendar) -> Option<Sentence> {
    let said = (1..words.len()).filter(|&at| !words.is_mark(at)).find_map(|at| {
        let (shift, direction) = shifts::whole(words.skip(at))?;
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
