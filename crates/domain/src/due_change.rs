//! What may happen to the due date of a task.

use std::time::Duration;

use jiff::{Span, ToSpan, civil::Date};

use crate::{Change, Due, TimeZone, Timestamp};

/// What happens to a due date.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum DueChange {
    /// Leave it.
    #[default]
    Keep,
    /// Remove it.
    Clear,
    /// Replace it with this.
    Set(Due),
    /// Put it on another day. A task that is due at a time stays due at that time of the day.
    MoveTo {
        /// The day.
        day: Date,
        /// Where the time of the day is meant.
        zone: TimeZone,
    },
    /// Put it off, or bring it forward.
    Shift {
        /// By how much.
        by: DueShift,
        /// Where days begin and end.
        zone: TimeZone,
    },
}

/// How far a due date is shifted: later when positive, earlier when negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueShift {
    count: i32,
    unit: DueUnit,
}

/// What shifts are counted in. Minutes and hours are elapsed time; days, weeks and months are those
/// of the calendar and leave the time of the day as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DueUnit {
    /// Sixty seconds.
    Minute,
    /// Sixty minutes.
    Hour,
    /// A day of the calendar.
    Day,
    /// Seven days.
    Week,
    /// A month; a day that it does not have becomes its last.
    Month,
}

/// Why a shift was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a whole number from -{max} to {max}, but not 0", max = DueShift::MAX)]
pub struct DueShiftError;

impl DueShift {
    /// The most units there may be.
    pub const MAX: i32 = 10_000;

    /// So many units, at most [`DueShift::MAX`] either way.
    ///
    /// # Errors
    /// [`DueShiftError`] for more, and for none.
    pub fn new(count: i64, unit: DueUnit) -> Result<Self, DueShiftError> {
        match i32::try_from(count) {
            Ok(count) if count != 0 && (-Self::MAX..=Self::MAX).contains(&count) => {
                Ok(Self { count, unit })
            }
            _ => Err(DueShiftError),
        }
    }

    /// Later, it counts from what is due, or from now where that has passed; earlier, it counts from
    /// what is due and stops at now. A task that is not due yet counts from today.
    fn of(self, due: Option<Due>, now: Timestamp, zone: &TimeZone) -> Option<Due> {
        let today = zone.day_of(now);
        let due_or_today = due.unwrap_or(Due::Day(today));
        let Some(span) = self.days() else { return Some(self.elapsed(due_or_today, now)) };
        match due_or_today {
            Due::Day(day) => Some(Due::Day(self.day(day, today, span))),
            Due::At(at) => {
                let local = zone.local(at);
                let day = self.day(local.date(), today, span);
                let then = zone.instant_of(day.to_datetime(local.time())).ok()?;
                Some(Due::At(then))
            }
        }
    }

    fn day(self, day: Date, today: Date, span: Span) -> Date {
        if self.count > 0 {
            day.max(today).saturating_add(span)
        } else {
            day.saturating_add(span).max(today).min(day)
        }
    }

    fn elapsed(self, due: Due, now: Timestamp) -> Due {
        let minutes = if self.unit == DueUnit::Hour { 60 } else { 1 };
        let much = Duration::from_secs(u64::from(self.count.unsigned_abs()) * minutes * 60);
        let this_minute = floored(now);
        let then = match due {
            Due::At(at) if self.count > 0 => at.max(this_minute).saturating_add(much),
            Due::At(at) => at.saturating_sub(much).max(this_minute).min(at),
            Due::Day(_) if self.count > 0 => this_minute.saturating_add(much),
            day @ Due::Day(_) => return day,
        };
        Due::At(then)
    }

    fn days(self) -> Option<Span> {
        match self.unit {
            DueUnit::Minute | DueUnit::Hour => None,
            DueUnit::Day => Some(self.count.days()),
            DueUnit::Week => Some(self.count.weeks()),
            DueUnit::Month => Some(self.count.months()),
        }
    }
}

/// The minute it is.
fn floored(now: Timestamp) -> Timestamp {
    const MINUTE: i64 = 60_000_000;
    let minute = now.as_microsecond().div_euclid(MINUTE) * MINUTE;
    Timestamp::from_microsecond(minute).unwrap_or(now)
}

impl From<Change<Due>> for DueChange {
    fn from(change: Change<Due>) -> Self {
        match change {
            Change::Keep => Self::Keep,
            Change::Clear => Self::Clear,
            Change::Set(due) => Self::Set(due),
        }
    }
}

impl DueChange {
    /// Changes a due date, as things stand now. Beyond the last day there is nothing is moved.
    pub(crate) fn apply(&self, due: &mut Option<Due>, now: Timestamp) {
        let changed = match self {
            Self::Keep => return,
            Self::Clear => None,
            Self::Set(new) => Some(*new),
            Self::MoveTo { day, zone } => match *due {
                Some(Due::At(at)) => zone
                    .instant_of(day.to_datetime(zone.local(at).time()))
                    .map_or(*due, |at| Some(Due::At(at))),
                _ => Some(Due::Day(*day)),
            },
            Self::Shift { by, zone } => by.of(*due, now, zone).or(*due),
        };
        *due = changed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-22T09:00:30Z";

    fn after(change: &DueChange, due: &str) -> String {
        let zone = "Europe/Berlin".parse().unwrap();
        let mut due = (!due.is_empty()).then(|| Due::parse(due, &zone).unwrap());
        change.apply(&mut due, NOW.parse().unwrap());
        due.map(|due| due.to_string()).unwrap_or_default()
    }

    fn shifted(count: i64, unit: DueUnit, due: &str) -> String {
        let zone = "Europe/Berlin".parse().unwrap();
        after(&DueChange::Shift { by: DueShift::new(count, unit).unwrap(), zone }, due)
    }

    #[test]
    fn moving_to_a_day_keeps_the_time_of_the_day() {
        let day = Date::constant(2027, 7, 1);
        let moved = DueChange::MoveTo { day, zone: "Europe/Berlin".parse().unwrap() };
        // Half past nine in the evening, in winter and in summer.
        assert_eq!(after(&moved, "2026-11-24T20:30:00Z"), "2027-07-01T19:30:00Z");
        assert_eq!(after(&moved, "2026-11-24"), "2027-07-01");
        assert_eq!(after(&moved, ""), "2027-07-01");
    }

    #[test]
    fn days_and_months_are_put_off_by_the_calendar_and_keep_the_time() {
        assert_eq!(shifted(2, DueUnit::Day, "2026-11-24"), "2026-11-26");
        assert_eq!(shifted(2, DueUnit::Week, "2026-11-24T20:30:00Z"), "2026-12-08T20:30:00Z");
        // Over the change of clocks on 28 March 2027.
        assert_eq!(shifted(150, DueUnit::Day, "2026-11-24T09:00:00Z"), "2027-04-23T08:00:00Z");
        assert_eq!(shifted(3, DueUnit::Month, "2026-11-30"), "2027-02-28");
        assert_eq!(shifted(2, DueUnit::Day, ""), "2026-11-24");
    }

    #[test]
    fn what_is_overdue_is_put_off_from_now() {
        assert_eq!(shifted(2, DueUnit::Day, "2026-11-01"), "2026-11-24");
        assert_eq!(shifted(2, DueUnit::Day, "2026-11-01T20:30:00Z"), "2026-11-24T20:30:00Z");
        assert_eq!(shifted(2, DueUnit::Hour, "2026-11-01T20:30:00Z"), "2026-11-22T11:00:00Z");
    }

    #[test]
    fn what_is_brought_forward_stops_at_now() {
        assert_eq!(shifted(-1, DueUnit::Day, "2026-11-24"), "2026-11-23");
        assert_eq!(shifted(-9, DueUnit::Day, "2026-11-24"), "2026-11-22");
        assert_eq!(shifted(-9, DueUnit::Day, "2026-11-01"), "2026-11-01");
        assert_eq!(shifted(-1, DueUnit::Hour, "2026-11-22T11:00:00Z"), "2026-11-22T10:00:00Z");
        assert_eq!(shifted(-9, DueUnit::Hour, "2026-11-22T11:00:00Z"), "2026-11-22T09:00:00Z");
    }

    #[test]
    fn hours_are_elapsed_time_and_begin_now_on_a_mere_day() {
        assert_eq!(shifted(3000, DueUnit::Hour, "2026-11-24T09:00:00Z"), "2027-03-29T09:00:00Z");
        assert_eq!(shifted(90, DueUnit::Minute, "2026-11-24"), "2026-11-22T10:30:00Z");
        assert_eq!(shifted(-1, DueUnit::Hour, "2026-11-24"), "2026-11-24");
    }

    #[test]
    fn a_shift_is_bounded_and_never_leaves_the_calendar() {
        for count in [0, 10_001, -10_001, i64::MAX] {
            assert_eq!(DueShift::new(count, DueUnit::Day), Err(DueShiftError), "{count}");
        }
        assert_eq!(shifted(10_000, DueUnit::Month, "9999-12-01"), "9999-12-31");
    }
}
