//! Tasks as rows, and the door to them.

use async_trait::async_trait;
use diesel::prelude::*;
use futures_util::FutureExt;
use todo_domain::{
    Batch, BatchOutcome, Due, KeyedRequest, Priority, TagCount, Task, TaskAction, TaskDescription,
    TaskId, TaskOperation, TaskOutcome, TaskQuery, TaskStatus, TaskTitle, TaskVersion, TimeZone,
    Timestamp, Total, UserId, UserLimit,
    ports::{StoreError, TaskStore},
};

use super::{
    Conn, Db,
    accounts::lock_user,
    batch::execute_all,
    schema::tasks,
    search, tags,
    task_batch::{Prefetch, TaskBatch},
};
use crate::storage::{
    columns::{SqlDay, SqlTimestamp},
    error::{Corrupt, Result},
    observers::Written,
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
    tags: String,
}

impl TryFrom<TaskRow> for Task {
    type Error = Corrupt;

    fn try_from(row: TaskRow) -> Result<Self, Corrupt> {
        let description = row.description.map(TaskDescription::stored).transpose();
        Ok(Self {
            id: TaskId::new(row.id).map_err(|_| Corrupt("tasks.id"))?,
            title: TaskTitle::stored(row.title).map_err(|_| Corrupt("tasks.title"))?,
            description: description.map_err(|_| Corrupt("tasks.description"))?,
            priority: priority_of(row.priority).ok_or(Corrupt("tasks.priority"))?,
            due: match (row.due_at, row.due_day) {
                (Some(SqlTimestamp(at)), _) => Some(Due::At(at)),
                (None, day) => day.map(|SqlDay(day)| Due::Day(day)),
            },
            tags: tags::tags_of(&row.tags)?,
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
    tags: String,
}

impl<'a> TaskValues<'a> {
    pub(super) fn of(user: UserId, task: &'a Task) -> Self {
        let description = task.description.as_ref().map(TaskDescription::as_str);
        Self {
            user_id: user.get(),
            id: task.id.get(),
            title: task.title.as_str(),
            description,
            priority: priority_number(task.priority),
            status: status_number(task.status()),
            // For an instant this is what versions go by that do not know how else.
            due_day: task.due.map(|due| SqlDay(due.day_in(&TimeZone::UTC))),
            due_at: match task.due {
                Some(Due::At(at)) => Some(SqlTimestamp(at)),
                Some(Due::Day(_)) | None => None,
            },
            search_text: search::column_of_task(&task.tags, task.title.as_str(), description),
            version: task.version.get(),
            created_at: SqlTimestamp(task.created_at),
            updated_at: SqlTimestamp(task.updated_at),
            completed_at: task.completed_at.map(SqlTimestamp),
            tags: tags::column_of(&task.tags),
        }
    }
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

async fn execute(
    conn: &mut Conn,
    user: UserId,
    max: UserLimit,
    operation: TaskOperation,
    now: Timestamp,
) -> Result<TaskOutcome> {
    let mut batch = TaskBatch::load(conn, user, max, Prefetch::of(&operation).into_iter()).await?;
    let outcome = batch.carry_out(conn, operation, now).await?;
    batch.close(conn).await?;
    Ok(outcome)
}

async fn locked(
    conn: &mut Conn,
    user: UserId,
    max: UserLimit,
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
        let max = self.user_limits.tasks;
        match operation {
            TaskOperation::List(ref query) if query.filter.is_search() => {
                self.search("task.search", user, Freshness::OwnWrites(user), move |conn| {
                    execute(conn, user, max, operation, now).boxed()
                })
                .await
            }
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
                self.write("task.write", Written::RowsOf(user), move |conn| {
                    locked(conn, user, max, operation, now).boxed()
                })
                .await
            }
        }
    }

    async fn execute_all(
        &self,
        user: UserId,
        batch: Batch,
        keyed: Option<KeyedRequest>,
        now: Timestamp,
    ) -> Result<BatchOutcome, StoreError> {
        let max = self.user_limits.tasks;
        self.write("task.batch", Written::RowsOf(user), move |conn| {
            execute_all(conn, user, max, batch, keyed, now).boxed()
        })
        .await
    }

    async fn tags(&self, user: UserId) -> Result<Vec<TagCount>, StoreError> {
        self.search("task.tags", user, Freshness::OwnWrites(user), move |conn| {
            tags::counts(conn, user).boxed()
        })
        .await
    }
}
