//! Sentences in a message: who is polite says more than a command, and who is busy says several
//! at once.

use super::{
    super::{
        calendar::Calendar,
        intent::{Action, Intent, Listing, Missing, Talk, Target},
        modifiers,
        targets::numbers,
        words::{Message, Words},
    },
    Sentence, Weight, add, change,
    courtesy::{is_request, without_courtesies},
    cuts::{Cut, cuts},
    delete, fields, list, mark, postpone, tag, talk, told,
    verbs::is_todo_verb,
};

/// What a person wants, in the order said; at least one thing, if only to talk.
pub(in super::super) fn intents(message: &Message<'_>, calendar: &Calendar) -> Vec<Intent> {
    let words = message.words();
    if talk::is_taken_back(words, |before| sentences(before, calendar)) {
        return vec![Intent::Talk(Talk::No)];
    }
    sentences(words, calendar)
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

/// One sentence of a message.
pub(super) struct Clause {
    pub(super) intents: Vec<Intent>,
    pub(super) weight: Weight,
}

impl From<Sentence> for Clause {
    fn from(sentence: Sentence) -> Self {
        Self { intents: vec![sentence.intent], weight: sentence.weight }
    }
}

impl From<add::Additions> for Clause {
    fn from(additions: add::Additions) -> Self {
        Self { intents: additions.intents, weight: additions.weight }
    }
}

impl Clause {
    /// The words it ends with where they are free to go on: a title, or a note.
    pub(super) fn open_text(&self) -> Option<&str> {
        match self.intents.last()? {
            Intent::Add(draft) => Some(&draft.title),
            Intent::Act(action, _) => action.open_text(),
            _ => None,
        }
    }

    /// Whether it is about tasks that are not named one by one: "complete all tasks".
    fn is_of_group(&self) -> bool {
        let group = |target: &Target| matches!(target, Target::All(_) | Target::OneOf(_));
        self.intents
            .iter()
            .any(|intent| matches!(intent, Intent::Act(_, targets) if targets.iter().any(group)))
    }

    /// The same as something to be asked about first.
    fn doubted(self) -> Self {
        Self { intents: self.intents.into_iter().map(Intent::doubted).collect(), ..self }
    }

    /// Whether it tells what to do, so that something else may follow.
    fn is_complete(&self) -> bool {
        !matches!(self.intents[..], [Intent::Talk(_) | Intent::Incomplete(_)])
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

/// One sentence, if these words are one.
pub(super) fn clause(words: Words<'_>, calendar: &Calendar) -> Option<Clause> {
    let words = without_courtesies(words);
    if let Some(talk) = talk::talk(words) {
        return Some(Sentence { intent: Intent::Talk(talk), weight: Weight::Alone }.into());
    }
    if is_condition(words, calendar) {
        return None;
    }
    command(words, calendar).or_else(|| wish(words, calendar)).or_else(|| {
        let intents = add::bare(words, calendar)?;
        Some(Clause { intents, weight: Weight::Alone })
    })
}

/// Whether words only say when something is to be done: "once 2 is done". Nobody waits for it here,
/// so they are no sentence, and what hangs on them is not done either.
fn is_condition(words: Words<'_>, calendar: &Calendar) -> bool {
    const CONDITIONS: [&str; 16] = [
        "if", "only if", "even if", "unless", "once", "as soon as", "as long as", "whenever",
        "while", "after", "before", "until", "till", "in case", "provided", "assuming",
    ];
    words.after_any(&CONDITIONS).is_some() && modifiers::due(words, calendar).is_none()
}

/// A sentence that tells what to do.
fn command(words: Words<'_>, calendar: &Calendar) -> Option<Clause> {
    let of_tasks = || {
        mark::mark(words, calendar)
            .or_else(|| change::change(words, calendar))
            .or_else(|| delete::delete(words, calendar))
    };
    tag::tag(words, calendar)
        .or_else(|| postpone::shift(words.trimmed(), calendar))
        .or_else(|| fields::change_field(words, calendar))
        .or_else(|| list::list(words, calendar))
        // "Add check that 1 and 2 are done" reports nothing.
        .or_else(|| if add::is_adding(words, calendar) { None } else { of_tasks() })
        .map(Clause::from)
        .or_else(|| add::add(words, calendar).map(Clause::from))
}

/// "I need to buy milk", "I want to delete task 3".
fn wish(words: Words<'_>, calendar: &Calendar) -> Option<Clause> {
    const WANTING: [&str; 7] = [
        "i want to", "i wanna", "i wish to", "i'd like to", "i would like to", "i'd love to",
        "we want to",
    ];
    const NEEDING: [&str; 24] = [
        "i also need to", "i still need to", "i really need to", "i need to", "i also have to",
        "i have to", "i have got to", "i've got to", "i gotta", "i got to", "i must", "i should",
        "i ought to", "i'm supposed to", "i am supposed to", "i'll need to", "i'll have to",
        "we need to", "we have to", "we should", "need to", "have to", "gotta", "must",
    ];
    if let Some(rest) = words.after_any(&WANTING) {
        return command(rest, calendar)
            .map(|order| wished(order, rest))
            .or_else(|| new_task(rest, calendar));
    }
    if let Some(rest) = words.after_any(&NEEDING) {
        // "I need to finish the report" is a task, "I need to delete task 3" an order.
        let order = command(rest, calendar).filter(|order| order.weight == Weight::Firm);
        if let Some(past) = rest.after("have").filter(|past| told::is_past_deed(past.at(0))) {
            // "I should have finished 2" regrets, it neither reports nor plans.
            return command(past, calendar).map(Clause::doubted);
        }
        return order.map(|order| wished(order, rest)).or_else(|| new_task(rest, calendar));
    }
    let rest = words.after_any(&["i need", "i want", "i'd like", "i would like", "give me"])?;
    add::noun(rest, calendar).map(Clause::from)
}

/// "I want to finish 2" is a wish and tells nothing done, "I want to delete 2" is an order.
fn wished(order: Clause, words: Words<'_>) -> Clause {
    if words.at(0) == "finish" { order.doubted() } else { order }
}

fn new_task(words: Words<'_>, calendar: &Calendar) -> Option<Clause> {
    let intents = add::of_title(words, calendar);
    (!intents.is_empty()).then_some(Clause { intents, weight: Weight::Firm })
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
