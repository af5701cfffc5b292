//! What came of a call.

use todo_domain::{Change, Priority, UndoDirection, beginning};

use super::{
    super::{
        calls::Call,
        intent::TagEdit,
        results::{Deed, Outcome, SeenTask},
    },
    Setting, lists, quoted,
};

/// How the line about something that was done to a task begins, followed by its number.
pub(super) const DEEDS: [&str; 7] = [
    "Added task ", "Updated task ", "Completed task ", "Reopened task ", "Task ", "Deleted task ",
    "Restored task ",
];

/// What came of a call of ours.
pub(super) fn of_call(call: &Call, outcome: &Outcome, setting: Setting<'_>) -> String {
    match (call, outcome) {
        (Call::List(listing), Outcome::Listed(page)) => lists::list(listing, page, setting),
        (Call::Update(_, patch), Outcome::Done(Deed::Updated, task)) => {
            let mut details = lists::details(task, setting);
            // What was asked for is said, even where it usually goes without saying.
            if patch.priority.is_some() && task.priority == Priority::Medium {
                details.insert(0, "medium priority".to_owned());
            }
            if patch.due == Change::Clear && task.due.is_none() {
                details.push("no due date".to_owned());
            }
            if patch.description == Change::Clear && task.description.is_none() {
                details.push("no note".to_owned());
            }
            if patch.tags != TagEdit::Keep && task.tags.is_empty() {
                details.push("no tags".to_owned());
            }
            format!("Updated task {}: {}", task.id, lists::with_details(task, &details))
        }
        (_, Outcome::Done(deed, task)) => done(*deed, task, setting),
        (Call::DeleteAll(_), Outcome::Each(outcomes)) if outcomes.is_empty() => {
            "There was nothing to delete.".to_owned()
        }
        (Call::DeleteAll(_), Outcome::Each(outcomes)) => lines(outcomes, setting),
        (Call::Undo(direction), Outcome::Many { done, .. }) => {
            format!("{} {done} tasks are different now.", undone_in_words(*direction))
        }
        (_, Outcome::Many { done, of }) => deleted_many(*done, *of),
        (_, Outcome::Refused { code, .. }) if code == "denied" => DENIED.to_owned(),
        (Call::Undo(direction), Outcome::Each(outcomes)) => undone(*direction, outcomes, setting),
        (Call::Undo(direction), Outcome::Refused { code, .. }) if code == "nothing_to_undo" => {
            format!("There is nothing to {direction} in this conversation.")
        }
        (_, Outcome::Refused { code, message, .. }) => match (code.as_str(), call.task()) {
            ("task_not_found", Some(id)) => format!("There is no task {id}."),
            _ => refused(&format!("I could not {}", attempt(call)), message),
        },
        _ => format!(
            "Something unexpected came back when I tried to {}, so I can't say whether it is done. \
             “Show my tasks” tells.",
            attempt(call)
        ),
    }
}

/// What is said after a no.
const DENIED: &str = "All right, I left everything as it is.";

fn deleted_many(deleted: u64, of: u64) -> String {
    if deleted == of {
        format!("Deleted {deleted} tasks.")
    } else {
        format!(
            "Deleted {deleted} of {of} tasks. The others have changed since I asked, or were gone."
        )
    }
}

/// What came of a call that was not planned here.
pub(super) fn of_any(outcome: &Outcome, setting: Setting<'_>) -> String {
    match outcome {
        Outcome::Done(deed, task) => done(*deed, task, setting),
        Outcome::Listed(page) => lists::tasks_of(page, setting),
        Outcome::Refused { code, .. } if code == "denied" => DENIED.to_owned(),
        Outcome::Refused { task: Some(id), code, .. } if code == "version_mismatch" => {
            format!("Task {id} has changed since I asked, so I left it as it is.")
        }
        Outcome::Refused { task: Some(id), code, .. } if code == "task_not_found" => {
            format!("There is no task {id} any more.")
        }
        Outcome::Refused { message, .. } => refused("Something was not done", message),
        Outcome::Each(outcomes) => lines(outcomes, setting),
        Outcome::Many { done, of } => deleted_many(*done, *of),
        Outcome::Unreadable => {
            "Something unexpected came back from one step, so I can't say whether it is done. \
             “Show my tasks” tells."
                .to_owned()
        }
    }
}

const fn undone_in_words(direction: UndoDirection) -> &'static str {
    match direction {
        UndoDirection::Undo => "Undone.",
        UndoDirection::Redo => "Done again.",
    }
}

/// What an undo did, a line for each task.
fn undone(direction: UndoDirection, outcomes: &[Outcome], setting: Setting<'_>) -> String {
    let done = undone_in_words(direction);
    match outcomes {
        [] => format!("{done} No task is different now."),
        some => format!("{done}\n{}", lines(some, setting)),
    }
}

fn lines(outcomes: &[Outcome], setting: Setting<'_>) -> String {
    let lines: Vec<_> = outcomes.iter().map(|outcome| of_any(outcome, setting)).collect();
    lines.join("\n")
}

fn done(deed: Deed, task: &SeenTask, setting: Setting<'_>) -> String {
    let (id, text) = (task.id, lists::task(task, setting));
    match deed {
        Deed::Created => format!("Added task {id}: {text}"),
        Deed::Updated => format!("Updated task {id}: {text}"),
        Deed::Completed => format!("Completed task {id}: {}", task.title),
        Deed::Reopened => format!("Reopened task {id}: {text}"),
        Deed::Deleted => format!("Deleted task {id}: {}", task.title),
        Deed::Restored => format!("Restored task {id}: {text}"),
        Deed::Unchanged => format!("Task {id} is like that already: {text}"),
        Deed::AlreadyCompleted => format!("Task {id} is completed already: {}", task.title),
        Deed::AlreadyPending => format!("Task {id} is still open anyway: {text}"),
        Deed::Found => format!("Task {id}: {text}"),
    }
}

fn attempt(call: &Call) -> String {
    match call {
        Call::Add(draft) => format!("add {}", quoted(&draft.title)),
        Call::List(_) => "look at your tasks".to_owned(),
        Call::Complete(id) => format!("complete task {id}"),
        Call::Reopen(id) => format!("reopen task {id}"),
        Call::Update(id, _) => format!("change task {id}"),
        Call::Delete(id) => format!("delete task {id}"),
        Call::DeleteAll(_) => "delete these tasks".to_owned(),
        Call::Undo(direction) => format!("{direction} that"),
    }
}

/// The tool's own reason, cut to a length that people read.
fn refused(what: &str, message: &str) -> String {
    const LONGEST: usize = 300;
    let reason = beginning(message.trim(), LONGEST);
    if reason.is_empty() { format!("{what}.") } else { format!("{what}: {reason}") }
}
