//! Instants and time zones.

use std::{
    fmt,
    str::FromStr,
    time::{Duration, SystemTime},
};

use jiff::{
    civil::{Date, DateTime, Time},
    tz::AmbiguousOffset,
};

/// Why a text or a number is not an instant or a time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// Not an RFC 3339 date-time, or beyond the years −9999 to 9999.
    #[error("must be a date and time such as 2026-11-27T15:00:00Z")]
    NotATimestamp,
    /// Not a name of the IANA time zone database.
    #[error("must be an IANA time zone such as Europe/Berlin")]
    UnknownTimeZone,
}

/// An instant with microseconds, as PostgreSQL keeps them; finer parts are cut off, so that a
/// value survives a round trip through any store.
///
/// ```
/// use todo_domain::Timestamp;
///
/// let instant: Timestamp = "2026-11-22T10:00:00.123456789+01:00".parse()?;
/// assert_eq!(instant.to_string(), "2026-11-22T09:00:00.123456Z");
/// # Ok::<(), todo_domain::TimeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(jiff::Timestamp);

impl Timestamp {
    /// From microseconds since 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// [`TimeError::NotATimestamp`] beyond the years −9999 to 9999.
    pub fn from_microsecond(microsecond: i64) -> Result<Self, TimeError> {
        jiff::Timestamp::from_microsecond(microsecond)
            .map(Self)
            .map_err(|_| TimeError::NotATimestamp)
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn as_microsecond(self) -> i64 {
        self.0.as_microsecond()
    }

    /// How long `self` is after `earlier`; zero when it is not.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::try_from(self.0.duration_since(earlier.0)).unwrap_or(Duration::ZERO)
    }

    /// The instant that much later, at most the last one there is.
    #[must_use]
    pub fn saturating_add(self, duration: Duration) -> Self {
        Self::from(self.0.saturating_add(duration).unwrap_or(jiff::Timestamp::MAX))
    }

    /// The instant that much earlier, at least the first one there is.
    #[must_use]
    pub fn saturating_sub(self, duration: Duration) -> Self {
        Self::from(self.0.saturating_sub(duration).unwrap_or(jiff::Timestamp::MIN))
    }
}

impl From<jiff::Timestamp> for Timestamp {
    fn from(instant: jiff::Timestamp) -> Self {
        // Truncation towards the past can't leave the range: its ends are whole microseconds
        // but for the last 999 nanoseconds.
        Self::from_microsecond(instant.as_nanosecond().div_euclid(1_000) as i64)
            .unwrap_or(Self(instant))
    }
}

impl From<SystemTime> for Timestamp {
    /// What a system's clock shows; the first or the last instant there is where that is beyond.
    fn from(time: SystemTime) -> Self {
        let beyond =
            if time < SystemTime::UNIX_EPOCH { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
        jiff::Timestamp::try_from(time).unwrap_or(beyond).into()
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC, with as many fractional digits as there are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Timestamp {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        text.parse::<jiff::Timestamp>().map(Self::from).map_err(|_| TimeError::NotATimestamp)
    }
}

/// Clocks are changed at whole seconds: this much before and after is on either side.
const MOMENT: Duration = Duration::from_micros(1);

/// A time zone of the IANA database; UTC unless a user chose another.
///
/// ```
/// use todo_domain::TimeZone;
///
/// let zone: TimeZone = "Asia/Tokyo".parse()?;
/// assert_eq!(zone.day_of("2026-11-22T20:00:00Z".parse()?).to_string(), "2026-11-23");
/// assert!("Atlantis/Capital".parse::<TimeZone>().is_err());
/// # Ok::<(), todo_domain::TimeError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct TimeZone(jiff::tz::TimeZone);

impl TimeZone {
    /// UTC.
    pub const UTC: Self = Self(jiff::tz::TimeZone::UTC);

    /// Its IANA name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// The day on the calendar of a person there. Days follow one another without going back: where
    /// a clock is put back over midnight, the day before goes on until midnight comes for good.
    #[must_use]
    pub fn day_of(&self, instant: Timestamp) -> Date {
        let mut day = self.local(instant).date();
        while self.start_of(day).is_some_and(|start| start > instant) {
            let Ok(before) = day.yesterday() else { break };
            day = before;
        }
        day
    }

    /// The first instant of a day there, or of the next one where the calendar leaves it out; `None`
    /// beyond the last instant there is.
    ///
    /// ```
    /// use todo_domain::TimeZone;
    ///
    /// let start = |zone: &str, day: &str| {
    ///     let zone: TimeZone = zone.parse().unwrap();
    ///     zone.start_of(day.parse().unwrap()).unwrap().to_string()
    /// };
    /// assert_eq!(start("Asia/Tokyo", "2026-12-25"), "2026-12-24T15:00:00Z");
    /// // The clocks went from midnight to one.
    /// assert_eq!(start("America/Sao_Paulo", "2018-11-04"), "2018-11-04T03:00:00Z");
    /// ```
    #[must_use]
    pub fn start_of(&self, day: Date) -> Option<Timestamp> {
        let midnight = day.to_datetime(Time::midnight());
        let there = self.0.to_ambiguous_timestamp(midnight);
        let start = match there.offset() {
            AmbiguousOffset::Unambiguous { .. } => there.compatible(),
            // It begins with what the clock shows when it has been put forward.
            AmbiguousOffset::Gap { .. } => there.compatible().map(|inside| {
                let next = inside.saturating_add(MOMENT).unwrap_or(inside);
                self.0.preceding(next).next().map_or(inside, |change| change.timestamp())
            }),
            // Midnight comes twice. Between the two it is the day before, unless the clock was put
            // back to midnight itself.
            AmbiguousOffset::Fold { .. } => there.later().and_then(|again| {
                let before = again.saturating_sub(MOMENT).unwrap_or(again);
                if self.0.to_datetime(before) < midnight { Ok(again) } else { there.earlier() }
            }),
        };
        match start {
            Ok(start) => Some(start.into()),
            Err(_) if day.year() < 1 => Some(jiff::Timestamp::MIN.into()),
            Err(_) => None,
        }
    }

    /// What clock and calendar of a person there show.
    #[must_use]
    pub fn local(&self, instant: Timestamp) -> DateTime {
        self.0.to_datetime(instant.0)
    }

    /// The instant at which clock and calendar there show this. Where a clock skips an hour, the
    /// time after the gap counts; where it repeats one, the first pass (RFC 5545).
    ///
    /// # Errors
    /// [`TimeError::NotATimestamp`] at the very ends of the calendar.
    pub fn instant_of(&self, local: DateTime) -> Result<Timestamp, TimeError> {
        self.0.to_timestamp(local).map(Timestamp::from).map_err(|_| TimeError::NotATimestamp)
    }
}

impl FromStr for TimeZone {
    type Err = TimeError;

    fn from_str(name: &str) -> Result<Self, TimeError> {
        let zone = jiff::tz::TimeZone::get(name).map_err(|_| TimeError::UnknownTimeZone)?;
        if zone.iana_name().is_none() || zone.is_unknown() {
            return Err(TimeError::UnknownTimeZone);
        }
        Ok(Self(zone))
    }
}

impl Default for TimeZone {
    fn default() -> Self {
        Self::UTC
    }
}

impl fmt::Debug for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TimeZone({})", self.name())
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_before_1970_are_cut_towards_the_past_too() -> Result<(), TimeError> {
        let instant: Timestamp = "1969-12-31T23:59:59.9999995Z".parse()?;
        assert_eq!(instant.to_string(), "1969-12-31T23:59:59.999999Z");
        Ok(())
    }

    #[test]
    fn a_systems_clock_is_read_with_its_microseconds() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_nanos(1_234_567_999);
        assert_eq!(Timestamp::from(time).to_string(), "1970-01-01T00:00:01.234567Z");
        let ages = SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 40);
        assert_eq!(Timestamp::from(ages), Timestamp::from(jiff::Timestamp::MAX));
    }

    #[test]
    fn a_posix_rule_or_an_offset_is_not_a_name() {
        for name in ["EST5EDT,M3.2.0,M11.1.0", "+02:00", "", " ", "Etc/Unknown", "../../etc/passwd"]
        {
            assert_eq!(name.parse::<TimeZone>(), Err(TimeError::UnknownTimeZone), "{name:?}");
        }
    }

    #[test]
    fn days_begin_once_wherever_the_clock_is_put() {
        for (zone, day, start) in [
            // Put back from 00:01 to 23:01: between the two it is the day before.
            ("America/St_Johns", "2010-11-07", "2010-11-07T03:30:00Z"),
            // Put back from 01:00 to 00:00: the day has begun.
            ("America/Havana", "2026-11-01", "2026-11-01T04:00:00Z"),
            // Put forward over midnight, from 23:30 to 00:30.
            ("America/Toronto", "1919-03-31", "1919-03-31T04:30:00Z"),
            // Left out, as is the day before the next one.
            ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"),
            ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z"),
        ] {
            let zone: TimeZone = zone.parse().unwrap();
            let start: Timestamp = start.parse().unwrap();
            let day: Date = day.parse().unwrap();
            assert_eq!(zone.start_of(day), Some(start), "{zone} {day}");
            assert!(zone.day_of(start) >= day, "{zone} {day}");
            assert!(zone.day_of(start.saturating_sub(MOMENT)) < day, "{zone} {day}");
        }
    }

    #[test]
    fn a_day_at_the_end_of_time_begins_where_clocks_are_ahead_only() {
        let last = Date::MAX;
        let kiritimati: TimeZone = "Pacific/Kiritimati".parse().unwrap();
        assert_eq!(TimeZone::UTC.start_of(last), None);
        assert!(kiritimati.start_of(last).is_some());
        assert_eq!(kiritimati.start_of(Date::MIN), Some(jiff::Timestamp::MIN.into()));
    }

    #[test]
    fn since_is_never_negative() -> Result<(), TimeError> {
        let (early, late) =
            ("2026-01-01T00:00:00Z".parse::<Timestamp>()?, "2026-01-01T00:00:02Z".parse()?);
        assert_eq!(Timestamp::since(late, early), Duration::from_secs(2));
        assert_eq!(early.since(late), Duration::ZERO);
        Ok(())
    }
}
