//! How much later or earlier: "by two days", "another week", "half an hour earlier".

use super::{
    intent::{Shift, ShiftUnit},
    spans::{count, minutes},
    words::Words,
};

/// Reads how far something is to be moved, if the words are that and nothing else; and whether it
/// is said to be later, or earlier.
pub(super) fn whole(words: Words<'_>) -> Option<(Shift, Option<bool>)> {
    let words = words.trimmed();
    let introduced = words.after_any(&["by", "for"]).unwrap_or(words);
    let (shift, more, rest) = much(introduced)?;
    let direction = match rest.at(0) {
        "" if rest.is_empty() => return Some((shift, more.then_some(true))),
        "later" | "more" | "longer" | "further" => true,
        "earlier" | "sooner" => false,
        _ => return None,
    };
    (rest.len() == 1).then_some((shift, Some(direction)))
}

/// Reads "two days", "another week", "two more days", and whether it is more than there was.
fn much(words: Words<'_>) -> Option<(Shift, bool, Words<'_>)> {
    if let Some((minutes, rest)) = minutes(words) {
        let whole_hours = minutes % 60 == 0;
        let (by, unit) = if whole_hours {
            (minutes / 60, ShiftUnit::Hour)
        } else {
            (minutes, ShiftUnit::Minute)
        };
        return Some((Shift { by, unit }, false, rest));
    }
    let (by, more, rest) = if let Some(rest) = words.after_any(&["another", "one more", "an extra"])
    {
        (1, true, rest)
    } else if let Some(rest) = words.after_any(&["a couple of", "a couple", "couple of"]) {
        (2, false, rest)
    } else {
        let (count, rest) = count(words)?;
        let more = rest.after_any(&["more", "extra", "additional"]);
        (count, more.is_some(), more.unwrap_or(rest))
    };
    let (times, unit) = match rest.at(0) {
        "minute" | "minutes" | "min" | "mins" => (1, ShiftUnit::Minute),
        "hour" | "hours" | "hr" | "hrs" | "h" => (1, ShiftUnit::Hour),
        "day" | "days" => (1, ShiftUnit::Day),
        "week" | "weeks" => (1, ShiftUnit::Week),
        "fortnight" | "fortnights" => (2, ShiftUnit::Week),
        "month" | "months" => (1, ShiftUnit::Month),
        "year" | "years" => (12, ShiftUnit::Month),
        _ => return None,
    };
    (by > 0).then(|| (Shift { by: by * times, unit }, more, rest.skip(1)))
}
