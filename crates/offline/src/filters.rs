//! Which tasks of many: "high-priority tasks due this week", "all completed ones", "what is left".

use todo_domain::TaskStatus;

use super::{
    calendar::Calendar,
    intent::{Listing, Target},
    periods::due_days,
    priorities, tags,
    words::Words,
};

/// What words say about which tasks, and what else is in them.
#[derive(Debug, Default)]
pub(super) struct Filters<'m> {
    pub(super) listing: Listing,
    /// "tasks", "list", "to do": it is about tasks.
    pub(super) plural: bool,
    pub(super) singular: bool,
    /// "all", "everything", "every".
    pub(super) all: bool,
    /// What was not understood.
    pub(super) leftover: Vec<&'m str>,
}

impl Filters<'_> {
    pub(super) fn about_tasks(&self) -> bool {
        self.plural || self.singular
    }

    pub(super) fn by_due(&self) -> bool {
        let Listing { due_before, due_after, overdue, .. } = self.listing;
        due_before.is_some() || due_after.is_some() || overdue
    }
}

/// How many words may be left over from what is still about tasks.
pub(super) const MOST_LEFT_OVER: usize = 4;

/// Reads everything these words say about which tasks.
pub(super) fn filters<'m>(words: Words<'m>, calendar: &Calendar) -> Filters<'m> {
    let mut found = Filters::default();
    let mut rest = words;
    // With so much left over these words are about something else.
    while !rest.is_empty() && found.leftover.len() <= MOST_LEFT_OVER {
        rest = step(rest, calendar, &mut found);
    }
    found
}

/// A group of tasks that is named by what they have in common: "all completed tasks", "the urgent
/// one".
pub(super) fn group(words: Words<'_>, calendar: &Calendar) -> Option<Target> {
    if words.has_quotation() {
        return None;
    }
    let found = filters(words, calendar);
    let narrowed = found.listing != Listing::default();
    let understood = found.leftover.is_empty() && found.listing.query.is_none();
    match (found.all, found.plural, found.singular) {
        _ if !understood => None,
        (true, ..) => Some(Target::All(found.listing)),
        (_, true, _) if narrowed => Some(Target::All(found.listing)),
        (.., true) if narrowed => Some(Target::OneOf(found.listing)),
        _ => None,
    }
}

/// Reads the next filter, or steps over the next word.
fn step<'m>(words: Words<'m>, calendar: &Calendar, found: &mut Filters<'m>) -> Words<'m> {
    let said = &mut found.listing;
    if let Some((tags, rest)) = tags::stated(words) {
        said.tags = tags::joined(std::mem::take(&mut said.tags), tags);
        found.singular = true;
        return rest;
    }
    if let Some(rest) = words.after_any(&PENDING) {
        said.status = Some(TaskStatus::Pending);
        found.plural = true;
        return rest;
    }
    if let Some(rest) = words.after_any(&COMPLETED) {
        said.status = Some(TaskStatus::Completed);
        return rest;
    }
    if let Some(rest) = words.after_any(&OVERDUE) {
        said.status = Some(TaskStatus::Pending);
        said.overdue = true;
        found.plural = true;
        return rest;
    }
    if let Some((after, before, rest)) = due_days(words, calendar) {
        (said.due_after, said.due_before) = (after.or(said.due_after), before.or(said.due_before));
        return rest;
    }
    if let Some((priority, rest)) =
        priorities::stated(words).or_else(|| Some((priorities::level(words.at(0))?, words.skip(1))))
    {
        said.priority = Some(priority);
        return rest;
    }
    if words.starts_with_quotation() {
        said.query = words.take(1).title();
        return words.skip(1);
    }
    if let Some(rest) = words.after_any(&ABOUT).filter(|rest| !rest.is_empty()) {
        said.query = rest.title();
        return rest.skip(rest.len());
    }
    let noun = words.after_any(&PLURALS);
    found.plural |= noun.is_some();
    let one = words.after_any(&["task", "item", "todo", "to-do", "one", "reminder"]);
    found.singular |= one.is_some();
    let every = words.after_any(&["all", "everything", "every", "whole", "entire"]);
    found.all |= every.is_some();
    if let Some(rest) = noun.or(one).or(every) {
        return rest;
    }
    if !words.is_mark(0) && !NOISE.contains(&words.at(0)) {
        found.leftover.push(words.take(1).written());
    }
    words.skip(1)
}

const PENDING: [&str; 33] = [
    "not done yet", "not done", "not completed", "not finished", "to be done", "needs doing",
    "left to do", "left over", "left", "still open", "should i do", "must i do", "do next",
    "do first", "do now", "coming up", "on my plate", "on my agenda", "i need to do",
    "i have to do", "i should do", "i must do", "to do", "pending", "open", "remaining",
    "outstanding", "unfinished", "incomplete", "uncompleted", "undone", "active", "what's next",
];
const COMPLETED: [&str; 13] = [
    "checked off", "ticked off", "crossed off", "have i done", "did i do", "completed", "complete",
    "finished", "finish", "done", "closed", "achieved", "accomplished",
];
const OVERDUE: [&str; 8] = [
    "overdue", "over due", "past due", "past their due date", "behind schedule", "late", "missed",
    "behind on",
];
const PLURALS: [&str; 16] = [
    "to-do list", "todo list", "to do list", "task list", "to-dos", "to dos", "todos", "tasks",
    "items", "things", "stuff", "reminders", "list", "agenda", "ones", "work items",
];
const ABOUT: [&str; 14] = [
    "about", "regarding", "concerning", "containing", "that contain", "which contain",
    "mentioning", "that mention", "matching", "related to", "with the word", "including", "named",
    "called",
];
const NOISE: [&str; 70] = [
    "where", "me", "my", "mine", "the", "a", "an", "of", "for", "i", "i've", "i'm", "do", "does",
    "did", "have", "has", "had", "got", "to", "on", "in", "at", "is", "are", "am", "was", "were",
    "be", "been", "there", "that", "that's", "which", "what", "what's", "whats", "still",
    "currently", "right", "now", "so", "far", "yet", "any", "anything", "something", "else",
    "with", "and", "or", "up", "need", "needs", "should", "must", "you", "please", "it", "them",
    "these", "those", "first", "next", "many", "how", "just", "already", "due", "most",
];
