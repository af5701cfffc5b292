//! When something is due: what was said of it, resolved from now.

use std::fmt;

use jiff::civil::{Date, DateTime, Time};
use todo_domain::Timestamp;

use super::{
    calendar::Calendar,
    days::{How, SaidDay},
    offsets::{self, SaidOffset},
    parts_of_day::Part,
    times::{Clock, Form, Half},
};

/// When something is due: a day, a time of that day where the user is, or an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct When {
    pub(super) said: Said,
    pub(super) at: At,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
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

    /// Whether a time of any day was said, and no more.
    pub(super) fn is_mere_time(self) -> bool {
        !self.has_day()
    }

    /// The same where a task is moved there: the part of a day alone is its usual hour, if that is to
    /// come. The time of the day that the task had would contradict it.
    pub(super) fn at_usual_hour(self, calendar: &Calendar) -> Self {
        let clock = self.said.part.map(|part| Clock::full_hour(part.usual_hour()));
        let said = Said { clock, ..self.said };
        said.resolved(calendar)
            .filter(|then| self.said.clock.is_none() && then.is_to_come(calendar))
            .unwrap_or(self)
    }

    fn is_to_come(self, calendar: &Calendar) -> bool {
        matches!(self.at, At::Local(then) if then > calendar.now())
    }

    /// The same time on this day.
    pub(super) fn on(self, date: Date, calendar: &Calendar) -> Self {
        let day = SaidDay { date, how: How::Fully };
        Said { day: Some(day), ..self.said }.resolved(calendar).unwrap_or(self)
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

/// What was said of a day and its time, in whatever order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) day: Option<SaidDay>,
    pub(super) part: Option<Part>,
    pub(super) clock: Option<Clock>,
    pub(super) offset: Option<SaidOffset>,
}

impl Said {
    /// When that is.
    pub(super) fn resolved(self, calendar: &Calendar) -> Option<When> {
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
        let of = clock.of_part(part)?;
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

/// A time of a day that was named, or of the day after: "Friday night at 1" is on Saturday.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct TimeOf {
    time: Time,
    next_day: bool,
}

impl Clock {
    /// What the clock shows when somebody says this time of this part of the day; `None` where one
    /// contradicts the other.
    fn of_part(self, part: Part) -> Option<TimeOf> {
        let of = |hour, next_day| Some(TimeOf { time: self.at_hour(hour)?, next_day });
        let hour = self.hour;
        match (part, self.half) {
            (_, None) if hour > 12 => match part {
                Part::Morning => None,
                _ => of(hour, false),
            },
            (Part::Morning, Some(Half::Pm)) | (Part::Afternoon, Some(Half::Am)) => None,
            (Part::Morning, _) => of(hour % 12, false),
            (Part::Afternoon, _) if hour == 0 => None,
            (Part::Afternoon, _) => of(hour % 12 + 12, false),
            (Part::Evening | Part::Night, Some(Half::Pm)) => of(hour % 12 + 12, false),
            // Midnight and the hours after it.
            (Part::Evening | Part::Night, _) if hour % 12 == 0 => of(0, true),
            (Part::Night, Some(Half::Am)) if hour <= 5 => of(hour, true),
            (_, Some(Half::Am)) => None,
            (Part::Night, None) if hour <= 4 || hour == 5 && self.form == Form::TwentyFour => {
                of(hour, true)
            }
            (_, None) => of(hour + 12, false),
        }
    }
}
