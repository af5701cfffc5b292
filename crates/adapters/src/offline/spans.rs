//! Times that are told by how far away they are: "in 3 days", "two weeks from now".

use jiff::{Unit, civil::Date};
use todo_domain::Timestamp;

use super::{calendar::Calendar, words::Words};

/// `in 3 days`, `in two weeks`, `within a month`, `3 days from now`.
pub(super) fn in_some_days<'m>(words: Words<'m>, calendar: &Calendar) -> Option<(Date, Words<'m>)> {
    let (count, unit, rest) = from_now(words)?;
    let unit = match unit {
        "day" | "days" => Unit::Day,
        "week" | "weeks" => Unit::Week,
        "month" | "months" => Unit::Month,
        "year" | "years" => Unit::Year,
        _ => return None,
    };
    Some((calendar.in_units(count, unit)?, rest))
}

/// `in 2 hours`, `in 30 minutes`, `in half an hour`, `in an hour and a half`: an instant. What is
/// counted in hours is elapsed time, over a change of clocks, too.
pub(super) fn in_some_time<'m>(
    words: Words<'m>,
    calendar: &Calendar,
) -> Option<(Timestamp, Words<'m>)> {
    let after_in = words.after_any(&["in", "within"]);
    let (minutes, rest) = minutes(after_in.unwrap_or(words))?;
    let rest = match after_in {
        Some(_) => rest,
        None => rest.after_any(&FROM_NOW)?,
    };
    Some((calendar.in_minutes(minutes)?, rest))
}

/// `2 hours and 30 minutes`, `half an hour`, `an hour and a half`.
pub(super) fn minutes(words: Words<'_>) -> Option<(i64, Words<'_>)> {
    if let Some(rest) = words.after_any(&["half an hour", "half hour", "a half hour"]) {
        return Some((30, rest));
    }
    let (count, unit, rest) = amount(words)?;
    if MINUTES.contains(&unit) {
        return Some((count, rest));
    }
    if !HOURS.contains(&unit) {
        return None;
    }
    let minutes = count.checked_mul(60)?;
    if let Some(rest) = rest.after("and a half") {
        return Some((minutes.checked_add(30)?, rest));
    }
    let more = rest.after("and").unwrap_or(rest);
    match amount(more) {
        Some((count, unit, rest)) if MINUTES.contains(&unit) && !matches!(more.at(0), "in") => {
            Some((minutes.checked_add(count)?, rest))
        }
        _ => Some((minutes, rest)),
    }
}

const HOURS: [&str; 5] = ["hour", "hours", "h", "hr", "hrs"];
const MINUTES: [&str; 4] = ["minute", "minutes", "min", "mins"];
const FROM_NOW: [&str; 2] = ["from now", "from today"];

/// A number and its unit after "in", or before "from now".
fn from_now(words: Words<'_>) -> Option<(i64, &str, Words<'_>)> {
    let after_in = words.after_any(&["in", "within"]);
    let (count, unit, rest) = amount(words)?;
    let rest = if after_in.is_some() { rest } else { rest.after_any(&FROM_NOW)? };
    Some((count, unit, rest))
}

/// A number and its unit, "in" before them or not: "in 3 days", "two weeks", "a couple of hours".
pub(super) fn amount(words: Words<'_>) -> Option<(i64, &str, Words<'_>)> {
    let words = words.after_any(&["in", "within"]).unwrap_or(words);
    if let Some(rest) = words.after_any(&["a couple of", "a couple", "couple of"]) {
        return (!rest.is_empty()).then(|| (2, rest.at(0), rest.skip(1)));
    }
    Some((small_number(words.at(0))?, words.at(1), words.skip(2)))
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
