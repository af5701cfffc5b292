//! When something is due, as people mean it.

use std::fmt;

use jiff::civil::{Date, DateTime};

use crate::{TimeZone, Timestamp};

/// Why a text is not a due date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be a day such as 2026-11-27 or a time such as 2026-11-27T15:00:00Z, in the years 1 to 9999"
)]
pub struct DueError;

/// A day ("by Friday") or an instant ("at 3 pm"). A day never shifts with a time zone; which day
/// an instant falls on depends on where the reader is, [`Due::day_in`].
///
/// ```
/// use todo_domain::{Due, TimeZone};
///
/// let tokyo: TimeZone = "Asia/Tokyo".parse()?;
/// assert_eq!(Due::parse("2026-11-27", &tokyo)?.to_string(), "2026-11-27");
/// // A time without an offset is the user's own.
/// assert_eq!(Due::parse("2026-11-27T15:00", &tokyo)?.to_string(), "2026-11-27T06:00:00Z");
/// assert!(Due::parse("tomorrow", &tokyo).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Due {
    /// Some time on this day, wherever the user is.
    Day(Date),
    /// At this instant.
    At(Timestamp),
}

impl Due {
    /// Reads an ISO 8601 day or date-time; a date-time without an offset is in `zone`.
    ///
    /// # Errors
    /// [`DueError`] for anything else, and outside the years 1 to 9999.
    pub fn parse(text: &str, zone: &TimeZone) -> Result<Self, DueError> {
        // jiff reads more than this: basic formats, signed years, annotations of a zone that it
        // then leaves aside.
        let (day, time) = text.split_at_checked("YYYY-MM-DD".len()).ok_or(DueError)?;
        let day: Date = day.parse().map_err(|_| DueError)?;
        let due = if time.is_empty() {
            Self::Day(day)
        } else if !time.starts_with('T') || time.contains('[') {
            return Err(DueError);
        } else if let Ok(instant) = text.parse::<Timestamp>() {
            Self::At(instant)
        } else {
            let local: DateTime = text.parse().map_err(|_| DueError)?;
            Self::At(zone.instant_of(local).map_err(|_| DueError)?)
        };
        // In UTC: where clocks are ahead, it may be the year 1 while it is not yet.
        if due.day_in(&TimeZone::UTC).year() < 1 { Err(DueError) } else { Ok(due) }
    }

    /// The day it falls on for a reader there.
    ///
    /// ```
    /// use todo_domain::{Due, TimeZone};
    ///
    /// let (bogota, tokyo): (TimeZone, TimeZone) = ("America/Bogota".parse()?, "Asia/Tokyo".parse()?);
    /// let due = Due::parse("2026-12-24T23:30", &bogota)?;
    /// assert_eq!(due.day_in(&bogota).to_string(), "2026-12-24");
    /// assert_eq!(due.day_in(&tokyo).to_string(), "2026-12-25");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn day_in(&self, zone: &TimeZone) -> Date {
        match *self {
            Self::Day(day) => day,
            Self::At(at) => zone.day_of(at),
        }
    }

    /// Its position among the due dates of a reader there: by the day, a day before the times on it,
    /// those by the instant.
    #[must_use]
    pub fn sort_position(&self, zone: &TimeZone) -> (Date, Option<Timestamp>) {
        let at = if let Self::At(at) = *self { Some(at) } else { None };
        (self.day_in(zone), at)
    }

    /// Whether it has passed for a reader there: a day once the next one has begun, an instant from
    /// then on.
    #[must_use]
    pub fn has_passed(&self, now: Timestamp, zone: &TimeZone) -> bool {
        match *self {
            Self::Day(day) => day < zone.day_of(now),
            Self::At(at) => at <= now,
        }
    }
}

impl fmt::Display for Due {
    /// The form of the wire: `2026-11-27` or `2026-11-27T15:00:00Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => day.fmt(f),
            Self::At(at) => at.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_not_a_day_or_a_time_is_refused() {
        for text in [
            "",
            "tomorrow",
            "2026-13-01",
            "2026-02-30",
            "2026-1-1",
            "2026-11-27T",
            "15:00",
            "2026-11-27 15:00x",
            "-000001-01-01",
            "0000-01-01",
            "20261127",
            "20261127T1500",
            "+002026-11-27",
            "2026-11-27 15:00",
            "2026-11-27T12:00:00[Europe/Berlin]",
            "2026-11-27T12:00:00+01:00[Europe/Berlin]",
            "2026-11-2é",
        ] {
            assert_eq!(Due::parse(text, &TimeZone::UTC), Err(DueError), "{text:?}");
        }
    }

    #[test]
    fn a_time_before_the_year_1_is_refused_wherever_clocks_are_ahead_of_it() {
        let kathmandu: TimeZone = "Asia/Kathmandu".parse().unwrap();
        assert_eq!(Due::parse("0001-01-01T00:00:00", &kathmandu), Err(DueError));
        assert!(Due::parse("0001-01-01T06:00:00", &kathmandu).is_ok());
        assert!(Due::parse("0001-01-01", &kathmandu).is_ok());
    }

    #[test]
    fn an_instant_has_passed_at_once_and_a_day_when_the_readers_next_one_begins() {
        let tokyo: TimeZone = "Asia/Tokyo".parse().unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let noon = Due::parse("2026-11-28T12:00", &tokyo).unwrap();
        assert!(!noon.has_passed(at("2026-11-28T02:59:59.999999Z"), &tokyo));
        assert!(noon.has_passed(at("2026-11-28T03:00:00Z"), &tokyo));
        let day = Due::parse("2026-11-28", &tokyo).unwrap();
        assert!(!day.has_passed(at("2026-11-28T14:59:59Z"), &tokyo));
        assert!(day.has_passed(at("2026-11-28T15:00:00Z"), &tokyo));
        assert!(!day.has_passed(at("2026-11-28T15:00:00Z"), &TimeZone::UTC));
    }

    proptest! {
        #[test]
        fn a_printed_due_date_reads_back(days in -700_000i32..2_900_000, micros in 0i64..86_400_000_000) {
            let day = Date::constant(1970, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap_or(Date::MAX);
            prop_assert_eq!(Due::parse(&Due::Day(day).to_string(), &TimeZone::UTC), Ok(Due::Day(day)));
            let at = Timestamp::from_microsecond(i64::from(days) * 86_400_000_000 + micros).map_err(|e| TestCaseError::fail(e.to_string()))?;
            let due = Due::At(at);
            prop_assert_eq!(Due::parse(&due.to_string(), &TimeZone::UTC), Ok(due));
        }
    }
}
