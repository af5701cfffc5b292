//! Lists of tasks: filters, orders, pages by key.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use todo_domain::{
    Direction, DueSpan, PageLimit, Task, TaskCursor, TaskFilter, TaskId, TaskPage, TaskQuery,
    TaskSortField, TaskSortKey, TaskStatus, Timestamp, Total, UserId,
};

use super::{
    Backend, Conn,
    due_list::{self, due_in},
    schema::tasks,
    search, split_page, tags,
    tasks::{TaskRow, priority_number, status_number},
};
use crate::storage::{columns::SqlTimestamp, error::Result};

/// A page of a user's tasks at this time.
pub(super) async fn list(
    conn: &mut Conn,
    user: UserId,
    query: &TaskQuery,
    now: Timestamp,
) -> Result<TaskPage> {
    let span = DueSpan::of(&query.filter, &query.zone, now);
    let all = || {
        let all = matching(user, &query.filter);
        if let Some(span) = &span { due_in(all, span) } else { all }
    };
    let (direction, after) = (query.sort.direction, query.after);
    let mut found = match query.sort.field {
        TaskSortField::Due => due_list::page(conn, user, query, span.as_ref()).await?,
        TaskSortField::CreatedAt => {
            let page = position(after, instant_key)
                .map(|after| ordered!(all(), tasks::created_at, direction, after));
            select(conn, page, query).await?
        }
        TaskSortField::UpdatedAt => {
            let page = position(after, instant_key)
                .map(|after| ordered!(all(), tasks::updated_at, direction, after));
            select(conn, page, query).await?
        }
        TaskSortField::Priority => {
            let page = position(after, priority_key)
                .map(|after| ordered!(all(), tasks::priority, direction, after));
            select(conn, page, query).await?
        }
    };
    found.total = match query.total {
        Total::Unasked => None,
        Total::Counted if after.is_none() && found.next.is_none() => Some(found.tasks.len() as u64),
        Total::Counted => {
            let count: i64 = all().count().get_result(conn).await?;
            Some(count.unsigned_abs())
        }
    };
    Ok(found)
}

/// Tasks after one of them, by number.
pub(super) async fn after(
    conn: &mut Conn,
    user: UserId,
    after: Option<TaskId>,
    limit: PageLimit,
) -> Result<Vec<Task>> {
    let rows: Vec<TaskRow> = tasks::table
        .filter(tasks::user_id.eq(user.get()))
        .filter(tasks::id.gt(after.map_or(0, TaskId::get)))
        .order(tasks::id)
        .limit(i64::from(limit.get()))
        .select(TaskRow::as_select())
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(Task::try_from).collect::<Result<_, _>>()?)
}

/// The rows of a page; an empty page for `None`, where the cursor's key is not of the order's kind:
/// nothing comes after that.
async fn select(conn: &mut Conn, page: Option<Tasks>, query: &TaskQuery) -> Result<TaskPage> {
    let Some(page) = page else { return Ok(TaskPage::default()) };
    let rows: Vec<TaskRow> = page
        .limit(i64::from(query.limit.get()) + 1)
        .select(TaskRow::as_select())
        .load(conn)
        .await?;
    let (rows, more) = split_page(rows, query.limit);
    let tasks = rows.into_iter().map(Task::try_from).collect::<Result<Vec<_>, _>>()?;
    let next = tasks.last().filter(|_| more).map(|task| query.sort.cursor_of(task));
    Ok(TaskPage { tasks, total: None, next })
}

pub(super) type Tasks = tasks::BoxedQuery<'static, Backend>;

/// What the filter lets pass, whatever the due date.
pub(super) fn matching(user: UserId, filter: &TaskFilter) -> Tasks {
    let mut query = tasks::table.filter(tasks::user_id.eq(user.get())).into_boxed();
    if let Some(status) = filter.status {
        query = query.filter(tasks::status.eq(status_number(status)));
    }
    if let Some(priority) = filter.priority {
        query = query.filter(tasks::priority.eq(priority_number(priority)));
    }
    for tag in &filter.tags {
        query = query.filter(tags::having(tag));
    }
    if let Some(text) = &filter.text {
        let position = |part: String| position_in!(tasks::search_text.nullable(), part);
        query = match search::wanted(text) {
            (folded, None) => query.filter(position(folded).gt(0)),
            (folded, Some(lower)) => query.filter(position(folded).gt(0).or(position(lower).gt(0))),
        };
    }
    if filter.overdue {
        query = query.filter(tasks::status.eq(status_number(TaskStatus::Pending)));
    }
    query
}

/// Orders by a column and the number, and starts after a key. The first comparison is implied by
/// the second; alone it is one that an index can begin at.
macro_rules! ordered {
    ($query:expr, $column:expr, $direction:expr, $after:expr) => {
        match ($direction, $after) {
            (Direction::Ascending, None) => $query.order(($column.asc(), tasks::id.asc())),
            (Direction::Descending, None) => $query.order(($column.desc(), tasks::id.desc())),
            (Direction::Ascending, Some((key, id))) => $query
                .filter($column.ge(key).and($column.gt(key).or(tasks::id.gt(id))))
                .order(($column.asc(), tasks::id.asc())),
            (Direction::Descending, Some((key, id))) => $query
                .filter($column.le(key).and($column.lt(key).or(tasks::id.lt(id))))
                .order(($column.desc(), tasks::id.desc())),
        }
    };
}

pub(super) use ordered;

/// What a page starts after: `Some(None)` for the first one.
fn position<K>(
    after: Option<TaskCursor>,
    key: impl Fn(TaskSortKey) -> Option<K>,
) -> Option<Option<(K, i64)>> {
    match after {
        None => Some(None),
        Some(cursor) => key(cursor.key).map(|key| Some((key, cursor.id.get()))),
    }
}

fn instant_key(key: TaskSortKey) -> Option<SqlTimestamp> {
    if let TaskSortKey::Instant(instant) = key { Some(SqlTimestamp(instant)) } else { None }
}

fn priority_key(key: TaskSortKey) -> Option<i16> {
    if let TaskSortKey::Priority(priority) = key { Some(priority_number(priority)) } else { None }
}
