//! Tasks as rows, and the door to them.

use async_trait::async_trait;
use diesel::prelude::*;
use futures_util::FutureExt;
use todo_domain::{
    Batch, BatchOutcome, BatchRefusal, Due, KeyedRequest, Priority, TagCount, Task,
    TaskDescription, TaskDone, TaskId, TaskPage, TaskQuery, TaskStatus, TaskTitle, TaskVersion,
    TimeZone, Timestamp, Total, UserId,
    ports::{StoreError, TaskStore},
};

use super::{Db, batch, schema::tasks, search, tags, task_batch::load, task_list::list};
use crate::storage::{
    columns::{SqlDay, SqlTimestamp},
    error::Corrupt,
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

#[async_trait]
impl TaskStore for Db {
    async fn list(
        &self,
        user: UserId,
        query: TaskQuery,
        now: Timestamp,
    ) -> Result<TaskPage, StoreError> {
        let (is_search, is_counted) = (query.filter.is_search(), query.total == Total::Counted);
        let freshness = Freshness::OwnWrites(user);
        if is_search {
            self.search("task.search", user, freshness, move |conn| {
                async move { list(conn, user, &query, now).await }.boxed()
            })
            .await
        } else if is_counted {
            self.read("task.read", freshness, move |conn| {
                async move { list(conn, user, &query, now).await }.boxed()
            })
            .await
        } else {
            self.select("task.read", freshness, move |conn| {
                async move { list(conn, user, &query, now).await }.boxed()
            })
            .await
        }
    }

    async fn get(&self, user: UserId, id: TaskId) -> Result<Option<Task>, StoreError> {
        self.select("task.read", Freshness::OwnWrites(user), move |conn| {
            async move { Ok(load(conn, user, vec![id.get()]).await?.remove(&id)) }.boxed()
        })
        .await
    }

    async fn change(
        &self,
        user: UserId,
        batch: Batch,
        now: Timestamp,
    ) -> Result<Result<Batch<TaskDone>, BatchRefusal>, StoreError> {
        let max = self.user_limits.tasks;
        self.write(unit_of(&batch), Written::RowsOf(user), move |conn| {
            batch::change(conn, user, max, batch, now).boxed()
        })
        .await
    }

    async fn change_once(
        &self,
        user: UserId,
        batch: Batch,
        request: KeyedRequest,
        now: Timestamp,
    ) -> Result<BatchOutcome, StoreError> {
        let max = self.user_limits.tasks;
        self.write(unit_of(&batch), Written::RowsOf(user), move |conn| {
            batch::change_once(conn, user, max, batch, request, now).boxed()
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

/// What a unit of work is called in metrics and logs.
const fn unit_of(batch: &Batch) -> &'static str {
    if batch.is_single() { "task.write" } else { "task.batch" }
}
