//! What to do next: a decision from what a person wants and what this turn's calls have brought.
//!
//! A turn has at most three steps: look at the list, look again for what was not in it, act. The
//! plan is made anew each time; steps that are taken already are read instead of taken.

use todo_domain::TimeZone;

use super::{
    calendar::Calendar,
    calls::{Call, Remark},
    choose::{self, Item},
    dialogue::Step,
    intent::{Intent, Listing},
    results::Outcome,
    seen::Seen,
};

/// The most calls a turn may make, and how many of them may be spent on looking.
const MOST_CALLS: usize = 16;
const MOST_LOOKS: usize = 8;

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    Call(Vec<Call>),
    Say(Vec<Said>),
}

/// A part of the answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// What a call brought.
    Result(Call, Outcome),
    /// What the call of another plan brought.
    Foreign(Outcome),
    Remark(Remark),
}

/// Decides what to do next, with the tools that there are.
pub(super) fn next(
    intents: &[Intent],
    steps: &[Step<'_>],
    calendar: Calendar,
    zone: &TimeZone,
    has_tool: impl Fn(&str) -> bool,
) -> Next {
    let mut taken = Taken { all: steps, left: steps, zone };
    plan(intents, &mut taken, Seen::new(calendar, zone), has_tool)
        .map_or_else(|next| next, Next::Say)
}

/// Goes through the steps. An `Err` is the first that is not taken yet.
fn plan(
    intents: &[Intent],
    taken: &mut Taken<'_>,
    mut seen: Seen<'_>,
    has_tool: impl Fn(&str) -> bool,
) -> Result<Vec<Said>, Next> {
    for looks in [choose::first_looks, choose::second_looks] {
        let mut looks: Vec<Listing> = looks(intents, &seen);
        looks.truncate(if has_tool("list_tasks") { MOST_LOOKS - seen.count() } else { 0 });
        let results = taken.results(looks.iter().cloned().map(Call::List).collect())?;
        seen.extend(looks.into_iter().zip(results));
    }
    let mut budget = MOST_CALLS - seen.count();
    let mut left_out = Vec::new();
    let mut items = Vec::new();
    for item in choose::items(intents, &seen) {
        match item {
            Item::Do(call) if !has_tool(call.tool()) => items.push(Item::Tell(Remark::NoTool)),
            Item::Do(call) if budget == 0 => left_out.push(call),
            Item::Do(call) => {
                budget -= 1;
                items.push(Item::Do(call));
            }
            told => items.push(told),
        }
    }
    if !left_out.is_empty() {
        items.push(Item::Tell(Remark::LeftOut { done: MOST_CALLS - seen.count(), left_out }));
    }
    let calls = items.iter().filter_map(Item::call).cloned().collect();
    let mut results = taken.results(calls)?.into_iter();
    Ok(items
        .into_iter()
        .map(|item| match item {
            Item::Do(call) => Said::Result(call, results.next().unwrap_or(Outcome::Unreadable)),
            Item::Tell(remark) => Said::Remark(remark),
        })
        .collect())
}

/// The steps this turn has taken, read from the first.
struct Taken<'s> {
    all: &'s [Step<'s>],
    left: &'s [Step<'s>],
    zone: &'s TimeZone,
}

impl Taken<'_> {
    /// What these calls brought. `Err` when they are not made yet, or when the next step is none
    /// of ours: a turn may have been begun by another model. What it did is told then.
    fn results(&mut self, calls: Vec<Call>) -> Result<Vec<Outcome>, Next> {
        if calls.is_empty() {
            return Ok(Vec::new());
        }
        let Some((step, left)) = self.left.split_first() else { return Err(Next::Call(calls)) };
        self.left = left;
        let ours = step.calls.len() == calls.len()
            && step.calls.iter().zip(&calls).all(|((made, _), call)| {
                made.name == call.tool() && made.arguments == call.arguments()
            });
        if ours { Ok(outcomes(step, self.zone).collect()) } else { Err(Next::Say(self.report())) }
    }

    fn report(&self) -> Vec<Said> {
        self.all.iter().flat_map(|step| outcomes(step, self.zone)).map(Said::Foreign).collect()
    }
}

fn outcomes<'s>(step: &'s Step<'s>, zone: &'s TimeZone) -> impl Iterator<Item = Outcome> + 's {
    step.calls.iter().map(|(_, result)| {
        result.map_or(Outcome::Unreadable, |content| Outcome::read(content, zone))
    })
}
