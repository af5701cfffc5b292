//! Which tasks of many: "high-priority tasks due this week", "all completed ones", "what is left",
//! "before December".

use jiff::{
    Span, Unit,
    civil::{Date, Weekday},
};
use todo_domain::TaskStatus;

use super::{
    calendar::Calendar,
    dates, days,
    intent::{Listing, Target},
    priorities,
    spans::small_number,
    tags,
    words::{Message, Words},
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

/// The days that tasks are asked for: from one, to one, or both; and what follows.
fn due_days<'m>(
    words: Words<'m>,
    calendar: &Calendar,
) -> Option<(Option<Date>, Option<Date>, Words<'m>)> {
    let said_due = words.after_any(&[
        "that are due", "which are due", "is due", "are due", "was due", "were due", "due",
    ]);
    let after_due = said_due.unwrap_or(words);
    if let Some(rest) = after_due.after("before") {
        let (first, _, rest) = period(rest, calendar)?;
        return Some((None, first.yesterday().ok(), rest));
    }
    if let Some(rest) = after_due.after_any(&["by", "until", "till", "up to"]) {
        let (_, last, rest) = period(rest.after("the end of").unwrap_or(rest), calendar)?;
        return Some((None, Some(last), rest));
    }
    if let Some(rest) = after_due.after_any(&["after", "from", "since", "starting"]) {
        let (first, last, rest) = period(rest, calendar)?;
        // "Tasks from last week" are those of that week.
        let until = (after_due.at(0) == "from" && last < calendar.today()).then_some(last);
        return Some((Some(first), until, rest));
    }
    let rest = after_due.after_any(&["on", "for", "in", "within", "at"]).unwrap_or(after_due);
    if let Some((from, to, rest)) = period(rest, calendar) {
        return Some((Some(from), Some(to), rest));
    }
    // "What is due (soon)?" asks for the days ahead, and for what was missed.
    let soon = after_due.after("soon").or_else(|| said_due?.after("next"));
    let rest = soon.or_else(|| said_due.filter(|rest| rest.trimmed().is_empty()))?;
    Some((None, calendar.in_units(7, Unit::Day), rest))
}

/// "today", "this week", "the next 3 days", "Friday", "December".
fn period<'m>(words: Words<'m>, calendar: &Calendar) -> Option<(Date, Date, Words<'m>)> {
    let today = calendar.today();
    let found = |names: &[&str]| words.after_any(names);
    if let Some(rest) = found(&["this week", "this week's", "the week"]) {
        return Some((today, calendar.end_of_week()?, rest));
    }
    if let Some(rest) = found(&["yesterday", "yesterday's"]) {
        let day = today.yesterday().ok()?;
        return Some((day, day, rest));
    }
    if let Some(rest) = found(&["last week", "last week's"]) {
        let monday =
            calendar.of_next_week(Weekday::Monday)?.checked_sub(Span::new().weeks(2)).ok()?;
        return Some((monday, monday.checked_add(Span::new().days(6)).ok()?, rest));
    }
    if let Some(rest) = found(&["next week", "next week's"]) {
        let monday = calendar.of_next_week(Weekday::Monday)?;
        return Some((monday, calendar.of_next_week(Weekday::Sunday)?, rest));
    }
    if let Some(rest) = found(&["this weekend", "the weekend"]) {
        let sunday = calendar.this(Weekday::Sunday)?;
        return Some((sunday.yesterday().ok()?.max(today), sunday, rest));
    }
    if let Some(rest) = found(&["this month", "this month's"]) {
        return Some((today, today.last_of_month(), rest));
    }
    if let Some(rest) = found(&["next month", "next month's"]) {
        let day = calendar.in_units(1, Unit::Month)?;
        return Some((day.first_of_month(), day.last_of_month(), rest));
    }
    if let Some(rest) =
        found(&["the coming week", "the next week", "the coming days", "the next few days"])
    {
        return Some((today, calendar.in_units(7, Unit::Day)?, rest));
    }
    if let Some(rest) = words.after_any(&["the next", "the coming", "next"])
        && let Some(count) = small_number(rest.at(0))
    {
        let unit = match rest.at(1) {
            "days" | "day" => Unit::Day,
            "weeks" | "week" => Unit::Week,
            "months" | "month" => Unit::Month,
            _ => return None,
        };
        return Some((today, calendar.in_units(count, unit)?, rest.skip(2)));
    }
    if let Some((day, rest)) = day_or_possessive(words, calendar) {
        return Some((day, day, rest));
    }
    let first = calendar.day_of_year(days::month_name(words.at(0))?, 1, None)?;
    Some((first, first.last_of_month(), words.skip(1)))
}

/// A day, also as in "today's tasks".
fn day_or_possessive<'m>(words: Words<'m>, calendar: &Calendar) -> Option<(Date, Words<'m>)> {
    dates::day(words, calendar).or_else(|| {
        let owner = words.at(0).strip_suffix("'s")?;
        let owner = Message::read(owner);
        let (day, rest) = dates::day(owner.words(), calendar)?;
        rest.is_empty().then(|| (day, words.skip(1)))
    })
}
