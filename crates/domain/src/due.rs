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

/// A day ("by Friday") or an instant ("at 3 pm"). A day never shifts with a time zone.
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
    At {
        /// The instant.
        at: Timestamp,
        /// Its day in the user's time zone when it was written: what filters and orders go by.
        day: Date,
    },
}

impl Due {
    /// At an instant, as a person in this zone dates it.
    #[must_use]
    pub fn at(at: Timestamp, zone: &TimeZone) -> Self {
        Self::At { at, day: zone.day_of(at) }
    }

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
            Self::at(instant, zone)
        } else {
            let local: DateTime = text.parse().map_err(|_| DueError)?;
            Self::at(zone.instant_of(local).map_err(|_| DueError)?, zone)
        };
        let first = match due {
            Self::Day(day) => day,
            // Where clocks are ahead, it may be the year 1 while it is not yet.
            Self::At { at, day } => day.min(TimeZone::UTC.day_of(at)),
        };
        if first.year() < 1 { Err(DueError) } else { Ok(due) }
    }

    /// The day it falls on.
    #[must_use]
    pub const fn day(&self) -> Date {
        match self {
            Self::Day(day) | Self::At { day, .. } => *day,
        }
    }
}

impl fmt::Display for Due {
    /// The form of the wire: `2026-11-27` or `2026-11-27T15:00:00Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => day.fmt(f),
            Self::At { at, .. } => at.fmt(f),
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

    proptest! {
        #[test]
        fn a_printed_due_date_reads_back(days in -700_000i32..2_900_000, micros in 0i64..86_400_000_000) {
            let day = Date::constant(1970, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap_or(Date::MAX);
            prop_assert_eq!(Due::parse(&Due::Day(day).to_string(), &TimeZone::UTC), Ok(Due::Day(day)));
            let at = Timestamp::from_microsecond(i64::from(days) * 86_400_000_000 + micros).map_err(|e| TestCaseError::fail(e.to_string()))?;
            let due = Due::at(at, &TimeZone::UTC);
            prop_assert_eq!(Due::parse(&due.to_string(), &TimeZone::UTC), Ok(due));
        }
    }
}
