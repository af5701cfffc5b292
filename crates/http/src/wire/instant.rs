//! Instants as the wire has them: always with six fractional digits, so that texts sort like instants.

use todo_domain::{Due, Timestamp};

/// RFC 3339 in UTC: `2026-11-22T09:00:00.000000Z`.
pub(crate) fn instant(at: Timestamp) -> String {
    format!("{at:.6}")
}

/// A day, or an instant.
pub(crate) fn due(due: Due) -> String {
    match due {
        Due::Day(day) => day.to_string(),
        Due::At(at) => instant(at),
    }
}

#[cfg(test)]
mod tests {
    use todo_domain::TimeZone;

    use super::*;

    #[test]
    fn an_instant_has_six_fractional_digits_and_a_day_has_none() {
        for (at, text) in [
            ("2026-11-22T09:00:00Z", "2026-11-22T09:00:00.000000Z"),
            ("2026-11-22T09:00:00.12Z", "2026-11-22T09:00:00.120000Z"),
            ("2026-11-22T09:00:00.123456Z", "2026-11-22T09:00:00.123456Z"),
        ] {
            assert_eq!(instant(at.parse().unwrap()), text);
            assert_eq!(due(Due::parse(at, &TimeZone::UTC).unwrap()), text);
        }
        let day = Due::parse("2026-11-27", &TimeZone::UTC).unwrap();
        assert_eq!(due(day), "2026-11-27");
    }
}
