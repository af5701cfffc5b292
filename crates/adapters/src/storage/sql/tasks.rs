//! Tasks, and how operations on them are carried out.

use std::collections::HashMap;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use todo_domain::{
    Due, Priority, Task, TaskAction, TaskDescription, TaskId, TaskOperation, TaskOutcome,
    TaskQuery, TaskStatus, TaskTitle, TaskVersion, TaskWrite, Timestamp, Total, UserId,
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
pub(super) struct TaskValues<'a> {
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
    pub(super) fn of(user: UserId, task: &'a Task) -> Self {
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
/// Whoever carries out operations that write holds the lock of the user.
pub(super) struct Desk {
    user: UserId,
    tasks: HashMap<TaskId, Task>,
    last_number: i64,
}

impl Desk {
    /// Loads what the operations name and allots numbers for what they create.
    pub(super) async fn lay<'o>(
        conn: &mut Conn,
        user: UserId,
        operations: impl Iterator<Item = &'o TaskOperation> + Clone,
    ) -> Result<Self> {
        let named = operations.clone().filter_map(|operation| match operation {
            TaskOperation::Act { target, .. } => Some(target.id.get()),
            _ => None,
        });
        let created = operations.filter(|operation| matches!(operation, TaskOperation::Create(_)));
        Ok(Self {
            user,
            tasks: load(conn, user, named.collect()).await?,
            last_number: allot(conn, user, created.count() as i64).await?,
        })
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
            TaskOperation::Create(new) => {
                self.last_number += 1;
                let id = TaskId::new(self.last_number);
                let id = id.map_err(|_| Corrupt("users.last_task_number"))?;
                let (outcome, write) = new.decide(id, now);
                (outcome, Some(write))
            }
            TaskOperation::Act { target, action } => {
                action.decide(target, self.tasks.get(&target.id).cloned(), now)
            }
        };
        if let Some(write) = write {
            self.write(conn, write).await?;
        }
        Ok(outcome)
    }

    async fn write(&mut self, conn: &mut Conn, write: TaskWrite) -> Result<()> {
        match write {
            TaskWrite::Insert(task) => {
                let values = TaskValues::of(self.user, &task);
                diesel::insert_into(tasks::table).values(values).execute(conn).await?;
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

/// Takes so many numbers from the user's counter; returns the one before the first of them.
async fn allot(conn: &mut Conn, user: UserId, count: i64) -> Result<i64> {
    if count == 0 {
        return Ok(0);
    }
    let last: Option<i64> = diesel::update(users::table.find(user.get()))
        .set(users::last_task_number.eq(users::last_task_number + count))
        .returning(users::last_task_number)
        .get_result(conn)
        .await
        .optional()?;
    last.map(|last| last - count).ok_or(Failure::NoUser)
}

async fn execute(
    conn: &mut Conn,
    user: UserId,
    operation: TaskOperation,
    now: Timestamp,
) -> Result<TaskOutcome> {
    let mut desk = Desk::lay(conn, user, [&operation].into_iter()).await?;
    desk.carry_out(conn, operation, now).await
}

async fn locked(
    conn: &mut Conn,
    user: UserId,
    operation: TaskOperation,
    now: Timestamp,
) -> Result<TaskOutcome> {
    lock_user(conn, user).await?;
    execute(conn, user, operation, now).await
}

#[async_trait]
impl TaskStore for Db {
    async fn execute(
        &self,
        user: UserId,
        operation: TaskOperation,
        now: Timestamp,
    ) -> Result<TaskOutcome, StoreError> {
        match operation {
            TaskOperation::List(TaskQuery { total: Total::Unasked, .. })
            | TaskOperation::Act { action: TaskAction::Get, .. } => {
                self.select("task.read", Freshness::OwnWrites(user), move |conn| {
                    execute(conn, user, operation, now).boxed()
                })
                .await
            }
            TaskOperation::List(TaskQuery { total: Total::Counted, .. }) => {
                self.read("task.read", Freshness::OwnWrites(user), move |conn| {
                    execute(conn, user, operation, now).boxed()
                })
                .await
            }
            TaskOperation::Create(_) | TaskOperation::Act { .. } => {
                self.write("task.write", user, move |conn| {
                    locked(conn, user, operation, now).boxed()
                })
                .await
            }
        }
    }
}
