//! Which days a person asks about: "due today", "this week", "before December".

use jiff::{
    Span, Unit,
    civil::{Date, Weekday},
};

use super::{
    calendar::Calendar,
    dates, days,
    spans::small_number,
    words::{Message, Words},
};

/// The days that tasks are asked for: from one, to one, or both; and what follows.
pub(super) fn due_days<'m>(
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
