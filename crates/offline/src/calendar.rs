//! Days as people count them from today.

use jiff::{
    Span, Unit,
    civil::{Date, DateTime, Weekday},
};
use todo_domain::{TimeZone, Timestamp};

/// What clock and calendar show where the user is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Calendar {
    now: DateTime,
    instant: Timestamp,
}

impl Calendar {
    pub(super) fn new(now: Timestamp, zone: &TimeZone) -> Self {
        Self { now: zone.local(now), instant: now }
    }

    pub(super) fn today(self) -> Date {
        self.now.date()
    }

    /// What the clock shows.
    pub(super) fn now(self) -> DateTime {
        self.now
    }

    pub(super) fn instant(self) -> Timestamp {
        self.instant
    }

    /// So many days, weeks, months or years from today.
    pub(super) fn in_units(self, count: i64, unit: Unit) -> Option<Date> {
        let span = match unit {
            Unit::Day => Span::new().try_days(count),
            Unit::Week => Span::new().try_weeks(count),
            Unit::Month => Span::new().try_months(count),
            _ => Span::new().try_years(count),
        };
        self.today().checked_add(span.ok()?).ok()
    }

    /// So many minutes from now, as time goes by, to the minute.
    pub(super) fn in_minutes(self, count: i64) -> Option<Timestamp> {
        const MINUTE: i64 = 60_000_000;
        let this_minute = self.instant.as_microsecond().div_euclid(MINUTE);
        Timestamp::from_microsecond(this_minute.checked_add(count)?.checked_mul(MINUTE)?).ok()
    }

    /// The next such weekday after today: on a Friday "Friday" is in seven days, because who
    /// means today says so.
    pub(super) fn coming(self, weekday: Weekday) -> Option<Date> {
        self.today().nth_weekday(1, weekday).ok()
    }

    /// Such a weekday from today on: on a Friday "this Friday" is today.
    pub(super) fn this(self, weekday: Weekday) -> Option<Date> {
        if self.today().weekday() == weekday { Some(self.today()) } else { self.coming(weekday) }
    }

    /// Such a weekday of the week that begins with the next Monday: "next Friday" said on a
    /// Wednesday is not in two days.
    pub(super) fn of_next_week(self, weekday: Weekday) -> Option<Date> {
        let days = Span::new().days(weekday.to_monday_zero_offset());
        self.coming(Weekday::Monday)?.checked_add(days).ok()
    }

    /// The last day of "this week". Said on a Sunday it is the week ahead that is meant.
    pub(super) fn end_of_week(self) -> Option<Date> {
        self.coming(Weekday::Sunday)
    }

    /// The next day of this number in its month, today included; months without it are skipped.
    pub(super) fn day_of_month(self, day: i8) -> Option<Date> {
        let first = self.today().first_of_month();
        (0..12i32).find_map(|months| {
            let month = first.checked_add(Span::new().months(months)).ok()?;
            month.with().day(day).build().ok().filter(|&date| date >= self.today())
        })
    }

    /// A day of a month: of the year said, else the next there is, today included.
    pub(super) fn day_of_year(self, month: i8, day: i8, year: Option<i16>) -> Option<Date> {
        if let Some(year) = year {
            return Date::new(year, month, day).ok();
        }
        // The 29th of February may be eight years away.
        (0..=8).find_map(|years| {
            let year = self.today().year().checked_add(years)?;
            Date::new(year, month, day).ok().filter(|&date| date >= self.today())
        })
    }
}
