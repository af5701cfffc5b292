//! A user's tasks in memory.

use std::collections::BTreeMap;

use super::task_page::page;
use crate::{
    Batch, BatchOutcome, Tag, TagCount, Task, TaskChange, TaskEffect, TaskId, TaskOperation,
    TaskOutcome, TaskSlot, TaskStatus, TaskWrite, Timestamp, UndoRefusal, UserLimit, UserLimits,
    ports::MAX_TAG_COUNTS, undo,
};

/// All tasks of one user. It answers what a [`TaskStore`](crate::ports::TaskStore) answers.
///
/// ```
/// use todo_domain::{NewTask, TaskOperation, TaskOutcome, TaskQuery, TaskTitle, Timestamp};
/// use todo_domain::memory::TaskList;
///
/// let mut list = TaskList::default();
/// let now = Timestamp::from_microsecond(1_795_000_000_000_000)?;
/// list.execute(TaskOperation::Create(NewTask::titled(TaskTitle::new("buy milk")?)), now);
/// let listed = list.execute(TaskOperation::List(TaskQuery::default()), now);
/// assert!(matches!(listed, TaskOutcome::Listed(page) if page.tasks.len() == 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskList {
    pub(super) tasks: BTreeMap<TaskId, Task>,
    /// The number that was given last, 0 before the first.
    pub(super) last_number: i64,
    max: UserLimit,
}

impl Default for TaskList {
    /// An empty list for as many tasks as [`UserLimits::default`] says.
    fn default() -> Self {
        Self::for_at_most(UserLimits::default().tasks)
    }
}

impl TaskList {
    /// An empty list that takes so many tasks.
    #[must_use]
    pub const fn for_at_most(max: UserLimit) -> Self {
        Self { tasks: BTreeMap::new(), last_number: 0, max }
    }

    /// The tasks in the order of their numbers.
    pub fn tasks(&self) -> impl Iterator<Item = &Task> {
        self.tasks.values()
    }

    /// Carries out an operation.
    pub fn execute(&mut self, operation: TaskOperation, now: Timestamp) -> TaskOutcome {
        match operation {
            TaskOperation::List(query) => TaskOutcome::Listed(page(self.tasks(), &query, now)),
            TaskOperation::Create(new) => self.change(TaskChange::Create(new), now),
            TaskOperation::Act { target, action } => {
                self.change(TaskChange::Act { target, action }, now)
            }
        }
    }

    /// Carries out all changes of a batch in order, or none of them.
    pub fn execute_all(&mut self, batch: Batch, now: Timestamp) -> BatchOutcome {
        let mut changed = self.clone();
        let mut outcomes = Vec::new();
        for (index, change) in batch.into_changes().into_iter().enumerate() {
            let outcome = changed.change(change, now);
            if !outcome.is_ok() {
                return BatchOutcome::Refused { index, outcome };
            }
            outcomes.push(outcome);
        }
        *self = changed;
        BatchOutcome::Done(outcomes)
    }

    /// How many tasks have each tag, those of most tasks first and equal ones in the order of
    /// their characters.
    #[must_use]
    pub fn tags(&self) -> Vec<TagCount> {
        let mut found: BTreeMap<&Tag, TagCount> = BTreeMap::new();
        for task in self.tasks() {
            for tag in &task.tags {
                let none = || TagCount { tag: tag.clone(), pending: 0, total: 0 };
                let count = found.entry(tag).or_insert_with(none);
                count.shown_as(tag);
                count.total += 1;
                count.pending += u64::from(task.status() == TaskStatus::Pending);
            }
        }
        let mut counts: Vec<TagCount> = found.into_values().collect();
        // The tags are in order already, and this keeps that of equal counts.
        counts.sort_by_key(|count| std::cmp::Reverse(count.total));
        counts.truncate(MAX_TAG_COUNTS);
        counts
    }

    /// Takes the effects of a turn back, or changes nothing.
    ///
    /// # Errors
    /// [`UndoRefusal`] says why nothing was changed.
    pub fn undo(
        &mut self,
        effects: &[TaskEffect],
        now: Timestamp,
    ) -> Result<Vec<TaskOutcome>, UndoRefusal> {
        let outcomes = undo(effects, &self.tasks, now).map_err(UndoRefusal::Conflict)?;
        let effects: Vec<_> = outcomes.iter().filter_map(TaskOutcome::effect).collect();
        let growth = TaskEffect::growth(&effects);
        if growth > 0 && growth > self.max.room(self.tasks.len() as u64) {
            return Err(UndoRefusal::LimitReached { max: self.max });
        }
        for effect in effects {
            match effect.write() {
                TaskWrite::Insert(task) | TaskWrite::Update(task) => {
                    self.tasks.insert(task.id, task);
                }
                TaskWrite::Delete(id) => {
                    self.tasks.remove(&id);
                }
            }
        }
        Ok(outcomes)
    }

    fn change(&mut self, change: TaskChange, now: Timestamp) -> TaskOutcome {
        let (outcome, write) = match change {
            TaskChange::Create(new) => new.decide(self.slot(), now),
            TaskChange::Act { target, action } => {
                action.decide(&target, self.tasks.get(&target.id).cloned(), now)
            }
        };
        match write {
            Some(TaskWrite::Insert(task)) => {
                self.last_number = task.id.get();
                self.tasks.insert(task.id, task);
            }
            Some(TaskWrite::Update(task)) => {
                self.tasks.insert(task.id, task);
            }
            Some(TaskWrite::Delete(id)) => {
                self.tasks.remove(&id);
            }
            None => {}
        }
        outcome
    }

    /// A list that has given all numbers there are is full, too.
    fn slot(&self) -> TaskSlot {
        let next = TaskId::new(self.last_number.saturating_add(1)).ok();
        let room = self.max.room(self.tasks.len() as u64) > 0;
        next.filter(|_| room).map_or(TaskSlot::LimitReached(self.max), TaskSlot::Number)
    }
}
