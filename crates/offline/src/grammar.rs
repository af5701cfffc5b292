//! From a message to what a person wants.
//!
//! Each file below knows one kind of sentence and says whether words are one. A message may join
//! several: "add buy milk and mark 2 as done".

mod add;
mod change;
mod clause;
mod clauses;
mod cuts;
mod fields;
mod items;
mod list;
mod mark;
mod tag;
mod talk;
mod undo;

pub(super) use clauses::intents;
pub(super) use talk::is_request;

use super::{
    calendar::Calendar,
    dates,
    intent::{Action, Intent, Missing, Patch, Target},
    targets::{Targets, numbers},
    words::Words,
};

/// How sure it is that words are a sentence of their own, and no part of the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    /// Only when nothing else is said: "due Friday", "buy milk".
    Alone,
    /// Except after a title, which may go on like that: "finish the report".
    Loose,
    /// Always: it names a task by number or says "task".
    Firm,
}

/// A sentence understood.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Sentence {
    intent: Intent,
    weight: Weight,
}

impl Sentence {
    fn act(action: Action, targets: Targets) -> Self {
        let weight = if targets.firm { Weight::Firm } else { Weight::Loose };
        Self { intent: Intent::Act(action, targets.list), weight }
    }

    fn firm(intent: Intent) -> Self {
        Self { intent, weight: Weight::Firm }
    }

    /// The same, of which there is no doubt.
    fn surely(self) -> Self {
        Self { weight: Weight::Firm, ..self }
    }
}

/// Whether every target is called by a number, or by "it".
fn are_pointed_at(targets: &[Target]) -> bool {
    targets.iter().all(|target| {
        matches!(target, Target::Number(_) | Target::Impossible(_) | Target::Mentioned)
    })
}

/// Whether words can hardly mean anything but a task: "task 3", "it", "the groceries task".
fn is_reference(words: Words<'_>) -> bool {
    const NOUNS: [&str; 5] = ["task", "one", "todo", "to-do", "item"];
    numbers(words).is_some()
        || words.is_any(&["it", "that", "this"])
        || words.is_quotation()
        || (matches!(words.at(0), "the" | "my") && NOUNS.contains(&words.last()))
}

/// What leads from a target to its new value.
const LINKS: [&str; 8] = ["to be", "to", "as", "into", "is", ":", "=", "for"];

fn ask_when(targets: Vec<Target>) -> Sentence {
    Sentence::firm(Intent::Incomplete(Missing::Due(targets)))
}

fn ask_what(targets: Vec<Target>) -> Sentence {
    Sentence::firm(Intent::Incomplete(Missing::Change(targets)))
}

fn update(patch: Patch, targets: Targets) -> Sentence {
    Sentence::act(Action::Update(patch), targets)
}

/// "The meeting from Thursday" that is moved to Friday: without the day it is moved from.
fn without_origin<'m>(words: Words<'m>, calendar: &Calendar) -> Words<'m> {
    let origin = words.around_any(&["from"]).filter(|&(_, from)| {
        dates::when(from, calendar).is_some_and(|(_, rest)| rest.trimmed().is_empty())
    });
    origin.map_or(words, |(target, _)| target)
}
