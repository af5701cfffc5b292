//! Pages of tasks, conversations and messages: which, in what order, how many, from where.
//!
//! Paging is by key: a cursor holds the sort key of the last row seen. Rows added meanwhile are
//! neither skipped nor shown twice; a row whose own sort key changes moves, and can.

use std::{cmp::Ordering, fmt, str::FromStr};

use jiff::civil::Date;

use crate::{
    ConversationId, Due, Priority, SearchText, Tags, Task, TaskDescription, TaskId, TaskStatus,
    TimeZone, Timestamp, beginning,
};

/// A page length outside its bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be from {} to {}", PageLimit::MIN.0, PageLimit::MAX.0)]
pub struct PageLimitError;

/// How many rows a page has at most: 1 to 100, 50 unless said otherwise (S46).
///
/// ```
/// use todo_domain::PageLimit;
///
/// assert_eq!(PageLimit::default().get(), 50);
/// assert!(PageLimit::new(0).is_err() && PageLimit::new(101).is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLimit(u16);

impl PageLimit {
    /// The shortest page, of one row.
    pub const MIN: Self = Self(1);
    /// The longest page, of 100 rows.
    pub const MAX: Self = Self(100);

    /// Checks and wraps a number of rows.
    ///
    /// # Errors
    /// [`PageLimitError`] outside 1 to 100.
    pub const fn new(rows: u16) -> Result<Self, PageLimitError> {
        if rows < Self::MIN.0 || rows > Self::MAX.0 { Err(PageLimitError) } else { Ok(Self(rows)) }
    }

    /// The number of rows.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl Default for PageLimit {
    fn default() -> Self {
        Self(50)
    }
}

/// Which tasks, in what order, how many, from where.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TaskQuery {
    /// Only those that match.
    pub filter: TaskFilter,
    /// In this order.
    pub sort: TaskSort,
    /// At most so many.
    pub limit: PageLimit,
    /// After this one. It has the sort's kind of key; with another kind the page is empty.
    pub after: Option<TaskCursor>,
    /// Whether to tell how many match in all.
    pub total: Total,
    /// Where the reader is: their days are meant by the filter, and by the order by due date.
    pub zone: TimeZone,
}

impl TaskQuery {
    /// Whether it matters where the reader is.
    #[must_use]
    pub fn asks_for_days(&self) -> bool {
        self.filter.asks_for_due() || self.sort.field == TaskSortField::Due
    }

    /// Which of two positions comes first; `None` where their keys are of different kinds.
    #[must_use]
    pub fn compare(&self, one: &TaskCursor, other: &TaskCursor) -> Option<Ordering> {
        let by_key = match (one.key, other.key) {
            (TaskSortKey::Instant(one), TaskSortKey::Instant(other)) => one.cmp(&other),
            (TaskSortKey::Priority(one), TaskSortKey::Priority(other)) => one.cmp(&other),
            // Tasks without a due date come last in both directions.
            (TaskSortKey::Due(Some(_)), TaskSortKey::Due(None)) => return Some(Ordering::Less),
            (TaskSortKey::Due(None), TaskSortKey::Due(Some(_))) => return Some(Ordering::Greater),
            (TaskSortKey::Due(one), TaskSortKey::Due(other)) => {
                let position = |due: Option<Due>| due.map(|due| due.sort_position(&self.zone));
                position(one).cmp(&position(other))
            }
            _ => return None,
        };
        let ordering = by_key.then(one.id.cmp(&other.id));
        Some(match self.sort.direction {
            Direction::Ascending => ordering,
            Direction::Descending => ordering.reverse(),
        })
    }
}

/// Whether a page tells how many tasks match in all. Finding out means to look at every one of
/// them, so only those ask who show the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Total {
    /// Nobody wants to know.
    #[default]
    Unasked,
    /// Count them.
    Counted,
}

/// Conditions that all hold; the default lets every task pass.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TaskFilter {
    /// Done or not.
    pub status: Option<TaskStatus>,
    /// Of this priority.
    pub priority: Option<Priority>,
    /// With each of these tags.
    pub tags: Tags,
    /// With this in title or description, in any case, literally.
    pub text: Option<SearchText>,
    /// Due on this day of the reader's or earlier. Tasks without a due date don't match.
    pub due_before: Option<Date>,
    /// Due on this day of the reader's or later. Tasks without a due date don't match.
    pub due_after: Option<Date>,
    /// Only those not done though their due date has passed ([`Due::has_passed`]) by the time of
    /// asking.
    pub overdue: bool,
}

impl TaskFilter {
    /// Whether it takes a look at the texts of all tasks of a user to find those that match: no index
    /// leads to them. A store lets each user look at one list so at a time.
    #[must_use]
    pub const fn is_search(&self) -> bool {
        self.text.is_some() || !self.tags.is_empty()
    }

    /// Whether it asks anything of due dates.
    #[must_use]
    pub const fn asks_for_due(&self) -> bool {
        self.due_before.is_some() || self.due_after.is_some() || self.overdue
    }
}

/// What tasks are ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskSortField {
    /// When they were created.
    CreatedAt,
    /// When they last changed.
    UpdatedAt,
    /// When they are due, as [`Due::sort_position`] says for the reader; tasks without a due date come
    /// last, in both directions.
    Due,
    /// How much they matter.
    Priority,
}

/// Which end comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The smallest, the earliest.
    Ascending,
    /// The greatest, the latest.
    Descending,
}

/// An order of tasks; equal ones go by number, in the same direction. Newest first unless said
/// otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskSort {
    /// By what.
    pub field: TaskSortField,
    /// Which end first.
    pub direction: Direction,
}

impl Default for TaskSort {
    fn default() -> Self {
        Self { field: TaskSortField::CreatedAt, direction: Direction::Descending }
    }
}

impl TaskSort {
    /// Every order.
    pub fn all() -> impl Iterator<Item = Self> {
        TaskSortField::ALL.into_iter().flat_map(|field| {
            [Direction::Ascending, Direction::Descending].map(|direction| Self { field, direction })
        })
    }

    /// Where a task stands in this order.
    #[must_use]
    pub fn cursor_of(self, task: &Task) -> TaskCursor {
        let key = match self.field {
            TaskSortField::CreatedAt => TaskSortKey::Instant(task.created_at),
            TaskSortField::UpdatedAt => TaskSortKey::Instant(task.updated_at),
            TaskSortField::Due => TaskSortKey::Due(task.due),
            TaskSortField::Priority => TaskSortKey::Priority(task.priority),
        };
        TaskCursor { key, id: task.id }
    }
}

impl fmt::Display for TaskSort {
    /// The form that [`TaskSort::from_str`] reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.direction {
            Direction::Ascending => "",
            Direction::Descending => "-",
        };
        write!(f, "{sign}{}", self.field.as_str())
    }
}

impl TaskSortField {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::CreatedAt, Self::UpdatedAt, Self::Due, Self::Priority];

    /// Its name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CreatedAt => "created_at",
            Self::UpdatedAt => "updated_at",
            Self::Due => "due",
            Self::Priority => "priority",
        }
    }
}

/// The text was not a [`TaskSort`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be created_at, updated_at, due or priority, or one of them after a minus sign")]
pub struct UnknownTaskSort;

impl FromStr for TaskSort {
    type Err = UnknownTaskSort;

    /// `created_at`, `updated_at`, `due` or `priority`, with a leading `-` for descending.
    fn from_str(text: &str) -> Result<Self, UnknownTaskSort> {
        let (name, direction) = match text.strip_prefix('-') {
            Some(name) => (name, Direction::Descending),
            None => (text, Direction::Ascending),
        };
        let field = TaskSortField::ALL.into_iter().find(|it| it.as_str() == name);
        field.map(|field| Self { field, direction }).ok_or(UnknownTaskSort)
    }
}

/// A task's position in an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskCursor {
    /// Its sort key.
    pub key: TaskSortKey,
    /// Its number, which tells equal keys apart.
    pub id: TaskId,
}

/// The values tasks are ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskSortKey {
    /// Of `created_at` and `updated_at`.
    Instant(Timestamp),
    /// Of `due`; `None` for a task without one. Where that is among the others depends on the
    /// reader, so that a cursor is good in any time zone.
    Due(Option<Due>),
    /// Of `priority`.
    Priority(Priority),
}

/// A page of tasks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TaskPage {
    /// The tasks, in the order asked for.
    pub tasks: Vec<Task>,
    /// How many match the filter, on this page or not; `None` where that was not asked.
    pub total: Option<u64>,
    /// Where the next page starts; `None` on the last one.
    pub next: Option<TaskCursor>,
}

/// How much of a listing a model is shown and the ledger keeps, in bytes of JSON.
pub const MAX_LISTING_BYTES: usize = 8 * 1024;
/// How much of a description a listing shows to a model, in characters.
pub const MAX_LISTED_DESCRIPTION: usize = 200;

impl TaskPage {
    /// The page with no more of each description than a model is shown. What is cut ends with an
    /// ellipsis. A page that was cut before stays as it is.
    #[must_use]
    pub fn shown(mut self) -> Self {
        for task in &mut self.tasks {
            let Some(whole) = &task.description else { continue };
            if whole.as_str().chars().nth(MAX_LISTED_DESCRIPTION + 1).is_some() {
                let cut = format!("{}…", beginning(whole.as_str(), MAX_LISTED_DESCRIPTION));
                task.description = TaskDescription::new(cut).ok();
            }
        }
        self
    }

    /// The [shown](Self::shown) page with as many tasks as fit into [`MAX_LISTING_BYTES`] by their
    /// titles, descriptions and tags: for a ledger that is not kept as JSON.
    #[must_use]
    pub fn recordable(self) -> Self {
        let mut page = self.shown();
        let text = |task: &Task| {
            let description = task.description.as_ref().map_or(0, |it| it.as_str().len());
            let tags = task.tags.iter().map(|tag| tag.as_str().len() + 1).sum::<usize>();
            task.title.as_str().len() + description + tags
        };
        let mut room = MAX_LISTING_BYTES;
        let fitting = page.tasks.iter().map_while(|task| {
            room = room.checked_sub(text(task))?;
            Some(())
        });
        page.tasks.truncate(fitting.count());
        page
    }
}

/// A conversation's position in the list, latest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConversationCursor {
    /// When it was last touched.
    pub updated_at: Timestamp,
    /// Tells equal instants apart.
    pub id: ConversationId,
}

/// A message's position in its conversation: 1, 2, 3 … in the order of saying.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MessageCursor(i64);

impl MessageCursor {
    /// Wraps a position.
    #[must_use]
    pub const fn new(position: i64) -> Self {
        Self(position)
    }

    /// The position.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_order_reads_back() {
        for text in TaskSort::all().map(|sort| sort.to_string()) {
            assert_eq!(text.parse().map(|sort: TaskSort| sort.to_string()), Ok(text));
        }
    }
}
