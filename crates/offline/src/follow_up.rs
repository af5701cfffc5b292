//! Answers to what the assistant asked: "Which one?" – "2".
//!
//! Nothing is remembered, so the message before is read again for what it wanted.

use todo_domain::Change;

use super::{
    calendar::Calendar,
    dialogue::{Dialogue, Exchange},
    grammar,
    intent::{Action, Draft, Intent, Missing, Offer, Patch, Talk, Target},
    modifiers,
    phrases::{self, Question},
    priorities::Position,
    spans::{self, Shift},
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
    let message = Message::read(before.said);
    let wanted = grammar::intents(&message, calendar);
    match asked {
        Question::Which => {
            let action = unclear(wanted)?;
            let offers = phrases::offered(before.answered);
            let answer = match chosen_of(words, &offers) {
                Some(Some(chosen)) => Intent::Act(action, chosen),
                Some(None) => Intent::Incomplete(Missing::Choice(action, offers)),
                None => {
                    let chosen = numbers(words)
                        .or_else(|| not_understood(said).then(|| targets(words, calendar).list))?;
                    Intent::Act(action, chosen)
                }
            };
            // "The bible?" asks back.
            let asks_back = is_question && !grammar::is_request(words);
            Some(vec![if asks_back { answer.doubted() } else { answer }])
        }
        Question::Title => {
            let missing = wanted.into_iter().find_map(|intent| match intent {
                Intent::Incomplete(Missing::Title(modifiers)) => Some(modifiers),
                _ => None,
            })?;
            if let [Intent::Add(draft)] = said {
                let modifiers = draft.modifiers.clone().or(missing, calendar);
                return Some(vec![Intent::Add(Draft { modifiers, ..draft.clone() })]);
            }
            let (title, given) = modifiers::around(words, calendar);
            let title = title.title().filter(|_| not_understood(said) && !is_question)?;
            Some(vec![Intent::Add(Draft { title, modifiers: given.or(missing, calendar) })])
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
            // "By two days" is how much later.
            if let Some((shift, later)) = spans::shift(words) {
                let by = if later == Some(false) { -shift.by } else { shift.by };
                let patch = Patch { shift: Some(Shift { by, ..shift }), ..Patch::default() };
                return Some(vec![Intent::Act(Action::Update(patch), targets)]);
            }
            let words = words.after("to").unwrap_or(words);
            let (rest, given) = modifiers::after(words, calendar, Position::AfterTarget);
            let due = given.due.filter(|_| rest.is_empty())?;
            let patch = Patch { due: Change::Set(due), ..Patch::default() };
            Some(vec![Intent::Act(Action::Update(patch), targets)])
        }
    }
}

/// What was to be done with the tasks that had to be asked for. Where that is not the same for all
/// of them, nobody can tell which was asked about.
fn unclear(wanted: Vec<Intent>) -> Option<Action> {
    let mut actions = wanted.into_iter().filter_map(|intent| match intent {
        Intent::Act(action, targets) if !targets.iter().all(is_number) => Some(action),
        _ => None,
    });
    let first = actions.next()?;
    actions.all(|other| other == first).then_some(first)
}

/// "Both", "the first one": the tasks chosen by their place among those offered, if the words do
/// that; `Some(None)` when there is no such position.
fn chosen_of(words: Words<'_>, offers: &[Offer]) -> Option<Option<Vec<Target>>> {
    const BOTH: [&str; 6] =
        ["both", "both of them", "both of these", "both tasks", "them both", "the two"];
    const ORDINALS: [&[&str]; 4] =
        [&["first", "1st"], &["second", "2nd"], &["third", "3rd"], &["fourth", "4th"]];
    let words = words.after_any(&["yes", "yeah", "yep", "ok", "okay"]).unwrap_or(words).trimmed();
    let words = words.before_any(&["please", "thanks"]).unwrap_or(words).trimmed();
    let number = |offer: &Offer| Target::Number(offer.id);
    if words.is_any(&BOTH) {
        return Some((offers.len() == 2).then(|| offers.iter().map(number).collect()));
    }
    let words = words.after("the").unwrap_or(words);
    let words = words.before_any(&["one", "task"]).unwrap_or(words);
    let position = ORDINALS.iter().position(|names| words.is_any(names))?;
    Some(offers.get(position).map(|offer| vec![number(offer)]))
}

fn is_number(target: &Target) -> bool {
    match target {
        Target::Number(_) => true,
        // "-1" was asked about.
        Target::Impossible(said) => said.bytes().all(|byte| byte.is_ascii_digit()),
        _ => false,
    }
}

/// Whether a message says nothing by itself.
fn not_understood(said: &[Intent]) -> bool {
    matches!(said, [Intent::Talk(Talk::Perhaps(_) | Talk::Unknown)])
}
