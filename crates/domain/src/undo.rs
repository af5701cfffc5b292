//! Undoing a turn: what takes its effects back, as a pure decision.
//!
//! A turn is undone by another turn, whose effects are the inverse ones. That turn can be undone
//! too, which redoes the first, and so on: a chain. Each of its turns inverts the one before.

use std::{collections::BTreeMap, fmt, str::FromStr};

use crate::{
    Task, TaskDone, TaskEffect, TaskId, TaskOutcome, TaskVersion, Timestamp, TurnId, UserLimit,
};

/// Where a turn that undoes stands in the chain of turns that undid one turn and each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UndoLink {
    /// The turn with which the chain begins: one that undid nothing.
    pub first: TurnId,
    /// 1 for the turn that undid it, 2 for the one that undid that, and so on.
    pub number: i32,
}

impl UndoLink {
    /// How long a chain of an import may be: far from where counting ends.
    pub const MAX_NUMBER: i32 = 1_000_000_000;

    /// What the turn did to the first one.
    #[must_use]
    pub const fn direction(self) -> UndoDirection {
        if self.number % 2 == 1 { UndoDirection::Undo } else { UndoDirection::Redo }
    }
}

/// What an undo does to the first turn of its chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UndoDirection {
    /// Takes its effects back.
    Undo,
    /// Brings them back.
    Redo,
}

/// The text was not an [`UndoDirection`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be undo or redo")]
pub struct UnknownUndoDirection;

impl UndoDirection {
    /// Its name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Undo => "undo",
            Self::Redo => "redo",
        }
    }
}

impl fmt::Display for UndoDirection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for UndoDirection {
    type Err = UnknownUndoDirection;

    fn from_str(text: &str) -> Result<Self, UnknownUndoDirection> {
        [Self::Undo, Self::Redo]
            .into_iter()
            .find(|direction| direction.as_str() == text)
            .ok_or(UnknownUndoDirection)
    }
}

/// A chain as far as it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UndoChain {
    /// The turn with which it begins.
    pub first: TurnId,
    /// Its latest turn and the number of that: the first turn and 0 before the first undo.
    pub last: (TurnId, i32),
}

impl UndoChain {
    /// The chain of a turn that nothing has undone yet.
    #[must_use]
    pub const fn of(turn: TurnId) -> Self {
        Self { first: turn, last: (turn, 0) }
    }

    /// Counts a turn in, in any order.
    pub const fn join(&mut self, turn: TurnId, number: i32) {
        if number > self.last.1 {
            self.last = (turn, number);
        }
    }

    /// The turn by which the turn of this number is undone now. The first turn has number 0.
    #[must_use]
    pub const fn undone_by(&self, number: i32) -> Option<TurnId> {
        let (last, last_number) = self.last;
        if (last_number - number) % 2 == 0 { None } else { Some(last) }
    }

    /// The link of the turn that comes next.
    #[must_use]
    pub const fn next(&self) -> UndoLink {
        UndoLink { first: self.first, number: self.last.1 + 1 }
    }
}

/// The chains of a conversation, in which something was undone or redone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoChains {
    /// The one that was continued last comes first.
    chains: Vec<UndoChain>,
}

impl UndoChains {
    /// The chains of these turns, which come latest first.
    pub fn of(links: impl IntoIterator<Item = (TurnId, UndoLink)>) -> Self {
        let mut chains: Vec<UndoChain> = Vec::new();
        for (turn, link) in links {
            match chains.iter_mut().find(|chain| chain.first == link.first) {
                Some(chain) => chain.join(turn, link.number),
                None => {
                    chains.push(UndoChain { first: link.first, last: (turn, link.number) });
                }
            }
        }
        Self { chains }
    }

    /// The first turns of the chains whose effects are taken back now, the latest undo first.
    pub fn undone(&self) -> impl Iterator<Item = TurnId> + '_ {
        self.chains.iter().filter(|chain| chain.undone_by(0).is_some()).map(|chain| chain.first)
    }

    /// Takes in what others know.
    pub fn extend(&mut self, others: Self) {
        for other in others.chains {
            match self.chains.iter_mut().find(|chain| chain.first == other.first) {
                Some(chain) => chain.join(other.last.0, other.last.1),
                None => self.chains.push(other),
            }
        }
    }

    /// The chain that this turn begins.
    #[must_use]
    pub fn chain_of(&self, first: TurnId) -> UndoChain {
        let chain = self.chains.iter().find(|chain| chain.first == first);
        chain.copied().unwrap_or(UndoChain::of(first))
    }

    /// Whether the turn is the latest of its chain and undid or redid something.
    #[must_use]
    pub fn ends_with(&self, turn: TurnId) -> bool {
        self.chains.iter().any(|chain| chain.last.0 == turn)
    }
}

/// A task that is no longer as the turn left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UndoConflict {
    /// Which one.
    pub task_id: TaskId,
    /// Its version now; `None` where it is gone.
    pub version: Option<TaskVersion>,
}

/// Why a turn can't be undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UndoRefusal {
    /// These tasks have changed since, by their numbers.
    Conflict(Vec<UndoConflict>),
    /// The deleted tasks would be more than the list has room for.
    LimitReached {
        /// How many tasks it may have.
        max: UserLimit,
    },
}

/// What takes the effects of a turn back, latest first.
///
/// `effects` are the turn's, in order, and `tasks` those of them that there are now. Each task
/// becomes what it was before the turn, its number and its instants included. Only its version is
/// above all that it ever had, and `updated_at` is `now`.
///
/// # Errors
/// The tasks that are not as the turn left them. Their version and `updated_at` don't count: a task
/// that was changed and changed back, by an undo or otherwise, hinders nothing.
pub fn undo(
    effects: &[TaskEffect],
    tasks: &BTreeMap<TaskId, Task>,
    now: Timestamp,
) -> Result<Vec<TaskOutcome>, Vec<UndoConflict>> {
    let mut nets: Vec<Net<'_>> = Vec::new();
    for effect in effects.iter().rev() {
        match nets.iter_mut().find(|net| net.task_id == effect.task_id) {
            Some(net) => net.extend(effect),
            None => nets.push(Net::of(effect)),
        }
    }
    let conflicts: Vec<_> = nets.iter().filter_map(|net| net.conflict(tasks)).collect();
    if conflicts.is_empty() {
        Ok(nets.into_iter().filter_map(|net| net.inverse(tasks, now)).collect())
    } else {
        Err(conflicts)
    }
}

/// What a turn did to one task, all in all.
struct Net<'e> {
    task_id: TaskId,
    before: Option<&'e Task>,
    after: Option<&'e Task>,
    /// All states that the effects know of.
    states: Vec<&'e Task>,
}

impl<'e> Net<'e> {
    fn of(effect: &'e TaskEffect) -> Self {
        let after = effect.after.as_ref();
        let mut net = Self { task_id: effect.task_id, before: None, after, states: Vec::new() };
        net.extend(effect);
        net
    }

    /// Takes in an effect that came before those known.
    fn extend(&mut self, effect: &'e TaskEffect) {
        self.before = effect.before.as_ref();
        self.states.extend(effect.before.iter().chain(&effect.after));
    }

    fn conflict(&self, tasks: &BTreeMap<TaskId, Task>) -> Option<UndoConflict> {
        let current = tasks.get(&self.task_id);
        let is_as_left = match (current, self.after) {
            (Some(current), Some(after)) => is_same(current, after),
            (None, None) => true,
            _ => false,
        };
        let conflict =
            UndoConflict { task_id: self.task_id, version: current.map(|task| task.version) };
        (!is_as_left).then_some(conflict)
    }

    /// `None` where nothing is to be done.
    fn inverse(&self, tasks: &BTreeMap<TaskId, Task>, now: Timestamp) -> Option<TaskOutcome> {
        let current = tasks.get(&self.task_id);
        match (self.before, current) {
            (None, None) => None,
            (None, Some(current)) => Some(TaskDone::Deleted { before: current.clone() }.into()),
            (Some(before), Some(current)) if is_same(before, current) => None,
            (Some(before), current) => {
                let mut after = Task { updated_at: now, ..before.clone() };
                for state in self.states.iter().copied().chain(current) {
                    after.version = after.version.max(state.version);
                    after.updated_at = after.updated_at.max(state.updated_at);
                }
                after.version = after.version.next();
                Some(TaskOutcome::Restored { before: current.cloned(), after })
            }
        }
    }
}

/// Whether two states of a task differ in nothing but version and `updated_at`.
fn is_same(one: &Task, other: &Task) -> bool {
    let Task { version, updated_at, .. } = *one;
    *one == Task { version, updated_at, ..other.clone() }
}

#[cfg(test)]
#[path = "undo_tests.rs"]
mod tests;
