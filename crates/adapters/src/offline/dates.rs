//! When something is due, as people say it, resolved from now.
//!
//! Days that can be read in two ways ("12/05") are not read at all: nothing is lost when they stay
//! in a title, and a wrong due date would be believed.

use std::fmt;

use jiff::civil::{Date, DateTime};
use todo_domain::Timestamp;

use super::{
    calendar::Calendar,
    days::{How, SaidDay, said_day, year},
    offsets::{self, IsoTime, SaidOffset},
    parts_of_day::Part,
    spans::{amount, in_some_time},
    times::{Clock, Form, clock},
    words::Words,
};

/// When something is due: a day, a time of that day where the user is, or an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct When {
    said: Said,
    at: At,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Day(Date),
    Local(DateTime),
    Instant(Timestamp),
}

impl fmt::Display for When {
    /// As tools take it: an ISO day, a date-time without an offset, or an instant.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            At::Day(day) => day.fmt(f),
            At::Local(local) => local.fmt(f),
            At::Instant(at) => at.fmt(f),
        }
    }
}

impl When {
    /// Whether a day was said, or a time from now, and not merely a time of the day.
    pub(super) fn has_day(self) -> bool {
        self.said.day.is_some() || self.said.clock.is_none()
    }

    /// Whether a time was said, and not merely a day.
    pub(super) fn has_time(self) -> bool {
        !matches!(self.at, At::Day(_))
    }

    /// The same in the light of a word beside it: the morning run at 6 is not in the evening.
    pub(super) fn hinted(self, part: Part, calendar: &Calendar) -> Self {
        let plausible = self.said.clock.is_some_and(|clock| {
            clock.has_two_readings() && clock.form != Form::TwentyFour && part.fits(clock.hour)
        });
        let said = Said { part: Some(part), ..self.said };
        let hinted = if plausible && self.said.part.is_none() && self.said.offset.is_none() {
            said.resolved(calendar)
        } else {
            None
        };
        hinted.unwrap_or(self)
    }

    /// This, or both together where one says a day and the other a time: "remind me tomorrow to call
    /// Bob at 3pm".
    pub(super) fn or(self, other: Self, calendar: &Calendar) -> Self {
        let together = |day: Self, time: Self| {
            let said =
                Said { day: day.said.day, part: time.said.part.or(day.said.part), ..time.said };
            said.resolved(calendar)
        };
        match (self.has_day(), other.has_day()) {
            (true, false) if !self.has_time() => together(self, other),
            (false, true) if !other.has_time() => together(other, self),
            _ => None,
        }
        .unwrap_or(self)
    }
}

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
    let (mut said, mut rest) = Said::default().more(words, calendar)?;
    loop {
        let next = rest.after(",").unwrap_or(rest);
        match said.more(next, calendar) {
            Some(more) => (said, rest) = more,
            None => return Some((said.resolved(calendar)?, rest)),
        }
    }
}

/// Reads a day at the beginning, and says what follows it and the part of the day.
pub(super) fn day<'m>(words: Words<'m>, calendar: &Calendar) -> Option<(Date, Words<'m>)> {
    let (day, rest) = said_day(words, calendar)?;
    let part = Part::named(rest).or_else(|| Part::stated(rest));
    Some((day.date, part.map_or(rest, |(_, rest)| rest)))
}

/// What was said of a day and its time, in whatever order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Said {
    day: Option<SaidDay>,
    part: Option<Part>,
    clock: Option<Clock>,
    offset: Option<SaidOffset>,
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

    /// When that is.
    fn resolved(self, calendar: &Calendar) -> Option<When> {
        let at = match (self.day, self.clock) {
            (None, None) => return None,
            (Some(day), None) => At::Day(day.date),
            (day, Some(clock)) => {
                if clock.form == Form::Spelled
                    && clock.half.is_none()
                    && day.is_none()
                    && self.part.is_none()
                {
                    return None;
                }
                match self.offset {
                    Some(offset) => At::Instant(self.at_offset(clock, offset, calendar)?),
                    None => At::Local(match day {
                        Some(day) => self.on_day(day, clock, calendar)?,
                        None => self.next(clock, calendar)?,
                    }),
                }
            }
        };
        Some(When { said: self, at })
    }

    /// What the clock shows on a day that was said.
    fn on_day(self, day: SaidDay, clock: Clock, calendar: &Calendar) -> Option<DateTime> {
        let now = calendar.now();
        let then = self.of(day.date, clock)?;
        if self.part.is_some() {
            // Who is up after midnight and says "tonight at 2" means this night.
            let sooner = then.date() > day.date
                && day.how == How::Today
                && now.hour() < 5
                && day.date.to_datetime(then.time()) > now;
            return Some(if sooner { day.date.to_datetime(then.time()) } else { then });
        }
        // "Today at 9" is not in the past while the clock shows nine once more.
        let later = clock.has_two_readings()
            && (clock.form != Form::TwentyFour || day.how == How::Today)
            && day.date == calendar.today()
            && then.hour() <= 12
            && then < now;
        // "Today at 0:30" is said of the coming night.
        let past_midnight = clock.hour == 0 && clock.half.is_none() && day.how == How::Today;
        let hours = if later {
            12
        } else if past_midnight && then < now {
            24
        } else {
            return Some(then);
        };
        let later = then.checked_add(jiff::Span::new().hours(hours)).ok()?;
        Some(if later > now { later } else { then })
    }

    /// The next time the clock shows this.
    fn next(self, clock: Clock, calendar: &Calendar) -> Option<DateTime> {
        let today = calendar.today();
        [today.yesterday().ok(), Some(today), today.tomorrow().ok()]
            .into_iter()
            .flatten()
            .filter_map(|day| self.of(day, clock))
            .find(|&then| then > calendar.now())
    }

    /// What the clock shows on a day, or in the night that follows it.
    fn of(self, day: Date, clock: Clock) -> Option<DateTime> {
        let Some(part) = self.part.filter(|_| clock.form != Form::Named) else {
            return Some(day.to_datetime(clock.time()?));
        };
        let of = part.time(clock)?;
        let day = if of.next_day { day.tomorrow().ok()? } else { day };
        Some(day.to_datetime(of.time))
    }

    /// The instant at which clocks elsewhere show this.
    fn at_offset(self, clock: Clock, offset: SaidOffset, calendar: &Calendar) -> Option<Timestamp> {
        let shown = |day: Date| match self.part {
            Some(_) => self.of(day, clock),
            None => Some(day.to_datetime(clock.as_shown()?)),
        };
        if let Some(day) = self.day {
            return offsets::instant(shown(day.date)?, offset);
        }
        let today = calendar.today();
        [today.yesterday().ok(), Some(today), today.tomorrow().ok()]
            .into_iter()
            .flatten()
            .filter_map(|day| offsets::instant(shown(day)?, offset))
            .find(|&then| then > calendar.instant())
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
