//! What tools answer. It is read leniently: what is missing or unknown is passed over, and what
//! can't be read at all is said to be so.

use serde_json::Value;
use todo_domain::{Due, Priority, TaskId, TimeZone};

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Something is so now, or was already.
    Done(Deed, SeenTask),
    /// The tasks asked for.
    Listed(Page),
    /// All that a call did that named no tasks, in order.
    Each(Vec<Outcome>),
    /// It was done to so many tasks, of so many: too many to be listed one by one.
    Many { done: u64, of: u64 },
    /// It was not done, and why.
    Refused { task: Option<TaskId>, code: String, message: String },
    /// Nobody can tell.
    Unreadable,
}

/// What was done to a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    Created,
    Updated,
    Completed,
    Reopened,
    Deleted,
    Restored,
    Unchanged,
    AlreadyCompleted,
    AlreadyPending,
    Found,
}

/// A task as a tool shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SeenTask {
    pub(super) id: TaskId,
    pub(super) title: String,
    pub(super) description: Option<String>,
    pub(super) priority: Priority,
    pub(super) done: bool,
    pub(super) due: Option<Due>,
    pub(super) tags: Vec<String>,
}

/// Tasks of a list, perhaps not all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) tasks: Vec<SeenTask>,
    pub(super) total: u64,
}

impl Page {
    /// Whether there are more tasks than are shown.
    pub(super) fn is_cut(&self) -> bool {
        self.total > self.tasks.len() as u64
    }
}

impl Outcome {
    /// What came of a call: one outcome, or one for each of the tasks that it named.
    pub(super) fn read(content: &str, zone: &TimeZone) -> Vec<Self> {
        let value: Value = serde_json::from_str(content).unwrap_or_default();
        let one = |value: &Value| outcome(value, zone).unwrap_or(Self::Unreadable);
        let number = |name: &str| value.get(name).and_then(Value::as_u64);
        if let (Some(done), Some(of)) = (number("ok"), number("total")) {
            return vec![Self::Many { done, of }];
        }
        match value.get("results").and_then(Value::as_array) {
            Some(results) => results.iter().map(one).collect(),
            None => vec![one(&value)],
        }
    }
}

fn outcome(value: &Value, zone: &TimeZone) -> Option<Outcome> {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    if let Some(code) = text("error") {
        let message = text("message").unwrap_or_default().to_owned();
        let task = value.get("task_id").and_then(Value::as_i64);
        let task = task.and_then(|id| TaskId::new(id).ok());
        return Some(Outcome::Refused { task, code: code.to_owned(), message });
    }
    let deed = match text("outcome")? {
        "listed" => {
            let tasks = value.get("tasks")?.as_array()?.iter().filter_map(|seen| task(seen, zone));
            let tasks: Vec<_> = tasks.collect();
            let total = value.get("total").and_then(Value::as_u64).unwrap_or(tasks.len() as u64);
            return Some(Outcome::Listed(Page { total: total.max(tasks.len() as u64), tasks }));
        }
        "created" => Deed::Created,
        "updated" => Deed::Updated,
        "completed" => Deed::Completed,
        "reopened" => Deed::Reopened,
        "deleted" => Deed::Deleted,
        "restored" => Deed::Restored,
        "unchanged" => Deed::Unchanged,
        "already_completed" => Deed::AlreadyCompleted,
        "already_pending" => Deed::AlreadyPending,
        "found" => Deed::Found,
        _ => return None,
    };
    Some(Outcome::Done(deed, task(value.get("task")?, zone)?))
}

fn task(value: &Value, zone: &TimeZone) -> Option<SeenTask> {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    Some(SeenTask {
        id: TaskId::new(value.get("id")?.as_i64()?).ok()?,
        title: text("title")?.split_whitespace().collect::<Vec<_>>().join(" "),
        description: text("description").map(str::to_owned),
        priority: text("priority").and_then(|name| name.parse().ok()).unwrap_or_default(),
        done: text("status") == Some("completed"),
        due: text("due").and_then(|due| Due::parse(due, zone).ok()),
        tags: value.get("tags").and_then(Value::as_array).map_or_else(Vec::new, |tags| {
            tags.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &str) -> Outcome {
        let mut outcomes = Outcome::read(content, &TimeZone::UTC);
        assert_eq!(outcomes.len(), 1);
        outcomes.remove(0)
    }

    #[test]
    fn several_tasks_have_an_outcome_each() {
        let content = r#"{"results":[
            {"task_id":3,"outcome":"deleted","task":{"id":3,"title":"call mom"}},
            {"task_id":9,"error":"task_not_found","message":"There is no task 9."},
            {}
        ]}"#;
        let outcomes = Outcome::read(content, &TimeZone::UTC);
        assert!(matches!(
            &outcomes[..],
            [Outcome::Done(Deed::Deleted, _), Outcome::Refused { .. }, Outcome::Unreadable]
        ));
    }

    #[test]
    fn a_task_needs_no_more_than_a_number_and_a_title() {
        let Outcome::Done(Deed::Created, task) =
            read(r#"{"outcome":"created","task":{"id":3,"title":"call\n mom","new":[]}}"#)
        else {
            panic!("not created")
        };
        assert_eq!((task.id.get(), &*task.title, task.priority), (3, "call mom", Priority::Medium));
        assert!(!task.done && task.due.is_none());
    }

    #[test]
    fn a_cut_list_knows_that_it_is() {
        let Outcome::Listed(page) = read(
            r#"{"outcome":"listed","total":5000,"shown":1,"tasks":[{"id":1,"title":"a"},{}]}"#,
        ) else {
            panic!("not listed")
        };
        assert_eq!(page.tasks.len(), 1);
        assert!(page.is_cut());
    }

    #[test]
    fn what_cannot_be_read_is_unreadable() {
        for content in [
            "", "null", "[]", "{}", "{\"outcome\":\"melted\"}", "{\"outcome\":\"created\"}", "oops",
        ] {
            assert_eq!(read(content), Outcome::Unreadable, "{content}");
        }
    }
}
