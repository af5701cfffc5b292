//! A stand-in for a model: reads a few plain sentences about todos, calls the tools that are
//! offered, and says what they brought. It is there so that load tests and frontends have someone
//! to talk to; whoever wants a real offline assistant finds one among the service's engines.
//!
//! It remembers nothing. The steps that a turn has taken follow from what was asked and what the
//! tools said, so it works through them from the start each time, and does the next one.

mod intent;
mod results;

use serde_json::{Value, json};

use self::{
    intent::{Action, Intent, Target},
    results::Task,
};
use super::{
    reply::Reply,
    request::ToolChoice,
    scene::{Scene, Step},
};

type Calls = Vec<(&'static str, Value)>;

/// The next thing to do about what the user said.
pub(super) fn reply(scene: &Scene<'_>) -> Reply {
    let mut work = Work { scene, taken: 0, unclear: Vec::new() };
    let next = intent::read(&scene.said).into_iter().find_map(|intent| work.next_call(intent));
    let reply = match next {
        Some(calls) => Reply::calls(calls),
        None => work.answer(),
    };
    if scene.choice == Some(ToolChoice::Required) && reply.calls.is_empty() {
        return scene.harmless_call().map_or(reply, |call| Reply::calls([call]));
    }
    reply
}

/// The end of a turn, whatever was asked.
pub(super) fn closing(scene: &Scene<'_>) -> Reply {
    Work { scene, taken: scene.steps.len(), unclear: Vec::new() }.answer()
}

/// Going through a turn's steps.
struct Work<'a> {
    scene: &'a Scene<'a>,
    /// How many of the steps are accounted for.
    taken: usize,
    /// What could not be done.
    unclear: Vec<String>,
}

impl Work<'_> {
    /// The calls to make now for this intent; none if they are behind us, or there are none.
    fn next_call(&mut self, intent: Intent) -> Option<Calls> {
        match intent {
            Intent::Add(tasks) => self.step(tasks.into_iter().map(|t| ("add_task", t)).collect()),
            Intent::List(status) => self.step(vec![list(status)]),
            Intent::Undo(direction) => {
                self.step(vec![("undo_last_turn", json!({ "direction": direction }))])
            }
            Intent::Act(action, Target::Numbers(ids)) => self.act(action, &ids),
            Intent::Act(action, Target::It) => match self.last_mentioned() {
                Some(id) => self.act(action, &[id]),
                None => self.give_up("I do not know which task you mean.".into()),
            },
            Intent::Act(action, Target::Named(name)) => {
                if let Some(calls) = self.step(vec![list("all")]) {
                    return Some(calls);
                }
                match *results::listed_as(self.behind(), &name).as_slice() {
                    [id] => self.act(action, &[id]),
                    [] => self.give_up(format!("I found no task called {name}.")),
                    _ => self.give_up(format!("More than one task is called {name}.")),
                }
            }
        }
    }

    /// Makes these calls, if they are offered and not behind us.
    fn step(&mut self, calls: Calls) -> Option<Calls> {
        if !calls.iter().all(|(tool, _)| self.scene.offers(tool)) {
            return self.give_up("I have no tool for that.".into());
        }
        if self.taken < self.scene.steps.len() {
            self.taken += 1;
            return None;
        }
        Some(calls)
    }

    fn act(&mut self, action: Action, ids: &[i64]) -> Option<Calls> {
        self.step(vec![(action.tool(), json!({ "task_ids": ids }))])
    }

    fn give_up(&mut self, why: String) -> Option<Calls> {
        self.unclear.push(why);
        None
    }

    fn behind(&self) -> &[Step] {
        &self.scene.steps[..self.taken]
    }

    /// The task that was added last in this turn, or the first one in the last list.
    fn last_mentioned(&self) -> Option<i64> {
        let of = |tool: &str| {
            let results = self.behind().iter().rev().flat_map(|step| &step.results);
            results
                .filter(|(call, _)| call.function.name == tool)
                .flat_map(|(_, result)| results::tasks(result))
                .map(|Task { id, .. }| id)
                .next()
        };
        of("add_task").or_else(|| of("list_tasks"))
    }

    /// Says what the tools brought, and what could not be done.
    fn answer(self) -> Reply {
        let results = self.scene.steps.iter().flat_map(|step| &step.results);
        let mut lines: Vec<String> =
            results.map(|(call, result)| results::tell(&call.function.name, result)).collect();
        lines.extend(self.unclear);
        if lines.is_empty() {
            lines.push(INTRODUCTION.into());
        }
        Reply::text(lines.join(" "))
    }
}

fn list(status: &'static str) -> (&'static str, Value) {
    ("list_tasks", json!({ "status": status }))
}

const INTRODUCTION: &str =
    "I am a simulated model. Ask me to add, list, complete, reopen or delete tasks.";
