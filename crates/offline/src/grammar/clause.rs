//! One sentence: an order, a report, a wish, a question, or a todo without a verb for adding.

use super::{
    super::{
        calendar::Calendar,
        intent::{Intent, Talk, Target},
        modifiers,
        words::Words,
    },
    Sentence, Weight, add, change, fields, list, mark, tag,
    talk::{self, without_courtesies},
    undo::{self, Undo},
};

/// One sentence of a message.
pub(super) struct Clause {
    pub(super) intents: Vec<Intent>,
    pub(super) weight: Weight,
    /// It announced more than it names.
    lacking: bool,
}

impl From<Sentence> for Clause {
    fn from(sentence: Sentence) -> Self {
        Self { intents: vec![sentence.intent], weight: sentence.weight, lacking: false }
    }
}

impl From<add::Additions> for Clause {
    fn from(additions: add::Additions) -> Self {
        let add::Additions { intents, weight, lacking } = additions;
        Self { intents, weight, lacking }
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
    pub(super) fn is_of_group(&self) -> bool {
        let group = |target: &Target| matches!(target, Target::All(_) | Target::OneOf(_));
        self.intents
            .iter()
            .any(|intent| matches!(intent, Intent::Act(_, targets) if targets.iter().any(group)))
    }

    /// The same as something to be asked about first.
    pub(super) fn doubted(self) -> Self {
        Self { intents: self.intents.into_iter().map(Intent::doubted).collect(), ..self }
    }

    /// Whether it tells what to do, so that something else may follow.
    pub(super) fn is_complete(&self) -> bool {
        !self.lacking && !matches!(self.intents[..], [Intent::Talk(_) | Intent::Incomplete(_)])
    }
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
        Some(Clause { intents, weight: Weight::Alone, lacking: false })
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
    if let Some(Undo { direction, is_several }) = undo::undo(words) {
        let mut clause = Clause::from(Sentence::firm(Intent::Undo(direction)));
        clause.intents.extend(is_several.then_some(Intent::Talk(Talk::OneUndo)));
        return Some(clause);
    }
    let of_tasks = || {
        mark::mark(words, calendar)
            .or_else(|| change::change(words, calendar))
            .or_else(|| mark::delete(words, calendar))
    };
    tag::tag(words, calendar)
        .or_else(|| change::shift(words.trimmed(), calendar))
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
        if let Some(past) = rest.after("have").filter(|past| mark::is_past_deed(past.at(0))) {
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
    (!intents.is_empty()).then_some(Clause { intents, weight: Weight::Firm, lacking: false })
}
