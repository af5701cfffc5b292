//! Lists of tasks: filters, orders, pages by key.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use todo_domain::{
    Direction, PageLimit, SearchText, Task, TaskCursor, TaskFilter, TaskId, TaskPage, TaskQuery,
    TaskSort, TaskSortField, TaskSortKey, Total, UserId,
};

use super::{
    Backend, Conn, cut,
    schema::tasks,
    tags,
    tasks::{TaskRow, priority_number, status_number},
};
use crate::storage::{
    columns::{SqlDay, SqlDayKey, SqlTimestamp},
    error::Result,
};

/// A page of a user's tasks.
pub(super) async fn list(conn: &mut Conn, user: UserId, query: &TaskQuery) -> Result<TaskPage> {
    let mut found = match page(matching(user, &query.filter), query.sort, query.after) {
        Some(page) => select(conn, page, query).await?,
        None => TaskPage::default(),
    };
    found.total = match query.total {
        Total::Unasked => None,
        Total::Counted if query.after.is_none() && found.next.is_none() => {
            Some(found.tasks.len() as u64)
        }
        Total::Counted => {
            let count: i64 = matching(user, &query.filter).count().get_result(conn).await?;
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

async fn select(conn: &mut Conn, page: Tasks, query: &TaskQuery) -> Result<TaskPage> {
    let rows: Vec<TaskRow> = page
        .limit(i64::from(query.limit.get()) + 1)
        .select(TaskRow::as_select())
        .load(conn)
        .await?;
    let (rows, more) = cut(rows, query.limit);
    let tasks = rows.into_iter().map(Task::try_from).collect::<Result<Vec<_>, _>>()?;
    let next = tasks.last().filter(|_| more).map(|task| query.sort.cursor_of(task));
    Ok(TaskPage { tasks, total: None, next })
}

type Tasks = tasks::BoxedQuery<'static, Backend>;

fn matching(user: UserId, filter: &TaskFilter) -> Tasks {
    let mut query = tasks::table.filter(tasks::user_id.eq(user.get())).into_boxed();
    if let Some(status) = filter.status {
        query = query.filter(tasks::status.eq(status_number(status)));
    }
    if let Some(priority) = filter.priority {
        query = query.filter(tasks::priority.eq(priority_number(priority)));
    }
    for tag in &filter.tags {
        query = query.filter(tasks::tags.like(tags::having(tag)).escape('\\'));
    }
    if let Some(text) = &filter.text {
        query = query.filter(tasks::search_text.like(pattern(text)).escape('\\'));
    }
    // A task without a day compares as null, which is no match.
    if let Some(day) = filter.due_before {
        query = query.filter(tasks::due_day.le(SqlDay(day)));
    }
    if let Some(day) = filter.due_after {
        query = query.filter(tasks::due_day.ge(SqlDay(day)));
    }
    query
}

/// A LIKE pattern that takes the text literally.
pub(super) fn pattern(text: &SearchText) -> String {
    format!("%{}%", literal(text.folded().as_str()))
}

/// The part of a LIKE pattern that takes the text literally.
pub(super) fn literal(text: &str) -> String {
    let mut pattern = String::new();
    for character in text.chars() {
        if matches!(character, '\\' | '%' | '_') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
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

/// `None` where the cursor's key is not of the order's kind: nothing comes after that.
fn page(query: Tasks, sort: TaskSort, after: Option<TaskCursor>) -> Option<Tasks> {
    let direction = sort.direction;
    Some(match (sort.field, direction) {
        (TaskSortField::CreatedAt, _) => {
            ordered!(query, tasks::created_at, direction, place(after, instant_key)?)
        }
        (TaskSortField::UpdatedAt, _) => {
            ordered!(query, tasks::updated_at, direction, place(after, instant_key)?)
        }
        (TaskSortField::Priority, _) => {
            ordered!(query, tasks::priority, direction, place(after, priority_key)?)
        }
        (TaskSortField::Due, Direction::Ascending) => {
            let key = |key| day_key(key, SqlDayKey::AfterAll);
            ordered!(query, tasks::due_first, direction, place(after, key)?)
        }
        (TaskSortField::Due, Direction::Descending) => {
            let key = |key| day_key(key, SqlDayKey::BeforeAll);
            ordered!(query, tasks::due_last, direction, place(after, key)?)
        }
    })
}

/// What a page starts after: `Some(None)` for the first one.
fn place<K>(
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

fn day_key(key: TaskSortKey, none: SqlDayKey) -> Option<SqlDayKey> {
    if let TaskSortKey::Day(day) = key { Some(day.map_or(none, SqlDayKey::On)) } else { None }
}
