//! A task on one line.

use todo_domain::{Due, Priority};

use super::{
    super::{calendar::Calendar, results::SeenTask},
    Setting,
};

/// `call mom (low priority, due Friday 27 November) #family`.
pub(super) fn task(task: &SeenTask, setting: Setting<'_>) -> String {
    with_details(task, &details(task, setting))
}

/// The same where more than usual is to be said about it.
pub(super) fn with_details(task: &SeenTask, details: &[String]) -> String {
    let mut text = task.title.clone();
    if !details.is_empty() {
        text += &format!(" ({})", details.join(", "));
    }
    task.tags.iter().fold(text, |text, tag| text + " #" + tag)
}

/// `- 3: call mom (low priority)`.
pub(super) fn line(task: &SeenTask, setting: Setting<'_>) -> String {
    let done = task.done.then(|| "done".to_owned());
    let details: Vec<_> = done.into_iter().chain(details(task, setting)).collect();
    format!("- {}: {}", task.id, with_details(task, &details))
}

/// What there is to say about a task beside its title. Medium priority goes without saying.
pub(super) fn details(task: &SeenTask, setting: Setting<'_>) -> Vec<String> {
    let priority =
        (task.priority != Priority::Medium).then(|| format!("{} priority", task.priority));
    let due = task.due.map(|due| {
        let missed = !task.done && due.has_passed(setting.now, setting.zone);
        format!("{} {}", if missed { "was due" } else { "due" }, when(due, setting))
    });
    let note = task.description.as_ref().map(|_| "with a note".to_owned());
    priority.into_iter().chain(due).chain(note).collect()
}

fn when(due: Due, setting: Setting<'_>) -> String {
    match due {
        Due::Day(date) => day(date, setting.calendar),
        Due::At(at) => {
            let local = setting.zone.local(at);
            format!("{} at {}", day(local.date(), setting.calendar), local.strftime("%H:%M"))
        }
    }
}

/// `Friday 27 November`, with the year when it is not this one.
pub(super) fn day(date: todo_domain::Date, calendar: Calendar) -> String {
    let year = if date.year() == calendar.today().year() { "" } else { " %Y" };
    date.strftime(&format!("%A %-d %B{year}")).to_string()
}
