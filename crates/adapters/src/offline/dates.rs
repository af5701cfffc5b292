//! Days and times as people say them, resolved from today.
//!
//! Days that can be read in two ways ("12/05") are not read at all: nothing is lost when they stay
//! in a title, and a wrong due date would be believed.

use std::fmt;

use jiff::{
    Unit,
    civil::{Date, DateTime, Time, Weekday},
};

use super::{
    calendar::Calendar,
    spans::{in_some_days, in_some_time},
    times::time_of_day,
    words::Words,
};

/// When something is due: a day, or a time of that day, where the user is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct When {
    pub(super) day: Date,
    pub(super) time: Option<Time>,
}

impl fmt::Display for When {
    /// As tools take it: an ISO day, or a date-time without an offset.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.time {
            Some(time) => self.day.to_datetime(time).fmt(f),
            None => self.day.fmt(f),
        }
    }
}

/// Reads a day, a time or both at the beginning, and says what follows.
pub(super) fn when<'m>(words: Words<'m>, calendar: &Calendar) -> Option<(When, Words<'m>)> {
    if let Some((day, rest)) = day(words, calendar) {
        let evening = matches!(words.at(0), "tonight") || words.at(1) == "evening";
        let after_comma = rest.after(",").unwrap_or(rest);
        return Some(match time_of_day(after_comma, evening) {
            Some((time, rest)) => (When { day, time: Some(time) }, rest),
            None => (When { day, time: None }, rest),
        });
    }
    if let Some(found) = in_some_time(words, calendar).or_else(|| iso_time(words)) {
        return Some(found);
    }
    let (time, rest) = time_of_day(words, false)?;
    let (day, rest) = day(rest.after("on").unwrap_or(rest), calendar).or_else(|| {
        let today = calendar.today();
        let day = if time > calendar.time() { today } else { today.tomorrow().ok()? };
        Some((day, rest))
    })?;
    Some((When { day, time: Some(time) }, rest))
}

/// Reads a day at the beginning, and says what follows.
pub(super) fn day<'m>(words: Words<'m>, calendar: &Calendar) -> Option<(Date, Words<'m>)> {
    named_day(words, calendar)
        .or_else(|| weekday(words, calendar))
        .or_else(|| iso_day(words))
        .or_else(|| month_day(words, calendar))
        .or_else(|| slashed_day(words, calendar))
        .or_else(|| day_of_month(words, calendar))
        .or_else(|| in_some_days(words, calendar))
}

/// Whether a text is a day that can be read in two ways: "12/05".
pub(super) fn is_unclear(text: &str) -> bool {
    let parts: Vec<_> = text.split(['/', '.']).collect();
    let short = |part: &&str| {
        (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    (2..=3).contains(&parts.len()) && parts.iter().all(short)
}

/// Reads a weekday's name. Short ones that are words as well ("sun", "wed") count too: whether
/// they are meant as days is for the caller to see.
pub(super) fn weekday_name(word: &str) -> Option<Weekday> {
    Some(match word {
        "monday" | "mon" => Weekday::Monday,
        "tuesday" | "tue" | "tues" => Weekday::Tuesday,
        "wednesday" | "wed" | "weds" => Weekday::Wednesday,
        "thursday" | "thu" | "thur" | "thurs" => Weekday::Thursday,
        "friday" | "fri" => Weekday::Friday,
        "saturday" | "sat" => Weekday::Saturday,
        "sunday" | "sun" => Weekday::Sunday,
        _ => return None,
    })
}

fn named_day<'m>(words: Words<'m>, calendar: &Calendar) -> Option<(Date, Words<'m>)> {
    let today = calendar.today();
    let table: [(&[&str], Option<Date>); 11] = [
        (&["the day after tomorrow", "day after tomorrow"], calendar.in_units(2, Unit::Day)),
        (&["tomorrow", "tomorow", "tommorow", "tommorrow", "tmrw", "tmr"], today.tomorrow().ok()),
        (
            &[
                "today", "tonight", "this morning", "this afternoon", "this evening", "eod",
                "the end of the day", "end of the day", "end of day",
            ],
            Some(today),
        ),
        (&["this weekend", "the weekend"], weekend(calendar)),
        (&["next weekend"], calendar.of_next_week(Weekday::Saturday)),
        (
            &[
                "the end of the week", "end of the week", "end of week", "later this week",
                "this week",
            ],
            calendar.end_of_week(),
        ),
        (&["the end of next week", "end of next week"], calendar.of_next_week(Weekday::Sunday)),
        (&["next week"], calendar.of_next_week(Weekday::Monday)),
        (
            &["the end of the month", "end of the month", "end of month", "eom", "this month"],
            Some(today.last_of_month()),
        ),
        (&["next month"], calendar.in_units(1, Unit::Month).map(Date::first_of_month)),
        (
            &["the end of the year", "end of the year", "end of year", "this year"],
            Some(today.last_of_year()),
        ),
    ];
    let (day, rest) = table
        .into_iter()
        .find_map(|(names, day)| words.after_any(names).map(|rest| (day, rest)))?;
    Some((day?, without_part_of_day(rest)))
}

fn weekend(calendar: &Calendar) -> Option<Date> {
    let today = calendar.today();
    if today.weekday() == Weekday::Sunday { Some(today) } else { calendar.this(Weekday::Saturday) }
}

fn weekday<'m>(words: Words<'m>, calendar: &Calendar) -> Option<(Date, Words<'m>)> {
    let found = |words: Words<'m>| Some((weekday_name(words.at(0))?, words.skip(1)));
    let (day, rest) = if let Some(words) = words.after("next") {
        let (weekday, rest) = found(words)?;
        (calendar.of_next_week(weekday)?, rest)
    } else if let Some(words) = words.after("this") {
        let (weekday, rest) = found(words)?;
        (calendar.this(weekday)?, rest)
    } else {
        let (weekday, rest) = found(words.after_any(&["the coming", "coming"]).unwrap_or(words))?;
        // "Friday, 27 November": the date says more than the weekday.
        let after_comma = rest.after(",").unwrap_or(rest);
        if let Some(dated) = month_day(after_comma, calendar).or_else(|| iso_day(after_comma)) {
            return Some(dated);
        }
        if let Some(rest) = rest.after("next week") {
            (calendar.of_next_week(weekday)?, rest)
        } else {
            (calendar.coming(weekday)?, rest)
        }
    };
    Some((day, without_part_of_day(rest)))
}

fn without_part_of_day(words: Words<'_>) -> Words<'_> {
    const PARTS: [&str; 6] =
        ["in the morning", "in the afternoon", "in the evening", "morning", "afternoon", "evening"];
    words.after_any(&PARTS).or_else(|| words.after("night")).unwrap_or(words)
}

/// `2026-12-05T15:00`.
fn iso_time(words: Words<'_>) -> Option<(When, Words<'_>)> {
    let then: DateTime = words.at(0).get(..16)?.parse().ok()?;
    (words.at(0).len() <= 19)
        .then(|| (When { day: then.date(), time: Some(then.time()) }, words.skip(1)))
}

/// `2026-12-05`, `2026/12/05`.
fn iso_day(words: Words<'_>) -> Option<(Date, Words<'_>)> {
    let word = words.at(0);
    let shaped = word.len() == 10 && word.starts_with(|first: char| first.is_ascii_digit());
    let day = shaped.then(|| word.replace('/', "-").parse::<Date>().ok()).flatten()?;
    (day.year() >= 1).then(|| (day, words.skip(1)))
}

/// `Dec 5`, `December 5th, 2026`, `5 December`, `the 5th of December 2026`.
fn month_day<'m>(words: Words<'m>, calendar: &Calendar) -> Option<(Date, Words<'m>)> {
    let words = words.after("the").unwrap_or(words);
    let (month, day, rest) = if let Some(month) = month_name(words.at(0)) {
        let rest = words.skip(1);
        let rest = rest.after(".").unwrap_or(rest);
        let rest = rest.after("the").unwrap_or(rest);
        (month, day_number(rest.at(0))?, rest.skip(1))
    } else {
        let day = day_number(words.at(0))?;
        let rest = words.skip(1);
        let rest = rest.after("of").unwrap_or(rest);
        (month_name(rest.at(0))?, day, rest.skip(1))
    };
    let after_comma = rest.after(",").unwrap_or(rest);
    let year = Some(after_comma.at(0)).filter(|year| year.len() == 4 && year.starts_with("20"));
    match year.and_then(|year| year.parse().ok()) {
        Some(year) => Some((calendar.day_of_year(month, day, Some(year))?, after_comma.skip(1))),
        None => Some((calendar.day_of_year(month, day, None)?, rest)),
    }
}

/// `31/12`, `12/31/2026`: only when it can be read in one way.
fn slashed_day<'m>(words: Words<'m>, calendar: &Calendar) -> Option<(Date, Words<'m>)> {
    let mut parts = words.at(0).split('/');
    let (first, second) = (day_number(parts.next()?)?, day_number(parts.next()?)?);
    let year = match parts.next() {
        Some(year) => Some(year.parse().ok().filter(|_| year.len() == 4)?),
        None => None,
    };
    let (day, month) = match (first > 12, second > 12) {
        (true, false) => (first, second),
        (false, true) => (second, first),
        _ if first == second => (first, second),
        _ => return None,
    };
    let day = calendar.day_of_year(month, day, year)?;
    parts.next().is_none().then(|| (day, words.skip(1)))
}

/// `the 5th`: the next one.
fn day_of_month<'m>(words: Words<'m>, calendar: &Calendar) -> Option<(Date, Words<'m>)> {
    let words = words.after("the")?;
    if words.at(0).bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some((calendar.day_of_month(day_number(words.at(0))?)?, words.skip(1)))
}

/// Reads a month's name, short or long.
pub(super) fn month_name(word: &str) -> Option<i8> {
    const MONTHS: [&str; 12] = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september",
        "october", "november", "december",
    ];
    let named = |month: &str| word == month || (word.len() == 3 && month.starts_with(word));
    if word == "sept" {
        return Some(9);
    }
    (1i8..).zip(&MONTHS).find(|&(_, month)| named(month)).map(|(number, _)| number)
}

fn day_number(word: &str) -> Option<i8> {
    let digits =
        ["st", "nd", "rd", "th"].iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word);
    let plain = (1..=2).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
#[path = "dates_tests.rs"]
mod tests;
