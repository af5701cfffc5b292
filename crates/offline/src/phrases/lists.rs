//! Tasks and lists of them, each on a line.

use todo_domain::{Date, Due, Priority, TaskStatus};

use super::{
    super::{
        calendar::Calendar,
        intent::Listing,
        results::{Page, SeenTask},
    },
    Setting, quoted,
};

/// What a list call brought: "You have 3 open tasks:" and the tasks.
pub(super) fn list(listing: &Listing, page: &Page, setting: Setting<'_>) -> String {
    if let Some(id) = listing.only {
        return match page.tasks.iter().find(|task| task.id == id) {
            Some(task) => {
                let note = task.description.as_ref().map(|note| format!("\n\n{}", note.trim()));
                line(task, setting) + &note.unwrap_or_default()
            }
            None if page.is_cut() => format!(
                "I can look at {} of your {} tasks at a time, and task {id} is not among them. A word of \
                 its title helps, for example “find report”.",
                page.tasks.len(),
                page.total
            ),
            None => format!("There is no task {id}."),
        };
    }
    if page.total == 0 {
        return none(listing, setting.calendar);
    }
    let have = format!("You have {} {}:", page.total, group(listing, page.total, setting.calendar));
    let mut shown = page.tasks.clone();
    sort(&mut shown, listing, setting);
    let lines = lines(&shown, setting);
    format!("{have}\n{lines}{}", rest_of(page))
}

/// The tasks of a list, whatever was asked for.
pub(super) fn tasks_of(page: &Page, setting: Setting<'_>) -> String {
    list(&Listing::default(), page, setting)
}

/// One line for each task.
pub(super) fn lines(tasks: &[SeenTask], setting: Setting<'_>) -> String {
    tasks.iter().map(|task| line(task, setting)).collect::<Vec<_>>().join("\n")
}

/// "You have no open tasks."
pub(super) fn none(listing: &Listing, calendar: Calendar) -> String {
    let open = Listing { status: Some(TaskStatus::Pending), ..Listing::default() };
    let beginning = if *listing == open { "Nothing is left to do: you" } else { "You" };
    format!("{beginning} have no {}.", group(listing, 0, calendar))
}

/// "open high-priority tasks due today", of so many.
fn group(listing: &Listing, count: u64, calendar: Calendar) -> String {
    let mut words = Vec::new();
    words.extend(match listing.status {
        _ if listing.overdue => Some("overdue".to_owned()),
        Some(TaskStatus::Pending) => Some("open".to_owned()),
        Some(TaskStatus::Completed) => Some("completed".to_owned()),
        None => None,
    });
    words.extend(listing.priority.map(|priority| format!("{priority}-priority")));
    words.push(if count == 1 { "task" } else { "tasks" }.to_owned());
    if !listing.tags.is_empty() {
        let tags: Vec<_> = listing.tags.iter().map(|tag| format!("#{tag}")).collect();
        words.push(format!("tagged {}", tags.join(" and ")));
    }
    words.extend(due(listing.due_after, listing.due_before, calendar));
    words.extend(listing.query.as_ref().map(|query| format!("with {}", quoted(query))));
    words.join(" ")
}

fn due(after: Option<Date>, before: Option<Date>, calendar: Calendar) -> Option<String> {
    let day = |date| day(date, calendar);
    Some(match (after, before) {
        (None, None) => return None,
        (Some(after), Some(before)) if after == before && after == calendar.today() => {
            "due today".to_owned()
        }
        (Some(after), Some(before)) if after == before => format!("due {}", day(after)),
        (Some(after), Some(before)) => format!("due from {} to {}", day(after), day(before)),
        (Some(after), None) => format!("due from {} on", day(after)),
        (None, Some(before)) => format!("due by {}", day(before)),
    })
}

/// By number, or by due date where that was asked for.
fn sort(tasks: &mut [SeenTask], listing: &Listing, setting: Setting<'_>) {
    if listing.overdue || listing.due_after.or(listing.due_before).is_some() {
        tasks.sort_by_key(|task| (task.due.map(|due| due.sort_position(setting.zone)), task.id));
    } else {
        tasks.sort_by_key(|task| task.id);
    }
}

/// What to say about the tasks that are not shown.
fn rest_of(page: &Page) -> String {
    if !page.is_cut() {
        return String::new();
    }
    format!(
        "\nThese are {} of {}. A word, a priority or a day narrows it, for example “find report” or \
         “what is due this week?”",
        page.tasks.len(),
        page.total
    )
}

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
fn line(task: &SeenTask, setting: Setting<'_>) -> String {
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
pub(super) fn day(date: Date, calendar: Calendar) -> String {
    let year = if date.year() == calendar.today().year() { "" } else { " %Y" };
    date.strftime(&format!("%A %-d %B{year}")).to_string()
}
