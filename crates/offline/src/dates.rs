//! Dates and times as people say them, read from words.
//!
//! Days that can be read in two ways ("12/05") are not read at all: nothing is lost when they stay
//! in a title, and a wrong due date would be believed.

use jiff::civil::Date;

use super::{
    calendar::Calendar,
    days::{How, SaidDay, said_day, year},
    offsets::{self, IsoTime},
    parts_of_day::{END_OF_DAY, Part},
    spans::{amount, in_some_time},
    times::{self, clock},
    when::{At, Said, When},
    words::Words,
};

/// Reads a day, a time or both at the beginning, and says what follows.
pub(super) fn when<'m>(words: Words<'m>, calendar: &Calendar) -> Option<(When, Words<'m>)> {
    let fully = |at| When { said: Said::default(), at };
    if let Some((at, rest)) = in_some_time(words, calendar) {
        return Some((fully(At::Instant(at)), rest));
    }
    if let Some((time, rest)) = offsets::iso_time(words) {
        let at = match time {
            IsoTime::Local(local) => At::Local(local),
            IsoTime::Instant(at) => At::Instant(at),
        };
        return Some((fully(at), rest));
    }
    let (said, rest) = Said::default().more(words, calendar)?;
    said.to_the_end(rest, calendar)
}

/// Reads "9 tomorrow", as it stands after "by": with a day after it a mere number is a time.
pub(super) fn hour_of_day<'m>(words: Words<'m>, calendar: &Calendar) -> Option<(When, Words<'m>)> {
    let (clock, offset, rest) = times::hour(words)?;
    let said = Said { clock: Some(clock), offset, ..Said::default() };
    said.to_the_end(rest, calendar).filter(|(due, _)| due.has_day())
}

/// Reads a day at the beginning, and says what follows it and the part of the day.
pub(super) fn day<'m>(words: Words<'m>, calendar: &Calendar) -> Option<(Date, Words<'m>)> {
    let (day, rest) = said_day(words, calendar)?;
    let part = Part::named(rest).or_else(|| Part::stated(rest));
    Some((day.date, part.map_or(rest, |(_, rest)| rest)))
}

impl Said {
    /// Reads one thing more that can be said, and says what follows.
    fn more<'m>(self, words: Words<'m>, calendar: &Calendar) -> Option<(Self, Words<'m>)> {
        let begun = self != Self::default();
        if let Some(day) = self.day {
            if let Some((day, rest)) = more_of_day(day, words, calendar) {
                return Some((Self { day: Some(day), ..self }, rest));
            }
        } else {
            let linked = if begun { words.after_any(&["on", "of"]) } else { None };
            let from = linked.unwrap_or(words);
            if let Some((day, rest)) = said_day(from, calendar) {
                let part = Part::of_today(from).or(self.part);
                return Some((Self { day: Some(day), part, ..self }, rest));
            }
        }
        if self.part.is_none() {
            let named = if begun { Part::named(words) } else { None };
            if let Some((part, rest)) = named.or_else(|| Part::stated(words)) {
                return Some((Self { part: Some(part), ..self }, rest));
            }
        }
        if begun
            && self.clock.is_none()
            && let Some(rest) =
                words.after_any(&["by", "at"]).unwrap_or(words).after_any(&END_OF_DAY)
        {
            return Some((self, rest));
        }
        if self.clock.is_none() {
            let linked = if begun { words.after("by") } else { None };
            let (clock, offset, rest) = clock(linked.unwrap_or(words))?;
            return Some((Self { clock: Some(clock), offset, ..self }, rest));
        }
        if self.offset.is_none() {
            let after_iso = self.day.is_some_and(|day| day.how == How::Iso);
            let (offset, rest) = offsets::stated(words, after_iso)?;
            return Some((Self { offset: Some(offset), ..self }, rest));
        }
        None
    }

    /// Reads all that follows, and says when that is.
    fn to_the_end<'m>(self, words: Words<'m>, calendar: &Calendar) -> Option<(When, Words<'m>)> {
        let (mut said, mut rest) = (self, words);
        while let Some(more) = said.more(rest.after(",").unwrap_or(rest), calendar) {
            (said, rest) = more;
        }
        Some((said.resolved(calendar)?, rest))
    }
}

/// Reads what follows a day and says more of it: the date of a weekday, the year of a date.
fn more_of_day<'m>(
    day: SaidDay,
    words: Words<'m>,
    calendar: &Calendar,
) -> Option<(SaidDay, Words<'m>)> {
    match day.how {
        How::WithoutYear => {
            let (year, rest) = year(words)?;
            let date = calendar.day_of_year(day.date.month(), day.date.day(), Some(year))?;
            Some((SaidDay { date, how: How::Fully }, rest))
        }
        How::Weekday => {
            // "Monday morning in two weeks."
            if words.at(0) == "in"
                && let Some((weeks, "week" | "weeks", rest)) = amount(words)
            {
                let date = day.date.checked_add(jiff::Span::new().try_weeks(weeks).ok()?).ok()?;
                return Some((SaidDay { date, how: How::Fully }, rest));
            }
            let linked = words.after("on").unwrap_or(words);
            let (dated, rest) = said_day(linked, calendar)?;
            let same = dated.how != How::Weekday && dated.date.weekday() == day.date.weekday();
            same.then_some((dated, rest))
        }
        How::Today | How::Iso | How::Fully => None,
    }
}

#[cfg(test)]
#[path = "dates_tests.rs"]
mod tests;
