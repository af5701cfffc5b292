//! What to do next: a decision from what a person wants and what this turn's calls have brought.
//!
//! A turn has at most three steps: look at the list, look again for what was not in it, act. The
//! plan is made anew each time; steps that are taken already are read instead of taken.

use todo_domain::TimeZone;

use super::{
    calendar::Calendar,
    calls::{Call, Remark, ToolUse},
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
    Call(Vec<ToolUse>),
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
        let uses = looks.iter().cloned().map(|look| ToolUse::of(Call::List(look))).collect();
        let results = taken.results(uses)?;
        seen.extend(looks.into_iter().zip(results));
    }
    let most = MOST_CALLS - seen.count();
    let mut uses: Vec<ToolUse> = Vec::new();
    let mut left_out = Vec::new();
    let mut items = Vec::new();
    for item in choose::items(intents, &seen) {
        match item {
            Item::Do(call) if !has_tool(call.tool()) => items.push(Item::Tell(Remark::NoTool)),
            Item::Do(call) if join(&mut uses, &call, most) => items.push(Item::Do(call)),
            Item::Do(call) => left_out.push(call),
            remark => items.push(remark),
        }
    }
    if !left_out.is_empty() {
        let done = uses.iter().map(|it| it.calls().len()).sum();
        items.push(Item::Tell(Remark::LeftOut { done, left_out }));
    }
    let mut results = taken.results(uses)?.into_iter();
    if !taken.left.is_empty() {
        // More was done than that: for a yes to a question, or by another model.
        return Err(Next::Say(taken.report()));
    }
    Ok(items
        .into_iter()
        .map(|item| match item {
            Item::Do(call) => Said::Result(call, results.next().unwrap_or(Outcome::Unreadable)),
            Item::Tell(remark) => Said::Remark(remark),
        })
        .collect())
}

/// Makes a call part of the last use of a tool, or a use of its own if there are fewer than `most`;
/// tells whether it did.
fn join(uses: &mut Vec<ToolUse>, call: &Call, most: usize) -> bool {
    if uses.last_mut().is_some_and(|last| last.takes(call)) {
        return true;
    }
    let has_room = uses.len() < most;
    if has_room {
        uses.push(ToolUse::of(call.clone()));
    }
    has_room
}

/// The steps this turn has taken, read from the first.
struct Taken<'s> {
    all: &'s [Step<'s>],
    left: &'s [Step<'s>],
    zone: &'s TimeZone,
}

impl Taken<'_> {
    /// What the calls of these uses of tools brought, one outcome for each call. `Err` when they are
    /// not made yet, or when the next step is none of ours: a turn may have been begun by another
    /// model. What it did is said then.
    fn results(&mut self, uses: Vec<ToolUse>) -> Result<Vec<Outcome>, Next> {
        if uses.is_empty() {
            return Ok(Vec::new());
        }
        let Some((step, left)) = self.left.split_first() else { return Err(Next::Call(uses)) };
        self.left = left;
        let ours = step.calls.len() == uses.len()
            && step.calls.iter().zip(&uses).all(|((made, _), used)| {
                made.name == used.tool() && made.arguments == used.arguments()
            });
        if !ours {
            return Err(Next::Say(self.report()));
        }
        let results = outcomes(step, self.zone).zip(&uses);
        Ok(results.flat_map(|(outcomes, used)| of_calls(outcomes, used.calls())).collect())
    }

    fn report(&self) -> Vec<Said> {
        self.all
            .iter()
            .flat_map(|step| outcomes(step, self.zone))
            .flatten()
            .map(Said::Foreign)
            .collect()
    }
}

/// The outcomes of each call of a step.
fn outcomes<'s>(step: &'s Step<'s>, zone: &'s TimeZone) -> impl Iterator<Item = Vec<Outcome>> + 's {
    step.calls.iter().map(|(_, result)| {
        result.map_or_else(|| vec![Outcome::Unreadable], |content| Outcome::read(content, zone))
    })
}

/// One outcome for each of the calls: a refusal of all of them is one of each. Those of an undo, or of
/// a call that named no tasks, are one together.
fn of_calls(mut outcomes: Vec<Outcome>, calls: &[Call]) -> Vec<Outcome> {
    if let ([Call::Undo(_)], [] | [Outcome::Done(..), ..]) = (calls, &outcomes[..]) {
        return vec![Outcome::Each(outcomes)];
    }
    // What a call did that named no tasks, and was not refused as a whole.
    let is_refused = |outcome: &Outcome| matches!(outcome, Outcome::Refused { task: None, .. });
    if let [Call::DeleteAll(_)] = calls
        && !outcomes.iter().any(is_refused)
    {
        return vec![Outcome::Each(outcomes)];
    }
    let rest = match &outcomes[..] {
        [only @ Outcome::Refused { .. }] => only.clone(),
        _ => Outcome::Unreadable,
    };
    outcomes.resize(calls.len(), rest);
    outcomes
}
