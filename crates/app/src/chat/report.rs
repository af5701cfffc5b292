//! What a tool call brought, in words a model reads and programs show. A step that is replayed
//! from the ledger is reported by the same code as one that has just run.

use serde_json::{Map, Value, json};
use todo_domain::{
    CallResult, Due, MAX_LISTED_DESCRIPTION, MAX_LISTING_BYTES, RecordedCall, Tag, Task, TaskDone,
    TaskEffect, TaskIds, TaskOutcome, TaskPage, TaskVersion, UndoConflict, beginning, thousands,
};

use super::tools;

/// A tool call as it is reported.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolCallReport {
    /// The model's name for it.
    pub id: String,
    /// The tool the model named.
    pub name: String,
    /// Its arguments as the tool read them. Of a call that was not carried out they are as they came:
    /// an object, or the raw text where they are none.
    pub arguments: Value,
    /// Whether the user got all that was asked for.
    pub ok: bool,
    /// What it brought: `{"outcome": …}` or `{"error": …, "message": …}`, and of a call that names
    /// several tasks `{"results": […]}` with one of these for each.
    pub result: Value,
    /// What it changed, in order.
    pub effects: Vec<TaskEffect>,
}

impl ToolCallReport {
    /// The arguments of a call as they came: an object, or the raw text where they are none.
    #[must_use]
    pub fn arguments_of(raw: &str) -> Value {
        serde_json::from_str::<Map<String, Value>>(raw)
            .map_or_else(|_| Value::String(raw.to_owned()), Value::Object)
    }

    /// Tells a recorded call.
    #[must_use]
    pub fn of(call: &RecordedCall) -> Self {
        let read = match &call.result {
            CallResult::Rejected(_) => None,
            CallResult::Listed(_)
            | CallResult::Outcome(_)
            | CallResult::Each(_)
            | CallResult::Waiting(_)
            | CallResult::Denied(_)
            | CallResult::NothingToUndo
            | CallResult::UndoConflict(_) => tools::arguments(&call.name, &call.arguments),
        };
        let arguments = read.map_or_else(|| Self::arguments_of(&call.arguments), Value::Object);
        let result = match &call.result {
            CallResult::Listed(page) => listing(page),
            CallResult::Outcome(outcome) => report_alone(outcome),
            CallResult::Each(outcomes) => tell_each(outcomes),
            CallResult::NothingToUndo => {
                error("nothing_to_undo", "Nothing in this conversation can be undone or redone.")
            }
            CallResult::UndoConflict(conflicts) => undo_conflict(conflicts),
            CallResult::Waiting(action) => {
                let mut report = error("waiting", "Not carried out yet: the user is asked first.");
                report["action_id"] = action.to_string().into();
                report
            }
            CallResult::Denied(_) => {
                error("denied", "Not carried out: the user was asked and said no.")
            }
            CallResult::Rejected(rejection) => error(rejection.code.as_str(), &rejection.message),
        };
        Self {
            id: call.id.clone(),
            name: call.name.clone(),
            arguments,
            ok: call.result.is_ok(),
            result,
            effects: call.effects().collect(),
        }
    }
}

/// What came of each task that a call named. Of what was approved there may be more than a model
/// needs to read: then it is shown how many.
fn tell_each(outcomes: &[TaskOutcome]) -> Value {
    let shown = outcomes.iter().take(TaskIds::MAX);
    let mut report = json!({ "results": shown.map(tell_of_task).collect::<Vec<_>>() });
    if outcomes.len() > TaskIds::MAX {
        let ok = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        report["total"] = outcomes.len().into();
        report["ok"] = ok.into();
    }
    report
}

fn error(code: &str, message: &str) -> Value {
    json!({ "error": code, "message": message })
}

fn undo_conflict(conflicts: &[UndoConflict]) -> Value {
    let numbers: Vec<_> = conflicts.iter().map(|conflict| conflict.task_id.to_string()).collect();
    let tasks = if numbers.len() == 1 { "Task" } else { "Each of tasks" };
    let message = format!("{tasks} {} has changed since. Nothing was changed.", numbers.join(", "));
    let mut report = error("undo_conflict", &message);
    let task = |conflict: &UndoConflict| {
        json!({
            "id": conflict.task_id.get(),
            "version": conflict.version.map(TaskVersion::get),
        })
    };
    report["tasks"] = conflicts.iter().map(task).collect();
    report
}

/// An outcome among others: short, because there may be many.
fn tell_of_task(outcome: &TaskOutcome) -> Value {
    with_task_id(outcome, tell(outcome, MAX_LISTED_DESCRIPTION))
}

/// The only outcome of a call.
fn report_alone(outcome: &TaskOutcome) -> Value {
    let report = tell(outcome, usize::MAX);
    match outcome {
        // Nobody asked for its number.
        TaskOutcome::Done(TaskDone::Created { .. }) => report,
        _ => with_task_id(outcome, report),
    }
}

/// With the number that was asked for.
fn with_task_id(outcome: &TaskOutcome, mut report: Value) -> Value {
    if let Some(id) = outcome.task_id() {
        report["task_id"] = id.get().into();
    }
    report
}

fn tell(outcome: &TaskOutcome, description_chars: usize) -> Value {
    let (kind, task) = match outcome {
        TaskOutcome::Refused(refusal) => return error(refusal.code(), &refusal.to_string()),
        TaskOutcome::Done(done) => (done.as_str(), done.task()),
        TaskOutcome::Found(task) => ("found", task),
        TaskOutcome::Restored { after, .. } => ("restored", after),
    };
    json!({ "outcome": kind, "task": tell_task(task, description_chars) })
}

fn tell_task(task: &Task, description_chars: usize) -> Value {
    let mut report = Map::new();
    report.insert("id".into(), task.id.get().into());
    report.insert("title".into(), task.title.as_str().into());
    if let Some(description) = &task.description {
        let mut text = beginning(description.as_str(), description_chars).to_owned();
        if text.len() < description.as_str().len() {
            text.push('…');
        }
        report.insert("description".into(), text.into());
    }
    report.insert("priority".into(), task.priority.as_str().into());
    report.insert("status".into(), task.status().as_str().into());
    if let Some(due) = task.due {
        let due = match due {
            Due::Day(day) => day.to_string(),
            Due::At(at) => format!("{at:.6}"),
        };
        report.insert("due".into(), due.into());
    }
    if !task.tags.is_empty() {
        report.insert("tags".into(), task.tags.iter().map(Tag::as_str).collect());
    }
    Value::Object(report)
}

fn listing(page: &TaskPage) -> Value {
    let mut bytes = 0;
    let tasks: Vec<Value> = page
        .tasks
        .iter()
        .map(|task| tell_task(task, MAX_LISTED_DESCRIPTION))
        .take_while(|task| {
            bytes += task.to_string().len() + 1;
            bytes <= MAX_LISTING_BYTES
        })
        .collect();
    let shown = tasks.len();
    let mut report = json!({
        "outcome": "listed",
        "total": page.total,
        "shown": shown,
        "tasks": tasks,
    });
    let all = page.total.unwrap_or(page.tasks.len() as u64);
    if (shown as u64) < all || page.next.is_some() {
        let all = page.total.map_or_else(|| "many".to_owned(), thousands);
        report["note"] = format!(
            "{shown} of {all}, narrow it by status, priority, tags, query, due_before, due_after or overdue"
        )
        .into();
    }
    report
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use todo_domain::{
        NewTask, Rejection, RejectionCode, TaskDescription, TaskId, TaskRefusal, TaskTitle,
        Timestamp, UserLimit,
    };

    use super::*;

    fn task(number: i64, description: &str) -> Task {
        let new = NewTask {
            description: TaskDescription::new(description).ok(),
            ..NewTask::titled(TaskTitle::new("buy milk").unwrap())
        };
        let now = Timestamp::from_microsecond(0).unwrap();
        new.decide(TaskId::new(number).unwrap(), now).unwrap().task().clone()
    }

    fn call(arguments: &str, result: CallResult) -> RecordedCall {
        RecordedCall {
            id: "c1".into(),
            name: "add_task".into(),
            arguments: arguments.into(),
            result,
            duration: Duration::ZERO,
        }
    }

    #[test]
    fn a_call_that_names_tasks_tells_what_came_of_each() {
        let outcomes = vec![
            TaskDone::AlreadyCompleted(task(3, &"x".repeat(300))).into(),
            TaskRefusal::NotFound(TaskId::new(9).unwrap()).into(),
        ];
        let report = ToolCallReport::of(&call("{}", CallResult::Each(outcomes)));
        assert!(!report.ok);
        let results = &report.result["results"];
        assert_eq!(
            (&results[0]["task_id"], &results[0]["outcome"]),
            (&json!(3), &json!("already_completed"))
        );
        let description = results[0]["task"]["description"].as_str().unwrap();
        assert_eq!(description.chars().count(), 201);
        assert_eq!(
            results[1],
            json!({ "task_id": 9, "error": "task_not_found", "message": "There is no task 9." })
        );
        let all = vec![TaskDone::AlreadyCompleted(task(3, "")).into()];
        assert!(ToolCallReport::of(&call("{}", CallResult::Each(all))).ok);
    }

    #[test]
    fn a_listing_says_how_much_it_leaves_out() {
        let page = TaskPage {
            tasks: (1..=50).map(|n| task(n, "")).collect(),
            total: Some(5_000),
            next: None,
        };
        let report = listing(&page);
        assert_eq!(report["shown"], 50);
        assert!(report["note"].as_str().unwrap().starts_with("50 of 5,000"));
    }

    #[test]
    fn a_listing_of_long_descriptions_stays_within_8_kib() {
        let page = TaskPage {
            tasks: (1..=50).map(|n| task(n, &"ü".repeat(2_000))).collect(),
            total: Some(50),
            next: None,
        };
        let report = listing(&page);
        assert!(report.to_string().len() < MAX_LISTING_BYTES + 300);
        assert!(report["shown"].as_u64().unwrap() < 50 && report["note"].is_string());
    }

    #[test]
    fn arguments_that_are_no_object_are_told_as_they_came() {
        let rejected = || {
            CallResult::Rejected(Rejection {
                code: RejectionCode::InvalidArguments,
                message: "no".into(),
            })
        };
        assert_eq!(
            ToolCallReport::of(&call(r#"{"a":1}"#, rejected())).arguments,
            json!({ "a": 1 })
        );
        for raw in ["", "null", "[1]", "{\"a\":"] {
            assert_eq!(ToolCallReport::of(&call(raw, rejected())).arguments, json!(raw));
        }
    }

    #[test]
    fn a_full_list_says_how_to_make_room() {
        let full = TaskRefusal::LimitReached { max: UserLimit::new(10_000).unwrap() };
        let report = ToolCallReport::of(&call("{}", CallResult::Outcome(full.into())));
        assert!(!report.ok && report.result["error"] == "task_limit_reached");
        let message = report.result["message"].as_str().unwrap();
        assert!(message.contains("10,000 tasks") && message.contains("makes room"), "{message}");
    }

    #[test]
    fn what_was_so_already_is_ok_and_what_is_missing_is_not() {
        let already = ToolCallReport::of(&call(
            "{}",
            CallResult::Outcome(TaskDone::AlreadyCompleted(task(4, "")).into()),
        ));
        assert!(already.ok && already.result["outcome"] == "already_completed");
        let missing = ToolCallReport::of(&call(
            "{}",
            CallResult::Outcome(TaskRefusal::NotFound(TaskId::new(99).unwrap()).into()),
        ));
        assert!(!missing.ok && missing.result["message"] == "There is no task 99.");
    }
}
