//! Times that are told by how far away they are: "in 3 days", "two weeks from now".

use jiff::{Unit, civil::Date};

use super::{calendar::Calendar, dates::When, words::Words};

/// `in 3 days`, `in two weeks`, `within a month`, `3 days from now`.
pub(super) fn in_some_days<'m>(words: Words<'m>, calendar: &Calendar) -> Option<(Date, Words<'m>)> {
    let (count, unit, rest) = amount(words)?;
    let unit = match unit {
        "day" | "days" => Unit::Day,
        "week" | "weeks" => Unit::Week,
        "month" | "months" => Unit::Month,
        "year" | "years" => Unit::Year,
        _ => return None,
    };
    Some((calendar.in_units(count, unit)?, rest))
}

/// `in 2 hours`, `in 30 minutes`, `in half an hour`.
pub(super) fn in_some_time<'m>(words: Words<'m>, calendar: &Calendar) -> Option<(When, Words<'m>)> {
    let (minutes, rest) = if let Some(rest) = words.after("in half an hour") {
        (30, rest)
    } else {
        let (count, unit, rest) = amount(words)?;
        match unit {
            "hour" | "hours" | "h" => (count.checked_mul(60)?, rest),
            "minute" | "minutes" | "min" | "mins" => (count, rest),
            _ => return None,
        }
    };
    let then = calendar.in_minutes(minutes)?;
    Some((When { day: then.date(), time: Some(then.time()) }, rest))
}

/// A number and its unit after "in", or before "from now".
fn amount(words: Words<'_>) -> Option<(i64, &str, Words<'_>)> {
    let after_in = words.after_any(&["in", "within"]);
    let words = after_in.unwrap_or(words);
    let count = small_number(words.at(0))?;
    let (unit, rest) = (words.at(1), words.skip(2));
    match after_in {
        Some(_) => Some((count, unit, rest)),
        None => Some((count, unit, rest.after_any(&["from now", "from today"])?)),
    }
}

/// A number up to four digits, or a word for one up to twelve.
pub(super) fn small_number(word: &str) -> Option<i64> {
    const NUMBERS: [&str; 12] = [
        "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
        "twelve",
    ];
    if matches!(word, "a" | "an") {
        return Some(1);
    }
    if let Some((number, _)) = (1..).zip(NUMBERS).find(|&(_, name)| name == word) {
        return Some(number);
    }
    (word.len() <= 4).then(|| word.parse().ok().filter(|&number| number >= 0)).flatten()
}
