//! A user's tasks in memory.

use std::{collections::BTreeMap, convert::Infallible};

use super::task_page::page;
use crate::{
    Batch, BatchRefusal, CallOperation, CallResult, Closing, Tag, TagCount, Task, TaskAction,
    TaskChange, TaskDone, TaskEffect, TaskId, TaskOutcome, TaskPage, TaskQuery, TaskRefusal,
    TaskSlot, TaskStatus, TaskTarget, TaskWrite, Timestamp, UndoRefusal, UserLimit, UserLimits,
    ports::MAX_TAG_COUNTS, undo,
};

/// All tasks of one user. It answers what a [`TaskStore`](crate::ports::TaskStore) answers.
///
/// ```
/// use todo_domain::{NewTask, TaskChange, TaskQuery, TaskTitle, Timestamp};
/// use todo_domain::memory::TaskList;
///
/// let mut list = TaskList::default();
/// let now = Timestamp::from_microsecond(1_795_000_000_000_000)?;
/// list.change(TaskChange::Create(NewTask::titled(TaskTitle::new("buy milk")?)), now)?;
/// assert_eq!(list.page(&TaskQuery::default(), now).tasks.len(), 1);
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

    /// The task of this number.
    #[must_use]
    pub fn get(&self, id: TaskId) -> Option<&Task> {
        self.tasks.get(&id)
    }

    /// A page of the tasks.
    #[must_use]
    pub fn page(&self, query: &TaskQuery, now: Timestamp) -> TaskPage {
        page(self.tasks(), query, now)
    }

    /// Carries out a change.
    ///
    /// # Errors
    /// [`TaskRefusal`] says why nothing was changed.
    pub fn change(&mut self, change: TaskChange, now: Timestamp) -> Result<TaskDone, TaskRefusal> {
        let done = match change {
            TaskChange::Create(new) => new.decide(self.slot(), now),
            TaskChange::Act { target, action } => {
                action.decide(&target, self.tasks.get(&target.id).cloned(), now)
            }
        }?;
        match done.write() {
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
        Ok(done)
    }

    /// Carries out all changes of a batch in order, or none of them.
    ///
    /// # Errors
    /// [`BatchRefusal`] says which one is refused, and why.
    pub fn change_all(
        &mut self,
        batch: Batch,
        now: Timestamp,
    ) -> Result<Batch<TaskDone>, BatchRefusal> {
        let mut changed = self.clone();
        let Ok(done) = batch.decide(|change| Ok::<_, Infallible>(changed.change(change, now)));
        if done.is_ok() {
            *self = changed;
        }
        done
    }

    /// Carries out a call. There is no turn to be undone.
    pub fn carry_out(&mut self, call: CallOperation, now: Timestamp) -> CallResult {
        match call {
            CallOperation::List(query) => CallResult::Listed(self.page(&query, now)),
            CallOperation::Get(id) => {
                CallResult::Outcome(TaskOutcome::of_get(id, self.get(id).cloned()))
            }
            CallOperation::Change(change) => CallResult::Outcome(self.change(change, now).into()),
            CallOperation::Each { tasks, action } => {
                let targets = tasks.as_slice().iter().copied().map(TaskTarget::from);
                self.act_on_each(targets, &action, now)
            }
            CallOperation::DeleteShown(targets) => {
                self.act_on_each(targets, &TaskAction::Delete, now)
            }
            CallOperation::DeleteMatching(_) => CallResult::Rejected(Closing::MovedOn.rejection()),
            CallOperation::Undo(_) => CallResult::NothingToUndo,
        }
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

    fn act_on_each(
        &mut self,
        targets: impl IntoIterator<Item = TaskTarget>,
        action: &TaskAction,
        now: Timestamp,
    ) -> CallResult {
        let act = |target| self.change(TaskChange::Act { target, action: action.clone() }, now);
        CallResult::Each(targets.into_iter().map(act).map(TaskOutcome::from).collect())
    }

    /// A list that has given all numbers there are is full, too.
    fn slot(&self) -> TaskSlot {
        let next = TaskId::new(self.last_number.saturating_add(1)).ok();
        let room = self.max.room(self.tasks.len() as u64) > 0;
        next.filter(|_| room).map_or(TaskSlot::LimitReached(self.max), TaskSlot::Number)
    }
}
