//! Which due dates a filter lets pass, in terms of values that are kept: days and instants.

use std::{ops::RangeInclusive, time::Duration};

use jiff::civil::Date;

use crate::{Due, TaskFilter, TimeZone, Timestamp};

/// Due dates from one to another, for a reader in some time zone. Either range is empty where its
/// start is after its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueSpan {
    /// Of those that are days.
    pub days: RangeInclusive<Date>,
    /// Of those that are instants.
    pub instants: RangeInclusive<Timestamp>,
}

impl DueSpan {
    /// The first day there may be.
    pub const FIRST_DAY: Date = Date::constant(1, 1, 1);

    /// What the filter asks of due dates, for a reader there at this time; `None` if nothing.
    ///
    /// ```
    /// use todo_domain::{DueSpan, TaskFilter, TimeZone};
    ///
    /// let day = "2026-12-25".parse().ok();
    /// let filter = TaskFilter { due_before: day, due_after: day, ..TaskFilter::default() };
    /// let tokyo: TimeZone = "Asia/Tokyo".parse()?;
    /// let span = DueSpan::of(&filter, &tokyo, "2026-11-28T12:00:00Z".parse()?).unwrap();
    /// assert_eq!(span.instants.start().to_string(), "2026-12-24T15:00:00Z");
    /// assert_eq!(span.instants.end().to_string(), "2026-12-25T14:59:59.999999Z");
    /// # Ok::<(), todo_domain::TimeError>(())
    /// ```
    #[must_use]
    pub fn of(filter: &TaskFilter, zone: &TimeZone, now: Timestamp) -> Option<Self> {
        if !filter.asks_for_due() {
            return None;
        }
        let first_instant = TimeZone::UTC.start_of(Self::FIRST_DAY)?;
        let (mut from, mut to) = (first_instant, Timestamp::from(jiff::Timestamp::MAX));
        let (mut first, mut last) = (Self::FIRST_DAY, Date::MAX);
        if let Some(day) = filter.due_after {
            first = first.max(day);
            match zone.start_of(day) {
                Some(start) => from = from.max(start),
                // No instant is on that day any more.
                None => to = just_before(from),
            }
        }
        if let Some(day) = filter.due_before {
            last = last.min(day);
            if let Some(next) = day.tomorrow().ok().and_then(|next| zone.start_of(next)) {
                to = to.min(just_before(next));
            }
        }
        if filter.overdue {
            last = last.min(zone.day_of(now).yesterday().unwrap_or(Date::MIN));
            to = to.min(now);
        }
        // What is before all there is need not be distinguished.
        Some(Self { days: first..=last, instants: from..=to.max(just_before(first_instant)) })
    }

    /// Whether it has this due date.
    #[must_use]
    pub fn contains(&self, due: Due) -> bool {
        match due {
            Due::Day(day) => self.days.contains(&day),
            Due::At(at) => self.instants.contains(&at),
        }
    }
}

/// The instant before: instants are whole microseconds.
fn just_before(instant: Timestamp) -> Timestamp {
    instant.saturating_sub(Duration::from_micros(1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ZONES: [&str; 8] = [
        "UTC", "America/Bogota", "Asia/Tokyo", "Pacific/Kiritimati", "Pacific/Niue",
        "America/St_Johns", "America/Havana", "Pacific/Apia",
    ];

    fn zones() -> impl Strategy<Value = TimeZone> {
        prop::sample::select(&ZONES[..]).prop_map(|name| name.parse().unwrap())
    }

    /// Of the years when clocks were changed at midnight, or at the ends of the calendar.
    fn days() -> impl Strategy<Value = Date> {
        prop_oneof![
            (14_900..15_400)
                .prop_map(|days| Date::constant(1970, 1, 1) + jiff::Span::new().days(days)),
            (0..3).prop_map(|days| DueSpan::FIRST_DAY + jiff::Span::new().days(days)),
            (0..3).prop_map(|days| Date::MAX - jiff::Span::new().days(days)),
        ]
    }

    fn instants() -> impl Strategy<Value = Timestamp> {
        (days(), 0..48i64, -1..=1i64).prop_filter_map("not an instant", |(day, half, micro)| {
            let start = TimeZone::UTC.start_of(day)?.as_microsecond();
            let at = start + half * 1_800_000_000 + micro;
            Timestamp::from_microsecond(at)
                .ok()
                .filter(|&at| at >= TimeZone::UTC.start_of(DueSpan::FIRST_DAY).unwrap())
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn a_span_has_the_due_dates_of_the_readers_days(
            zone in zones(),
            due in prop_oneof![days().prop_map(Due::Day), instants().prop_map(Due::At)],
            due_before in prop::option::of(days()),
            due_after in prop::option::of(days()),
            overdue: bool,
            now in instants(),
        ) {
            let filter = TaskFilter { due_before, due_after, overdue, ..TaskFilter::default() };
            let day = due.day_in(&zone);
            let expected = due_before.is_none_or(|last| day <= last)
                && due_after.is_none_or(|first| day >= first)
                && (!overdue || due.has_passed(now, &zone));
            let span = DueSpan::of(&filter, &zone, now);
            prop_assert_eq!(span.is_none_or(|span| span.contains(due)), expected);
        }
    }
}
