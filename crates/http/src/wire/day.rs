//! Days in query strings.

use todo_domain::Date;

/// Reads a day such as `2026-11-27`.
pub(super) fn of_query(text: &str) -> Result<Date, &'static str> {
    // The parser tolerates a time after the day.
    let day = (text.len() == "YYYY-MM-DD".len()).then(|| text.parse().ok()).flatten();
    day.ok_or("must be a day such as 2026-11-27")
}
