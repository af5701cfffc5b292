//! Sentences in a message: who is polite says more than a command, and who is busy says several
//! at once.

use super::{
    super::{
        calendar::Calendar,
        intent::{Action, Intent, Listing, Missing, Talk, Target},
        targets::numbers,
        words::{Message, Words},
    },
    Weight,
    clause::{Clause, clause},
    cuts::{Cut, cuts},
    items::is_todo_verb,
    talk::{self, is_request, without_courtesies},
};

/// What a person wants, in the order said; at least one thing, if only to talk.
pub(in super::super) fn intents(message: &Message<'_>, calendar: &Calendar) -> Vec<Intent> {
    let words = message.words();
    if talk::is_taken_back(words, |before| sentences(before, calendar)) {
        return vec![Intent::Talk(Talk::No)];
    }
    with_undo_alone(sentences(words, calendar))
}

/// An undo is all that is done for one message. What comes before it is taken back, and so is not
/// done at all; what comes after it has to be asked for again.
fn with_undo_alone(intents: Vec<Intent>) -> Vec<Intent> {
    let is_talk = |intent: &Intent| matches!(intent, Intent::Talk(_));
    let Some(at) = intents.iter().position(|intent| matches!(intent, Intent::Undo(_))) else {
        return intents;
    };
    let (before, rest) = intents.split_at(at);
    if !before.iter().all(is_talk) {
        return vec![Intent::Talk(Talk::No)];
    }
    let beside = !rest[1..].iter().all(is_talk);
    let remark = beside.then_some(Intent::Talk(Talk::BesideUndo));
    let several = rest.iter().filter(|intent| matches!(intent, Intent::Talk(Talk::OneUndo)));
    rest[..1].iter().chain(several).cloned().chain(remark).collect()
}

fn sentences(words: Words<'_>, calendar: &Calendar) -> Vec<Intent> {
    let cuts = cuts(words, calendar);
    let requested = is_request(words);
    let heard = |clause: Clause, asked: bool, after_title: bool| {
        // "Add review the script. Complete all tasks" may still be about the script.
        let doubted = asked && !requested || after_title && clause.is_of_group();
        if doubted { clause.doubted().intents } else { clause.intents }
    };
    let mut found: Vec<Intent> = Vec::new();
    let mut start = 0;
    let mut after_title = false;
    loop {
        let rest = words.skip(start);
        let mut divided = divide(words, start, &cuts, Weight::Loose, calendar);
        if divided.is_none() {
            if let Some(whole) = clause(rest, calendar) {
                join(&mut found, calendar, heard(whole, words.last() == "?", after_title));
                return found;
            }
            // Words that are no sentence as a whole are divided where they would not be otherwise.
            divided = divide(words, start, &cuts, Weight::Alone, calendar);
        }
        let Some((first, next)) = divided else {
            let not_understood = not_understood(without_courtesies(rest), found.is_empty());
            join(&mut found, calendar, vec![not_understood]);
            return found;
        };
        let open = first.open_text().is_some();
        join(&mut found, calendar, heard(first, words.take(next).last() == "?", after_title));
        (start, after_title) = (next, open);
    }
}

/// Splits off the sentence that begins at `start` when another one follows it, and says where that
/// begins. After a title only a sentence that can't be meant otherwise does: "add wash and iron the
/// shirts" is one task.
fn divide(
    words: Words<'_>,
    start: usize,
    cuts: &[Cut],
    weight: Weight,
    calendar: &Calendar,
) -> Option<(Clause, usize)> {
    const MOST_ATTEMPTS: usize = 8;
    cuts.iter().filter(|cut| cut.end > start && cut.weight >= weight).take(MOST_ATTEMPTS).find_map(
        |cut| {
            let said = words.take(cut.end).skip(start);
            let first = clause(said, calendar)?;
            (cut.divides(&first, said) && first.is_complete()).then_some((first, cut.next))
        },
    )
}

/// Adds what a sentence wants to what the ones before it wanted. There, "it" is what they spoke of.
fn join(before: &mut Vec<Intent>, calendar: &Calendar, next: Vec<Intent>) {
    for mut intent in next {
        if let (Some(last), Intent::Act(action, targets)) = (before.last_mut(), &mut intent)
            && targets[..] == [Target::Mentioned]
        {
            match (last, action) {
                (Intent::Act(_, spoken_of), _) => targets.clone_from(spoken_of),
                // "Add buy milk and make it urgent."
                (Intent::Add(draft), Action::Update(patch))
                    if patch.title.is_none() && patch.shift.is_none() =>
                {
                    let said = std::mem::take(patch).into_modifiers();
                    draft.modifiers = said.or(draft.modifiers.clone(), calendar);
                    continue;
                }
                _ => *targets = vec![Target::OneOf(Listing::default())],
            }
        }
        before.push(intent);
    }
}

/// What to say of words that are no sentence. Alone they may be a task that lacks its verb.
fn not_understood(words: Words<'_>, alone: bool) -> Intent {
    const LONGEST: usize = 12;
    const NO_TODOS: [&str; 40] = [
        "i", "i'm", "i've", "i'll", "you", "you're", "he", "she", "it", "it's", "we", "they",
        "that", "that's", "this", "there", "what", "what's", "which", "who", "who's", "when",
        "where", "why", "how", "is", "are", "was", "were", "does", "did", "do", "can", "could",
        "should", "would", "will", "if", "not", "maybe",
    ];
    if let Some(targets) = numbers(words) {
        return Intent::Incomplete(Missing::Change(targets));
    }
    let count = words.plain().count();
    let perhaps = alone
        && (2..=LONGEST).contains(&count)
        && words.last() != "?"
        && (!NO_TODOS.contains(&words.at(0)) || is_todo_verb(words.at(0)));
    Intent::Talk(match words.trimmed().title().filter(|_| perhaps) {
        Some(title) => Talk::Perhaps(title),
        None => Talk::Unknown,
    })
}
