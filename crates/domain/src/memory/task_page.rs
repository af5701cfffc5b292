//! Which tasks of a list a query means, and in what order.

use std::cmp::Ordering;

use crate::{
    Direction, FoldedText, SearchText, Task, TaskCursor, TaskDescription, TaskFilter, TaskPage,
    TaskQuery, TaskSort, TaskSortKey, Total,
};

/// The page that the query asks for.
pub(super) fn page<'t>(tasks: impl Iterator<Item = &'t Task>, query: &TaskQuery) -> TaskPage {
    let mut found: Vec<(TaskCursor, &Task)> = tasks
        .filter(|task| admits(&query.filter, task))
        .map(|task| (query.sort.cursor_of(task), task))
        .collect();
    let total = (query.total == Total::Counted).then_some(found.len() as u64);
    if let Some(after) = &query.after {
        found.retain(|(place, _)| compare(query.sort, after, place) == Some(Ordering::Less));
    }
    // All of them have the sort's kind of key, so any two compare.
    found
        .sort_by(|(one, _), (other, _)| compare(query.sort, one, other).unwrap_or(Ordering::Equal));
    let limit = usize::from(query.limit.get());
    let more = found.len() > limit;
    found.truncate(limit);
    TaskPage {
        total,
        next: found.last().filter(|_| more).map(|(place, _)| *place),
        tasks: found.into_iter().map(|(_, task)| task.clone()).collect(),
    }
}

fn admits(filter: &TaskFilter, task: &Task) -> bool {
    let day = task.due.map(|due| due.day());
    filter.status.is_none_or(|status| status == task.status())
        && filter.priority.is_none_or(|priority| priority == task.priority)
        && filter.tags.iter().all(|tag| task.tags.contains(tag))
        && filter.text.as_ref().is_none_or(|text| mentions(task, text))
        && filter.due_before.is_none_or(|last| day.is_some_and(|day| day <= last))
        && filter.due_after.is_none_or(|first| day.is_some_and(|day| day >= first))
}

fn mentions(task: &Task, text: &SearchText) -> bool {
    let text = text.folded();
    let description = task.description.as_ref().map(TaskDescription::as_str);
    [Some(task.title.as_str()), description]
        .into_iter()
        .flatten()
        .any(|place| FoldedText::of(place).contains(&text))
}

/// Which of two places comes first; `None` where their keys are of different kinds.
fn compare(sort: TaskSort, one: &TaskCursor, other: &TaskCursor) -> Option<Ordering> {
    let by_key = match (one.key, other.key) {
        (TaskSortKey::Instant(one), TaskSortKey::Instant(other)) => one.cmp(&other),
        (TaskSortKey::Priority(one), TaskSortKey::Priority(other)) => one.cmp(&other),
        // Tasks without a day come last in both directions.
        (TaskSortKey::Day(Some(_)), TaskSortKey::Day(None)) => return Some(Ordering::Less),
        (TaskSortKey::Day(None), TaskSortKey::Day(Some(_))) => return Some(Ordering::Greater),
        (TaskSortKey::Day(one), TaskSortKey::Day(other)) => one.cmp(&other),
        _ => return None,
    };
    let ordering = by_key.then(one.id.cmp(&other.id));
    Some(match sort.direction {
        Direction::Ascending => ordering,
        Direction::Descending => ordering.reverse(),
    })
}
