//! Answers to what the assistant asked: "Which one?" – "2".
//!
//! Nothing is remembered, so the message before is read again for what it wanted.

use todo_domain::Change;

use super::{
    calendar::Calendar,
    dialogue::{Dialogue, Exchange},
    grammar,
    intent::{Action, Draft, Intent, Missing, Patch, Talk, Target},
    modifiers,
    priorities::Place,
    questions::Question,
    targets::{numbers, targets},
    words::{Message, Words},
};

/// What a person wants, in the light of what was asked before.
pub(super) fn wanted(dialogue: &Dialogue<'_>, calendar: &Calendar) -> Vec<Intent> {
    let message = Message::read(dialogue.said);
    let said = grammar::intents(&message, calendar);
    dialogue
        .before
        .and_then(|before| answer(before, message.words(), &said, calendar))
        .unwrap_or(said)
}

/// What the message means as an answer, if it is one.
fn answer(
    before: Exchange<'_>,
    words: Words<'_>,
    said: &[Intent],
    calendar: &Calendar,
) -> Option<Vec<Intent>> {
    let asked = Question::at_end_of(before.answered)?;
    let is_question = words.last() == "?";
    let words = words.trimmed();
    let before = Message::read(before.said);
    let wanted = grammar::intents(&before, calendar);
    match asked {
        Question::Which => {
            let chosen = numbers(words)
                .or_else(|| not_understood(said).then(|| targets(words, calendar).list))?;
            let action = wanted.into_iter().find_map(|intent| match intent {
                Intent::Act(action, targets) if !targets.iter().all(is_number) => Some(action),
                _ => None,
            })?;
            Some(vec![Intent::Act(action, chosen)])
        }
        Question::Title => {
            let missing = wanted.into_iter().find_map(|intent| match intent {
                Intent::Incomplete(Missing::Title(modifiers)) => Some(modifiers),
                _ => None,
            })?;
            if let [Intent::Add(draft)] = said {
                let modifiers = draft.modifiers.clone().or(missing);
                return Some(vec![Intent::Add(Draft { modifiers, ..draft.clone() })]);
            }
            let (title, given) = modifiers::around(words, calendar);
            let title = title.title().filter(|_| not_understood(said) && !is_question)?;
            Some(vec![Intent::Add(Draft { title, modifiers: given.or(missing) })])
        }
        Question::NewTitle => {
            let targets = wanted.into_iter().find_map(|intent| match intent {
                Intent::Incomplete(Missing::NewTitle(targets)) => Some(targets),
                _ => None,
            })?;
            let fresh = not_understood(said) || matches!(said, [Intent::Add(_)]);
            let title = words.title().filter(|_| fresh && !is_question)?;
            let patch = Patch { title: Some(title), ..Patch::default() };
            Some(vec![Intent::Act(Action::Update(patch), targets)])
        }
        Question::Due => {
            let targets = wanted.into_iter().find_map(|intent| match intent {
                Intent::Incomplete(Missing::Due(targets)) => Some(targets),
                _ => None,
            })?;
            let (rest, given) = modifiers::after(words, calendar, Place::AfterTarget);
            let due = given.due.filter(|_| rest.is_empty())?;
            let patch = Patch { due: Change::Set(due), ..Patch::default() };
            Some(vec![Intent::Act(Action::Update(patch), targets)])
        }
    }
}

fn is_number(target: &Target) -> bool {
    matches!(target, Target::Number(_) | Target::Impossible(_))
}

/// Whether a message says nothing by itself.
fn not_understood(said: &[Intent]) -> bool {
    matches!(said, [Intent::Talk(Talk::Perhaps(_) | Talk::Unknown)])
}
