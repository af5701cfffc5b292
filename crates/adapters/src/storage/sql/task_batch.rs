//! How changes of tasks are carried out: load what they name, decide, write.

use std::{collections::HashMap, mem};

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use todo_domain::{
    CallOperation, CallResult, Closing, Task, TaskAction, TaskChange, TaskDone, TaskEffect, TaskId,
    TaskOutcome, TaskRefusal, TaskTarget, TaskWrite, Timestamp, TurnFence, UndoRefusal, UserId,
    UserLimit, undo,
};

use super::{
    Conn,
    schema::tasks,
    task_list::list,
    task_numbers::TaskNumbers,
    tasks::{TaskRow, TaskValues},
    undo::undo_latest,
};
use crate::storage::error::Result;

/// A row that a change needs before it is decided.
pub(super) enum Prefetch {
    /// A task, where there is one of this number.
    Task(TaskId),
    /// The number of a new one.
    Number,
}

impl Prefetch {
    /// What a call prefetches; a list prefetches nothing.
    pub(super) fn of_call(call: &CallOperation) -> Vec<Self> {
        match call {
            CallOperation::Get(id) => vec![Self::Task(*id)],
            CallOperation::Change(change) => vec![change.into()],
            CallOperation::Each { tasks, .. } => {
                tasks.as_slice().iter().copied().map(Self::Task).collect()
            }
            CallOperation::DeleteShown(targets) => {
                targets.iter().map(|target| Self::Task(target.id)).collect()
            }
            CallOperation::List(_) | CallOperation::Undo(_) | CallOperation::DeleteMatching(_) => {
                Vec::new()
            }
        }
    }
}

impl From<&TaskChange> for Prefetch {
    fn from(change: &TaskChange) -> Self {
        match change {
            TaskChange::Create(_) => Self::Number,
            TaskChange::Act { target, .. } => Self::Task(target.id),
        }
    }
}

/// The tasks that some changes name, loaded at once and kept as the changes leave them.
/// Whoever carries out changes holds the lock of the user, and closes the batch.
pub(super) struct TaskBatch {
    user: UserId,
    tasks: HashMap<TaskId, Task>,
    numbers: TaskNumbers,
    /// What was decided and not yet written, in order.
    pending: Vec<TaskWrite>,
}

impl TaskBatch {
    /// Loads the tasks and allots the numbers that are needed. The user may have `max` tasks.
    pub(super) async fn load(
        conn: &mut Conn,
        user: UserId,
        max: UserLimit,
        prefetches: impl Iterator<Item = Prefetch>,
    ) -> Result<Self> {
        let (mut named, mut created) = (Vec::new(), 0);
        for need in prefetches {
            match need {
                Prefetch::Task(id) => named.push(id.get()),
                Prefetch::Number => created += 1,
            }
        }
        let tasks = load(conn, user, named).await?;
        let numbers = TaskNumbers::allot(conn, user, max, created).await?;
        Ok(Self { user, tasks, numbers, pending: Vec::new() })
    }

    /// Carries out one of the calls it was loaded for, each at most once, in this turn.
    pub(super) async fn carry_out(
        &mut self,
        conn: &mut Conn,
        fence: &TurnFence,
        call: CallOperation,
        now: Timestamp,
    ) -> Result<CallResult> {
        let result = match call {
            CallOperation::List(query) => {
                CallResult::Listed(list(conn, self.user, &query, now).await?)
            }
            CallOperation::Get(id) => {
                CallResult::Outcome(TaskOutcome::of_get(id, self.tasks.get(&id).cloned()))
            }
            CallOperation::Change(change) => CallResult::Outcome(self.decide(change, now)?.into()),
            CallOperation::Each { tasks, action } => {
                let targets = tasks.as_slice().iter().copied().map(TaskTarget::from);
                self.decide_each(targets, &action, now)?
            }
            CallOperation::DeleteShown(targets) => {
                self.decide_each(targets, &TaskAction::Delete, now)?
            }
            CallOperation::DeleteMatching(_) => CallResult::Rejected(Closing::MovedOn.rejection()),
            CallOperation::Undo(direction) => {
                undo_latest(conn, fence, self, direction, now).await?
            }
        };
        self.write(conn).await?;
        Ok(result)
    }

    fn decide_each(
        &mut self,
        targets: impl IntoIterator<Item = TaskTarget>,
        action: &TaskAction,
        now: Timestamp,
    ) -> Result<CallResult> {
        let act = |target| self.decide(TaskChange::Act { target, action: action.clone() }, now);
        let decided = targets.into_iter().map(act).map(|done| done.map(TaskOutcome::from));
        decided.collect::<Result<_>>().map(CallResult::Each)
    }

    /// Takes the effects of a turn back, or changes nothing.
    pub(super) async fn undo(
        &mut self,
        conn: &mut Conn,
        effects: &[TaskEffect],
        now: Timestamp,
    ) -> Result<Result<Vec<TaskOutcome>, UndoRefusal>> {
        let mut named: Vec<_> = effects.iter().map(|effect| effect.task_id.get()).collect();
        named.sort_unstable();
        named.dedup();
        let tasks = load(conn, self.user, named).await?.into_iter().collect();
        let outcomes = match undo(effects, &tasks, now) {
            Ok(outcomes) => outcomes,
            Err(conflicts) => return Ok(Err(UndoRefusal::Conflict(conflicts))),
        };
        let effects: Vec<_> = outcomes.iter().filter_map(TaskOutcome::effect).collect();
        if !self.numbers.admit(conn, TaskEffect::growth(&effects)).await? {
            return Ok(Err(UndoRefusal::LimitReached { max: self.numbers.max() }));
        }
        // Two statements, however many tasks there are.
        let gone = effects.iter().filter(|effect| effect.before.is_some());
        self.pending.extend(gone.map(|effect| TaskWrite::Delete(effect.task_id)));
        for effect in effects {
            self.tasks.remove(&effect.task_id);
            if let Some(task) = effect.after {
                self.tasks.insert(task.id, task.clone());
                self.pending.push(TaskWrite::Insert(task));
            }
        }
        self.write(conn).await?;
        Ok(Ok(outcomes))
    }

    /// Decides one of the changes it was loaded for, each at most once. It is written when the batch
    /// is closed.
    pub(super) fn decide(
        &mut self,
        change: TaskChange,
        now: Timestamp,
    ) -> Result<std::result::Result<TaskDone, TaskRefusal>> {
        let decided = match change {
            TaskChange::Create(new) => new.decide(self.numbers.next()?, now),
            TaskChange::Act { target, action } => {
                action.decide(&target, self.tasks.get(&target.id).cloned(), now)
            }
        };
        let write = decided.as_ref().ok().and_then(TaskDone::write);
        match &write {
            Some(TaskWrite::Insert(task) | TaskWrite::Update(task)) => {
                self.tasks.insert(task.id, task.clone());
            }
            Some(TaskWrite::Delete(id)) => {
                self.tasks.remove(id);
                self.numbers.make_room();
            }
            None => {}
        }
        self.pending.extend(write);
        Ok(decided)
    }

    /// Writes what was decided, and gives back the numbers that nothing was created under.
    pub(super) async fn close(mut self, conn: &mut Conn) -> Result<()> {
        self.write(conn).await?;
        self.numbers.give_back(conn).await
    }

    /// Forgets what was decided, of which nothing is written yet.
    pub(super) async fn discard(mut self, conn: &mut Conn) -> Result<()> {
        let created = self.pending.iter().filter(|write| matches!(write, TaskWrite::Insert(_)));
        self.numbers.take_back(created.count());
        self.numbers.give_back(conn).await
    }

    async fn write(&mut self, conn: &mut Conn) -> Result<()> {
        let mut pending = mem::take(&mut self.pending).into_iter().peekable();
        while let Some(write) = pending.next() {
            match write {
                TaskWrite::Insert(task) => {
                    let mut new = vec![task];
                    while let Some(TaskWrite::Insert(task)) =
                        pending.next_if(|next| matches!(next, TaskWrite::Insert(_)))
                    {
                        new.push(task);
                    }
                    let rows: Vec<_> =
                        new.iter().map(|task| TaskValues::of(self.user, task)).collect();
                    insert_all!(conn, tasks::table, rows)?;
                }
                TaskWrite::Update(task) => {
                    let row = tasks::table.find((self.user.get(), task.id.get()));
                    let values = TaskValues::of(self.user, &task);
                    diesel::update(row).set(values).execute(conn).await?;
                }
                TaskWrite::Delete(id) => {
                    let mut gone = vec![id.get()];
                    while let Some(TaskWrite::Delete(id)) =
                        pending.next_if(|next| matches!(next, TaskWrite::Delete(_)))
                    {
                        gone.push(id.get());
                    }
                    let rows = tasks::table
                        .filter(tasks::user_id.eq(self.user.get()))
                        .filter(tasks::id.eq_any(gone));
                    diesel::delete(rows).execute(conn).await?;
                }
            }
        }
        Ok(())
    }
}

/// Those of a user's tasks that have these numbers.
pub(super) async fn load(
    conn: &mut Conn,
    user: UserId,
    ids: Vec<i64>,
) -> Result<HashMap<TaskId, Task>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<TaskRow> = tasks::table
        .filter(tasks::user_id.eq(user.get()))
        .filter(tasks::id.eq_any(ids))
        .select(TaskRow::as_select())
        .load(conn)
        .await?;
    let tasks = rows.into_iter().map(|row| Task::try_from(row).map(|task| (task.id, task)));
    Ok(tasks.collect::<Result<_, _>>()?)
}
