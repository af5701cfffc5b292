//! Which tasks of a list a query means, and in what order.

use std::cmp::Ordering;

use crate::{
    DueSpan, FoldedText, SearchText, Task, TaskCursor, TaskDescription, TaskFilter, TaskPage,
    TaskQuery, TaskStatus, Timestamp, Total,
};

/// The page that the query asks for at this time.
pub(super) fn page<'t>(
    tasks: impl Iterator<Item = &'t Task>,
    query: &TaskQuery,
    now: Timestamp,
) -> TaskPage {
    let span = DueSpan::of(&query.filter, &query.zone, now);
    let is_due = |task: &Task| {
        span.as_ref().is_none_or(|span| task.due.is_some_and(|due| span.contains(due)))
    };
    let mut found: Vec<(TaskCursor, &Task)> = tasks
        .filter(|task| admits(&query.filter, task) && is_due(task))
        .map(|task| (query.sort.cursor_of(task), task))
        .collect();
    let total = (query.total == Total::Counted).then_some(found.len() as u64);
    if let Some(after) = &query.after {
        found.retain(|(cursor, _)| query.compare(after, cursor) == Some(Ordering::Less));
    }
    // All of them have the sort's kind of key, so any two compare.
    found.sort_by(|(one, _), (other, _)| query.compare(one, other).unwrap_or(Ordering::Equal));
    let limit = usize::from(query.limit.get());
    let more = found.len() > limit;
    found.truncate(limit);
    TaskPage {
        total,
        next: found.last().filter(|_| more).map(|(cursor, _)| *cursor),
        tasks: found.into_iter().map(|(_, task)| task.clone()).collect(),
    }
}

/// What the filter asks but for due dates.
fn admits(filter: &TaskFilter, task: &Task) -> bool {
    filter.status.is_none_or(|status| status == task.status())
        && filter.priority.is_none_or(|priority| priority == task.priority)
        && filter.tags.iter().all(|tag| task.tags.contains(tag))
        && filter.text.as_ref().is_none_or(|text| mentions(task, text))
        && (!filter.overdue || task.status() == TaskStatus::Pending)
}

fn mentions(task: &Task, text: &SearchText) -> bool {
    let text = text.folded();
    let description = task.description.as_ref().map(TaskDescription::as_str);
    [Some(task.title.as_str()), description]
        .into_iter()
        .flatten()
        .any(|field| FoldedText::of(field).contains(&text))
}
