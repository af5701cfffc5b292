//! `list_tasks`

use serde::Deserialize;
use serde_json::{Value, json};
use todo_domain::{
    CallOperation, Date, PageLimit, SearchText, TaskFilter, TaskQuery, TaskStatus, TimeZone, Total,
    is_blank,
};

use super::{Tool, arguments as args};

/// How many tasks a listing shows at most.
pub const MAX_LISTED: u16 = 50;

pub(super) const TOOL: Tool = Tool {
    name: "list_tasks",
    description: "List the user's tasks, newest first, to show them or to find the number of one.",
    parameters,
    parse,
};

/// Which tasks are meant.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    status: Option<Status>,
    priority: Option<String>,
    tags: Option<Vec<String>>,
    query: Option<String>,
    due_before: Option<String>,
    due_after: Option<String>,
    overdue: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    All,
    Pending,
    Completed,
}

/// The fields of a filter.
pub(super) fn filter_fields() -> Value {
    json!({
        "status": { "type": "string", "enum": ["all", "pending", "completed"] },
        "priority": args::priority_schema(),
        "tags": args::tags_schema("Only tasks that have all of these tags"),
        "query": { "type": "string", "description": "Only tasks with this text in title or description" },
        "due_before": args::day_schema("Only tasks due on this day of the user's or earlier"),
        "due_after": args::day_schema("Only tasks due on this day of the user's or later"),
        "overdue": { "type": "boolean", "description": "Only pending tasks whose due day or time has passed" },
    })
}

fn parameters() -> Value {
    args::object(&filter_fields(), &["status"])
}

fn parse(arguments: args::Arguments, zone: &TimeZone) -> Result<CallOperation, String> {
    query(arguments, zone).map(CallOperation::List)
}

/// The tasks that the fields of a filter mean, for a user in this zone.
pub(super) fn query(arguments: args::Arguments, zone: &TimeZone) -> Result<TaskQuery, String> {
    let Filter { status, priority, tags, query, due_before, due_after, overdue } =
        args::read(arguments)?;
    let filter = TaskFilter {
        status: match status {
            None | Some(Status::All) => None,
            Some(Status::Pending) => Some(TaskStatus::Pending),
            Some(Status::Completed) => Some(TaskStatus::Completed),
        },
        priority: args::priority(priority.as_deref())?,
        tags: args::tags("tags", tags)?.unwrap_or_default(),
        text: query
            .filter(|text| !is_blank(text))
            .map(|text| args::field("query", SearchText::new(text)))
            .transpose()?,
        due_before: day("due_before", due_before.as_deref())?,
        due_after: day("due_after", due_after.as_deref())?,
        overdue: overdue.unwrap_or_default(),
    };
    let limit = args::field("limit", PageLimit::new(MAX_LISTED))?;
    let zone = zone.clone();
    Ok(TaskQuery { filter, limit, total: Total::Counted, zone, ..TaskQuery::default() })
}

fn day(name: &str, text: Option<&str>) -> Result<Option<Date>, String> {
    text.map(|text| {
        text.trim().parse().map_err(|_| format!("{name} must be a day such as 2026-11-27"))
    })
    .transpose()
}
