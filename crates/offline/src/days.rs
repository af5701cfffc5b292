//! Days as people say them: tomorrow, next Friday, Monday in two weeks, December 5th, 31/12.

use jiff::{
    Span, Unit,
    civil::{Date, Weekday},
};

use super::{
    calendar::Calendar,
    parts_of_day::END_OF_DAY,
    spans::{amount, in_some_days},
    words::Words,
};

/// A day, and how it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SaidDay {
    pub(super) date: Date,
    pub(super) how: How,
}

/// How a day was said, as far as what follows it may say more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// "today", "tonight", "this morning".
    Today,
    /// "Friday": its date may follow.
    Weekday,
    /// "December 5": its year may follow.
    WithoutYear,
    /// As machines write it.
    Iso,
    /// There is no more to say.
    Fully,
}

/// Reads a day at the beginning, and says what follows.
pub(super) fn said_day<'m>(words: Words<'m>, calendar: &Calendar) -> Option<(SaidDay, Words<'m>)> {
    let fully = |(date, rest)| (SaidDay { date, how: How::Fully }, rest);
    today(words, calendar)
        .or_else(|| named_day(words, calendar).map(fully))
        .or_else(|| weekday(words, calendar))
        .or_else(|| iso_day(words).map(|(date, rest)| (SaidDay { date, how: How::Iso }, rest)))
        .or_else(|| month_day(words, calendar))
        .or_else(|| slashed_day(words, calendar).map(fully))
        .or_else(|| dotted_day(words).map(fully))
        .or_else(|| day_of_month(words, calendar).map(fully))
        .or_else(|| weeks_then_weekday(words, calendar).map(fully))
        .or_else(|| from_a_day(words, calendar).map(fully))
        .or_else(|| in_some_days(words, calendar).map(fully))
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

fn today<'m>(words: Words<'m>, calendar: &Calendar) -> Option<(SaidDay, Words<'m>)> {
    const NAMES: [&str; 5] = ["today", "tonight", "this morning", "this afternoon", "this evening"];
    let ended = words.after_any(&END_OF_DAY);
    let rest = ended.or_else(|| words.after_any(&NAMES))?;
    // "By end of day on Friday."
    let other = || said_day(rest.after_any(&["on", "of", ","]).unwrap_or(rest), calendar);
    ended
        .and_then(|_| other())
        .or(Some((SaidDay { date: calendar.today(), how: How::Today }, rest)))
}

fn named_day<'m>(words: Words<'m>, calendar: &Calendar) -> Option<(Date, Words<'m>)> {
    let today = calendar.today();
    if let Some(rest) = words.after("next week")
        && let Some(weekday) = weekday_name(rest.after("on").unwrap_or(rest).at(0))
    {
        let rest = rest.after("on").unwrap_or(rest);
        return Some((calendar.of_next_week(weekday)?, rest.skip(1)));
    }
    let table: [(&[&str], Option<Date>); 10] = [
        (&["the day after tomorrow", "day after tomorrow"], calendar.in_units(2, Unit::Day)),
        (&["tomorrow", "tomorow", "tommorow", "tommorrow", "tmrw", "tmr"], today.tomorrow().ok()),
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
    Some((day?, rest))
}

fn weekend(calendar: &Calendar) -> Option<Date> {
    let today = calendar.today();
    if today.weekday() == Weekday::Sunday { Some(today) } else { calendar.this(Weekday::Saturday) }
}

fn weekday<'m>(words: Words<'m>, calendar: &Calendar) -> Option<(SaidDay, Words<'m>)> {
    let found = |words: Words<'m>| Some((weekday_name(words.at(0))?, words.skip(1)));
    let fully = |date, rest| Some((SaidDay { date, how: How::Fully }, rest));
    if let Some((weekday, rest)) = words.after("next").and_then(found) {
        return fully(calendar.of_next_week(weekday)?, rest);
    }
    if let Some((weekday, rest)) = words.after("this").and_then(found) {
        return fully(calendar.this(weekday)?, rest);
    }
    let coming = words.after_any(&["this coming", "the coming", "coming"]);
    let (weekday, rest) = found(coming.unwrap_or(words))?;
    // "Fri. at 10".
    let rest = rest.after(".").filter(|rest| !rest.is_empty()).unwrap_or(rest);
    // "Friday, 27 November": the date says more than the weekday, unless it is no Friday.
    let after_comma = rest.after(",").unwrap_or(rest);
    let dated = month_day(after_comma, calendar).or_else(|| {
        let (date, rest) = iso_day(after_comma)
            .or_else(|| slashed_day(after_comma, calendar))
            .or_else(|| day_of_month(after_comma, calendar))?;
        fully(date, rest)
    });
    if let Some((day, rest)) = dated {
        return (day.date.weekday() == weekday).then_some((day, rest));
    }
    if let Some(rest) = rest.after_any(&["next week", "of next week"]) {
        return fully(calendar.of_next_week(weekday)?, rest);
    }
    let date = calendar.coming(weekday)?;
    // "Monday in two weeks", "Monday week".
    if rest.at(0) == "in"
        && let Some((weeks, "week" | "weeks", rest)) = amount(rest)
    {
        return fully(date.checked_add(Span::new().try_weeks(weeks).ok()?).ok()?, rest);
    }
    if let Some(rest) = rest.after_any(&["after next", "week"]) {
        return fully(date.checked_add(Span::new().weeks(1)).ok()?, rest);
    }
    Some((SaidDay { date, how: How::Weekday }, rest))
}

/// "In two weeks on Monday", "a week on Monday": so many weeks after the coming one.
fn weeks_then_weekday<'m>(words: Words<'m>, calendar: &Calendar) -> Option<(Date, Words<'m>)> {
    let said_in = words.after("in");
    let (weeks, "week" | "weeks", rest) = amount(said_in.map_or(words, |_| words))? else {
        return None;
    };
    let on = rest.after("on");
    let weekday = weekday_name(on.unwrap_or(rest).at(0))?;
    let date = calendar.coming(weekday)?.checked_add(Span::new().try_weeks(weeks).ok()?).ok()?;
    Some((date, on.unwrap_or(rest).skip(1)))
}

/// "Two weeks from Monday", "three days from tomorrow".
fn from_a_day<'m>(words: Words<'m>, calendar: &Calendar) -> Option<(Date, Words<'m>)> {
    let count = super::spans::small_number(words.at(0))?;
    let span = match words.at(1) {
        "day" | "days" => Span::new().try_days(count),
        "week" | "weeks" => Span::new().try_weeks(count),
        "month" | "months" => Span::new().try_months(count),
        _ => return None,
    };
    let from = words.skip(2).after("from")?;
    let (date, rest) = match weekday_name(from.at(0)) {
        Some(weekday) => (calendar.coming(weekday)?, from.skip(1)),
        None => named_day(from, calendar)?,
    };
    Some((date.checked_add(span.ok()?).ok()?, rest))
}

/// `2026-12-05`, `2026/12/05`.
pub(super) fn iso_day(words: Words<'_>) -> Option<(Date, Words<'_>)> {
    let word = words.at(0);
    let shaped = word.len() == 10 && word.starts_with(|first: char| first.is_ascii_digit());
    let day = shaped.then(|| word.replace('/', "-").parse::<Date>().ok()).flatten()?;
    (day.year() >= 1).then(|| (day, words.skip(1)))
}

/// `Dec 5`, `December 5th, 2026`, `5 December`, `the 5th of December 2026`.
fn month_day<'m>(words: Words<'m>, calendar: &Calendar) -> Option<(SaidDay, Words<'m>)> {
    let words = words.after("the").unwrap_or(words);
    let (month, day, rest) = if let Some(month) = month_name(words.at(0)) {
        let rest = words.skip(1);
        let rest = rest.after(".").unwrap_or(rest);
        let rest = rest.after("the").unwrap_or(rest);
        (month, day_number(rest.at(0))?, rest.skip(1))
    } else {
        let day = day_number(words.at(0))?;
        let rest = words.skip(1);
        let rest = rest.after_any(&["of", "."]).unwrap_or(rest);
        let (month, rest) = (month_name(rest.at(0))?, rest.skip(1));
        (month, day, rest.after(".").filter(|rest| !rest.is_empty()).unwrap_or(rest))
    };
    match year(rest) {
        Some((year, rest)) => {
            let date = calendar.day_of_year(month, day, Some(year))?;
            Some((SaidDay { date, how: How::Fully }, rest))
        }
        None => {
            let date = calendar.day_of_year(month, day, None)?;
            Some((SaidDay { date, how: How::WithoutYear }, rest))
        }
    }
}

/// Reads ", 2026".
pub(super) fn year(words: Words<'_>) -> Option<(i16, Words<'_>)> {
    let words = words.after(",").unwrap_or(words);
    let year = words.at(0);
    let plain = year.len() == 4 && year.starts_with("20");
    plain.then(|| year.parse().ok()).flatten().map(|year| (year, words.skip(1)))
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

/// `5.12.2026`: where full stops divide a date, the day comes first.
fn dotted_day(words: Words<'_>) -> Option<(Date, Words<'_>)> {
    let parts: Vec<_> = words.at(0).split('.').collect();
    let [day, month, year] = parts[..] else { return None };
    let year = year.parse().ok().filter(|_| year.len() == 4 && year.starts_with("20"))?;
    Some((Date::new(year, day_number(month)?, day_number(day)?).ok()?, words.skip(1)))
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

pub(super) fn day_number(word: &str) -> Option<i8> {
    let digits =
        ["st", "nd", "rd", "th"].iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word);
    let plain = (1..=2).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}
