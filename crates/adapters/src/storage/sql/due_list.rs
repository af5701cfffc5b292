//! Tasks in the order of their due dates. Where an instant stands among days depends on the
//! reader, so that no column has this order: days and instants are read each in an order of their
//! own, which an index has, and put together here.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use todo_domain::{
    Direction, Due, DueSpan, Task, TaskCursor, TaskPage, TaskQuery, TaskSortKey, UserId,
};

use super::{
    Conn,
    schema::tasks,
    split_page,
    task_list::{Tasks, matching, ordered},
    tasks::TaskRow,
};
use crate::storage::{
    columns::{SqlDay, SqlDayKey, SqlTimestamp},
    error::Result,
};

/// The tasks whose due dates are in the span.
pub(super) fn due_in(query: Tasks, span: &DueSpan) -> Tasks {
    let (first, last) = (SqlDay(*span.days.start()), SqlDay(*span.days.end()));
    let (from, to) = (SqlTimestamp(*span.instants.start()), SqlTimestamp(*span.instants.end()));
    query.filter(
        tasks::due_at
            .is_null()
            .and(tasks::due_first.between(first, last))
            .or(tasks::due_at.between(from, to)),
    )
}

/// A page in the order of due dates.
pub(super) async fn page(
    conn: &mut Conn,
    user: UserId,
    query: &TaskQuery,
    span: Option<&DueSpan>,
) -> Result<TaskPage> {
    let Some(starts) = Starts::of(query) else { return Ok(TaskPage::default()) };
    let matching = || matching(user, &query.filter);
    let rows = i64::from(query.limit.get()) + 1;
    let direction = query.sort.direction;
    let days = days(matching(), direction, span, starts.days);
    let days = days.limit(rows).select(TaskRow::as_select());
    let found: Vec<TaskRow> = match starts.instants {
        // One statement, so that both are of one state of the database.
        Some(start) => {
            let instants = instants(matching(), direction, span, start);
            days.union_all(instants.limit(rows).select(TaskRow::as_select())).load(conn).await?
        }
        None => days.load(conn).await?,
    };
    let tasks = found.into_iter().map(Task::try_from).collect::<Result<Vec<_>, _>>()?;
    Ok(first_of(tasks, query))
}

/// Tasks due on a day, and after them those without a due date.
fn days(
    matching: Tasks,
    direction: Direction,
    span: Option<&DueSpan>,
    start: Option<(SqlDayKey, i64)>,
) -> Tasks {
    let mut query = matching.filter(tasks::due_at.is_null());
    let span = span.map(|span| (SqlDay(*span.days.start()), SqlDay(*span.days.end())));
    match direction {
        Direction::Ascending => {
            if let Some((first, last)) = span {
                query = query.filter(tasks::due_first.between(first, last));
            }
            ordered!(query, tasks::due_first, direction, start)
        }
        Direction::Descending => {
            if let Some((first, last)) = span {
                query = query.filter(tasks::due_last.between(first, last));
            }
            ordered!(query, tasks::due_last, direction, start)
        }
    }
}

/// Tasks due at an instant.
fn instants(
    matching: Tasks,
    direction: Direction,
    span: Option<&DueSpan>,
    start: Option<(SqlTimestamp, i64)>,
) -> Tasks {
    let mut query = matching.filter(tasks::due_at.is_not_null());
    if let Some(span) = span {
        let (from, to) = (*span.instants.start(), *span.instants.end());
        query = query.filter(tasks::due_at.between(SqlTimestamp(from), SqlTimestamp(to)));
    }
    ordered!(query, tasks::due_at, direction, start)
}

/// The keys that a page starts after, `None` at the beginning.
struct Starts {
    days: Option<(SqlDayKey, i64)>,
    /// `None` where no instant comes after the cursor.
    instants: Option<Option<(SqlTimestamp, i64)>>,
}

impl Starts {
    /// `None` where the cursor's key is not of this order: nothing comes after that.
    fn of(query: &TaskQuery) -> Option<Self> {
        let Some(TaskCursor { key, id }) = query.after else {
            return Some(Self { days: None, instants: Some(None) });
        };
        let TaskSortKey::Due(due) = key else { return None };
        let id = id.get();
        let is_ascending = query.sort.direction == Direction::Ascending;
        Some(match due {
            Some(Due::Day(day)) => Self {
                days: Some((SqlDayKey::On(day), id)),
                instants: match query.zone.start_of(day) {
                    // Before the first number, so that the start itself is after the day.
                    Some(start) => Some(Some((SqlTimestamp(start), BEFORE_ALL))),
                    // All instants are before such a day.
                    None => (!is_ascending).then_some(None),
                },
            },
            Some(Due::At(at)) => Self {
                // After the last number, so that the day itself is before its instants.
                days: Some((SqlDayKey::On(query.zone.day_of(at)), AFTER_ALL)),
                instants: Some(Some((SqlTimestamp(at), id))),
            },
            None => {
                let end = if is_ascending { SqlDayKey::AfterAll } else { SqlDayKey::BeforeAll };
                Self { days: Some((end, id)), instants: None }
            }
        })
    }
}

/// Beside the numbers that tasks have.
const BEFORE_ALL: i64 = 0;
const AFTER_ALL: i64 = i64::MAX;

/// The first of these tasks in their order.
fn first_of(tasks: Vec<Task>, query: &TaskQuery) -> TaskPage {
    let mut sorted: Vec<(TaskCursor, Task)> =
        tasks.into_iter().map(|task| (query.sort.cursor_of(&task), task)).collect();
    // All have the same kind of key, so any two compare.
    sorted.sort_by(|(one, _), (other, _)| {
        query.compare(one, other).unwrap_or(std::cmp::Ordering::Equal)
    });
    let (sorted, more) = split_page(sorted, query.limit);
    TaskPage {
        total: None,
        next: sorted.last().filter(|_| more).map(|(cursor, _)| *cursor),
        tasks: sorted.into_iter().map(|(_, task)| task).collect(),
    }
}
