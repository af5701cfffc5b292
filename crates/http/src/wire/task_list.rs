//! Which tasks, in what order, how many, from where.

use serde::Deserialize;
use todo_domain::{SearchText, TaskFilter, TaskQuery, TaskSort, TimeZone, Total};
use utoipa::IntoParams;

use super::{cursor, day, sort::Sort, tag};
use crate::error::{Fault, Fields, one_of};

/// The query string of the list of tasks.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct TaskListQuery {
    /// Only those done, or only those to do.
    #[param(value_type = Option<super::task::TaskStatus>, inline)]
    status: Option<String>,
    /// Only those of this priority.
    #[param(value_type = Option<super::task::Priority>, inline)]
    priority: Option<String>,
    /// Only those with this tag, or with all of several, with commas between them.
    #[param(min_length = 1, example = "home,garden")]
    tag: Option<String>,
    /// Only those with this in title or description, in any case, taken literally.
    #[param(min_length = 1, max_length = 200, pattern = r"\S", example = "report")]
    q: Option<String>,
    /// Only those due on this day or earlier, in your time zone.
    #[param(format = Date, example = "2026-11-30")]
    due_before: Option<String>,
    /// Only those due on this day or later, in your time zone.
    #[param(format = Date, example = "2026-11-01")]
    due_after: Option<String>,
    /// With `true`, only those to do whose due date has passed: a day once the next one has begun
    /// in your time zone, an instant from then on. With `false`, all the same.
    #[param(value_type = Option<bool>)]
    overdue: Option<String>,
    /// The order: `created_at`, `updated_at`, `due` or `priority`, after a `-` for the greatest
    /// first. By `due` it goes by the day in your time zone, a day before the times on it, then by
    /// the instant. Tasks without a due date come last either way.
    /// `-created_at` if absent.
    #[param(value_type = Option<Sort>, inline, example = "due")]
    sort: Option<String>,
    /// How many on a page.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 100, default = 50)]
    limit: Option<String>,
    /// Where a page starts, from the `Link` of the one before.
    cursor: Option<String>,
}

impl TaskListQuery {
    /// What is asked for, of a reader in UTC.
    pub(crate) fn parse(self, fields: &mut Fields) -> Option<TaskQuery> {
        let status = fields.parse_optional("status", self.status.as_deref(), str::parse);
        let priority = fields.parse_optional("priority", self.priority.as_deref(), str::parse);
        let tags = fields.parse_optional("tag", self.tag.as_deref(), tag::of_query);
        let text = fields.parse_optional("q", self.q.as_deref(), SearchText::new);
        let due_before =
            fields.parse_optional("due_before", self.due_before.as_deref(), day::of_query);
        let due_after =
            fields.parse_optional("due_after", self.due_after.as_deref(), day::of_query);
        let overdue = fields.parse_optional("overdue", self.overdue.as_deref(), switch);
        let sort = fields.parse_optional("sort", self.sort.as_deref(), str::parse);
        let limit = fields.parse_optional("limit", self.limit.as_deref(), cursor::limit);
        // Without an order there is nothing to hold a cursor against.
        let order: Option<TaskSort> = sort.map(Option::unwrap_or_default);
        let after = order.and_then(|order| {
            fields.parse_optional("cursor", self.cursor.as_deref(), |text| {
                cursor::to_tasks(text, order)
            })
        });
        Some(TaskQuery {
            filter: TaskFilter {
                status: status?,
                priority: priority?,
                tags: tags?.unwrap_or_default(),
                text: text?,
                due_before: due_before?,
                due_after: due_after?,
                overdue: overdue?.unwrap_or_default(),
            },
            sort: order?,
            limit: limit?.unwrap_or_default(),
            after: after?,
            total: Total::Unasked,
            zone: TimeZone::UTC,
        })
    }
}

fn switch(text: &str) -> Result<bool, Fault> {
    text.parse().map_err(|_| Fault::new(one_of([true, false]), "must be true or false"))
}
