//! Days in query strings.

use todo_domain::Date;

use crate::error::{Cause, Fault};

/// Reads a day such as `2026-11-27`.
pub(super) fn of_query(text: &str) -> Result<Date, Fault> {
    // The parser tolerates a time after the day.
    let day = (text.len() == "YYYY-MM-DD".len()).then(|| text.parse().ok()).flatten();
    let cause = Cause::InvalidFormat { format: "date" };
    day.ok_or_else(|| Fault::new(cause, "must be a day such as 2026-11-27"))
}
