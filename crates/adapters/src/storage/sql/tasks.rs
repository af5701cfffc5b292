//! Tasks, and how operations on them are carried out.

use std::{collections::HashMap, ops::Range};

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use todo_domain::{
    Capacity, Due, NewTaskPlace, Priority, Task, TaskAction, TaskDescription, TaskId,
    TaskOperation, TaskOutcome, TaskQuery, TaskStatus, TaskTitle, TaskVersion, TaskWrite,
    Timestamp, Total, UserId,
    ports::{StoreError, TaskStore},
};

use super::{
    Conn, Db,
    accounts::lock_user,
    schema::{tasks, users},
    task_list::list,
};
use crate::storage::{
    columns::{SqlDay, SqlTimestamp},
    error::{Corrupt, Failure, Result},
    replica::Freshness,
};

/// A task as it is read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = tasks)]
pub(super) struct TaskRow {
    id: i64,
    title: String,
    description: Option<String>,
    priority: i16,
    due_day: Option<SqlDay>,
    due_at: Option<SqlTimestamp>,
    version: i64,
    created_at: SqlTimestamp,
    updated_at: SqlTimestamp,
    completed_at: Option<SqlTimestamp>,
}

impl TryFrom<TaskRow> for Task {
    type Error = Corrupt;

    fn try_from(row: TaskRow) -> Result<Self, Corrupt> {
        let description = row.description.map(TaskDescription::new).transpose();
        Ok(Self {
            id: TaskId::new(row.id).map_err(|_| Corrupt("tasks.id"))?,
            title: TaskTitle::new(row.title).map_err(|_| Corrupt("tasks.title"))?,
            description: description.map_err(|_| Corrupt("tasks.description"))?,
            priority: priority_of(row.priority).ok_or(Corrupt("tasks.priority"))?,
            due: row.due_day.map(|SqlDay(day)| match row.due_at {
                Some(SqlTimestamp(at)) => Due::At { at, day },
                None => Due::Day(day),
            }),
            version: TaskVersion::new(row.version),
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
            completed_at: row.completed_at.map(|at| at.0),
        })
    }
}

/// A task as it is written.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = tasks, primary_key(user_id, id), treat_none_as_null = true)]
struct TaskValues<'a> {
    user_id: i64,
    id: i64,
    title: &'a str,
    description: Option<&'a str>,
    priority: i16,
    status: i16,
    due_day: Option<SqlDay>,
    due_at: Option<SqlTimestamp>,
    search_text: String,
    version: i64,
    created_at: SqlTimestamp,
    updated_at: SqlTimestamp,
    completed_at: Option<SqlTimestamp>,
}

impl<'a> TaskValues<'a> {
    fn of(user: UserId, task: &'a Task) -> Self {
        Self {
            user_id: user.get(),
            id: task.id.get(),
            title: task.title.as_str(),
            description: task.description.as_ref().map(TaskDescription::as_str),
            priority: priority_number(task.priority),
            status: status_number(task.status()),
            due_day: task.due.map(|due| SqlDay(due.day())),
            due_at: match task.due {
                Some(Due::At { at, .. }) => Some(SqlTimestamp(at)),
                Some(Due::Day(_)) | None => None,
            },
            search_text: search_text(task),
            version: task.version.get(),
            created_at: SqlTimestamp(task.created_at),
            updated_at: SqlTimestamp(task.updated_at),
            completed_at: task.completed_at.map(SqlTimestamp),
        }
    }
}

/// What a search looks at: lower case as [`todo_domain::SearchText::folded`] makes it. The
/// separator is one that nobody types, so that nothing matches across it.
fn search_text(task: &Task) -> String {
    let description = task.description.as_ref().map_or("", TaskDescription::as_str);
    format!("{}\u{1f}{}", task.title.as_str().to_lowercase(), description.to_lowercase())
}

pub(super) fn priority_number(priority: Priority) -> i16 {
    match priority {
        Priority::Low => 0,
        Priority::Medium => 1,
        Priority::High => 2,
    }
}

fn priority_of(number: i16) -> Option<Priority> {
    match number {
        0 => Some(Priority::Low),
        1 => Some(Priority::Medium),
        2 => Some(Priority::High),
        _ => None,
    }
}

pub(super) fn status_number(status: TaskStatus) -> i16 {
    match status {
        TaskStatus::Pending => 0,
        TaskStatus::Completed => 1,
    }
}

/// The tasks that some operations name, loaded at once and kept as the operations leave them.
/// Whoever carries out operations that write holds the lock of the user, and closes the desk.
pub(super) struct Desk {
    user: UserId,
    tasks: HashMap<TaskId, Task>,
    /// Numbers that are allotted and not yet used.
    numbers: Range<i64>,
    max: Capacity,
    /// How many more tasks the user may have: at least so many as there are numbers, unless the
    /// list is nearly full.
    room: u64,
}

impl Desk {
    /// Loads what the operations name and allots numbers for what they create.
    pub(super) async fn lay<'o>(
        conn: &mut Conn,
        user: UserId,
        max: Capacity,
        operations: impl Iterator<Item = &'o TaskOperation> + Clone,
    ) -> Result<Self> {
        let named = operations.clone().filter_map(|operation| match operation {
            TaskOperation::Act { target, .. } => Some(target.id.get()),
            _ => None,
        });
        let created = operations.filter(|operation| matches!(operation, TaskOperation::Create(_)));
        let tasks = load(conn, user, named.collect()).await?;
        let numbers = allot(conn, user, created.count() as i64).await?;
        let room = room(conn, user, max, &numbers).await?;
        Ok(Self { user, tasks, numbers, max, room })
    }

    /// Carries out one of the operations it was laid for, each at most once.
    pub(super) async fn carry_out(
        &mut self,
        conn: &mut Conn,
        operation: TaskOperation,
        now: Timestamp,
    ) -> Result<TaskOutcome> {
        let (outcome, write) = match operation {
            TaskOperation::List(query) => {
                (TaskOutcome::Listed(list(conn, self.user, &query).await?), None)
            }
            TaskOperation::Create(new) => new.decide(self.place()?, now),
            TaskOperation::Act { target, action } => {
                action.decide(&target, self.tasks.get(&target.id).cloned(), now)
            }
        };
        if let Some(write) = write {
            self.write(conn, write).await?;
        }
        Ok(outcome)
    }

    /// Gives back the numbers that nothing was created under: they are the last ones.
    pub(super) async fn close(self, conn: &mut Conn) -> Result<()> {
        if !self.numbers.is_empty() {
            diesel::update(users::table.find(self.user.get()))
                .set(users::last_task_number.eq(self.numbers.start - 1))
                .execute(conn)
                .await?;
        }
        Ok(())
    }

    fn place(&mut self) -> Result<NewTaskPlace> {
        if self.room == 0 {
            return Ok(NewTaskPlace::Full(self.max));
        }
        // One was allotted for each task that is created.
        let number = self.numbers.next().ok_or(Corrupt("users.last_task_number"))?;
        let id = TaskId::new(number).map_err(|_| Corrupt("users.last_task_number"))?;
        Ok(NewTaskPlace::Free(id))
    }

    async fn write(&mut self, conn: &mut Conn, write: TaskWrite) -> Result<()> {
        match write {
            TaskWrite::Insert(task) => {
                let values = TaskValues::of(self.user, &task);
                diesel::insert_into(tasks::table).values(values).execute(conn).await?;
                self.room -= 1;
                self.tasks.insert(task.id, task);
            }
            TaskWrite::Update(task) => {
                let row = tasks::table.find((self.user.get(), task.id.get()));
                let values = TaskValues::of(self.user, &task);
                diesel::update(row).set(values).execute(conn).await?;
                self.tasks.insert(task.id, task);
            }
            TaskWrite::Delete(id) => {
                let row = tasks::table.find((self.user.get(), id.get()));
                diesel::delete(row).execute(conn).await?;
                self.room += 1;
                self.tasks.remove(&id);
            }
        }
        Ok(())
    }
}

async fn load(conn: &mut Conn, user: UserId, ids: Vec<i64>) -> Result<HashMap<TaskId, Task>> {
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

/// Takes so many numbers from the user's counter.
async fn allot(conn: &mut Conn, user: UserId, count: i64) -> Result<Range<i64>> {
    if count == 0 {
        return Ok(1..1);
    }
    let last: Option<i64> = diesel::update(users::table.find(user.get()))
        .set(users::last_task_number.eq(users::last_task_number + count))
        .returning(users::last_task_number)
        .get_result(conn)
        .await
        .optional()?;
    last.map(|last| last + 1 - count..last + 1).ok_or(Failure::NoUser)
}

/// How many more tasks there may be. Numbers are never used again, so that nobody has more tasks
/// than numbers: only beyond the bound there is anything to count.
async fn room(conn: &mut Conn, user: UserId, max: Capacity, numbers: &Range<i64>) -> Result<u64> {
    let held: i64 = if numbers.end - 1 <= i64::from(max.get()) {
        numbers.start - 1
    } else {
        tasks::table.filter(tasks::user_id.eq(user.get())).count().get_result(conn).await?
    };
    Ok(max.room(held.unsigned_abs()))
}

async fn execute(
    conn: &mut Conn,
    user: UserId,
    max: Capacity,
    operation: TaskOperation,
    now: Timestamp,
) -> Result<TaskOutcome> {
    let mut desk = Desk::lay(conn, user, max, [&operation].into_iter()).await?;
    let outcome = desk.carry_out(conn, operation, now).await?;
    desk.close(conn).await?;
    Ok(outcome)
}

async fn locked(
    conn: &mut Conn,
    user: UserId,
    max: Capacity,
    operation: TaskOperation,
    now: Timestamp,
) -> Result<TaskOutcome> {
    lock_user(conn, user).await?;
    execute(conn, user, max, operation, now).await
}

#[async_trait]
impl TaskStore for Db {
    async fn execute(
        &self,
        user: UserId,
        operation: TaskOperation,
        now: Timestamp,
    ) -> Result<TaskOutcome, StoreError> {
        let max = self.capacities.tasks;
        match operation {
            TaskOperation::List(TaskQuery { total: Total::Unasked, .. })
            | TaskOperation::Act { action: TaskAction::Get, .. } => {
                self.select("task.read", Freshness::OwnWrites(user), move |conn| {
                    execute(conn, user, max, operation, now).boxed()
                })
                .await
            }
            TaskOperation::List(TaskQuery { total: Total::Counted, .. }) => {
                self.read("task.read", Freshness::OwnWrites(user), move |conn| {
                    execute(conn, user, max, operation, now).boxed()
                })
                .await
            }
            TaskOperation::Create(_) | TaskOperation::Act { .. } => {
                self.write("task.write", user, move |conn| {
                    locked(conn, user, max, operation, now).boxed()
                })
                .await
            }
        }
    }
}
