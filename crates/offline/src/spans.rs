//! Spans of time: how far away a time is ("in 3 days", "two weeks from now"), and how much later or
//! earlier a task is to be due ("by two days", "half an hour earlier").

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
        Some(_) => rest.after_any(&OF_TIME).unwrap_or(rest),
        None => rest.after_any(&FROM_NOW)?,
    };
    Some((calendar.in_minutes(minutes)?, rest))
}

/// `2 hours and 30 minutes`, `half an hour`, `an hour and a half`, `2.5 hours`, `1h30`.
pub(super) fn minutes(words: Words<'_>) -> Option<(i64, Words<'_>)> {
    const PARTS: [(&[&str], i64); 3] = [
        (&["half an hour", "half hour", "a half hour"], 30),
        (&["a quarter of an hour", "quarter of an hour"], 15),
        (&["three quarters of an hour"], 45),
    ];
    if let Some(read) =
        PARTS.iter().find_map(|&(names, minutes)| Some((minutes, words.after_any(names)?)))
    {
        return Some(read);
    }
    let (minutes, of_hour, rest) = in_one_unit(words)?;
    if of_hour == 1 {
        return Some((minutes, rest));
    }
    if let Some(rest) = rest.after("and a half") {
        return Some((minutes + 30, rest));
    }
    match in_one_unit(rest.after_any(&["and", ","]).unwrap_or(rest)) {
        Some((more, 1, rest)) => Some((minutes + more, rest)),
        _ => Some((minutes, rest)),
    }
}

/// `90 minutes`, `two and a half hours`, `2.5 hours`, `2h`, `1h30`: minutes, and how many of them the
/// unit has.
fn in_one_unit(words: Words<'_>) -> Option<(i64, i64, Words<'_>)> {
    if let Some((minutes, of_hour)) = in_one_word(words.at(0)) {
        return Some((minutes, of_hour, words.skip(1)));
    }
    let (hundredths, rest) = match hundredths(words.at(0)) {
        Some(hundredths) => (hundredths, words.skip(1)),
        None => {
            let (whole, rest) = couple(words).or_else(|| count(words))?;
            match rest.after("and a half") {
                Some(rest) => (whole * 100 + 50, rest),
                None => (whole * 100, rest),
            }
        }
    };
    let of_unit = minutes_of(rest.at(0))?;
    let minutes = hundredths * of_unit;
    (minutes % 100 == 0).then(|| (minutes / 100, of_unit, rest.skip(1)))
}

/// `2h`, `45min`, `1h30`, `1h30m`.
fn in_one_word(word: &str) -> Option<(i64, i64)> {
    let (digits, unit) = word.split_at(word.find(|letter: char| letter.is_ascii_alphabetic())?);
    let count = |digits: &str| small_number(digits).filter(|_| !digits.is_empty());
    let whole = hundredths(digits).or_else(|| Some(count(digits)? * 100))?;
    if let Some(of_unit) = minutes_of(unit) {
        let minutes = whole * of_unit;
        return (minutes % 100 == 0).then_some((minutes / 100, of_unit));
    }
    let minutes = count(unit.strip_prefix('h')?.trim_end_matches('m'))?;
    (minutes < 60).then_some((whole / 100 * 60 + minutes, 1))
}

/// `2.5` as 250.
fn hundredths(word: &str) -> Option<i64> {
    let (whole, part) = word.split_once('.')?;
    let part = match *part.as_bytes() {
        [tenths @ b'0'..=b'9'] => i64::from(tenths - b'0') * 10,
        [b'0'..=b'9', b'0'..=b'9'] => part.parse().ok()?,
        _ => return None,
    };
    let digits = !whole.is_empty() && whole.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| small_number(whole)).flatten().map(|whole| whole * 100 + part)
}

fn minutes_of(unit: &str) -> Option<i64> {
    if HOURS.contains(&unit) { Some(60) } else { MINUTES.contains(&unit).then_some(1) }
}

const HOURS: [&str; 5] = ["hour", "hours", "h", "hr", "hrs"];
const MINUTES: [&str; 4] = ["minute", "minutes", "min", "mins"];
const FROM_NOW: [&str; 2] = ["from now", "from today"];
/// "In two days' time."
const OF_TIME: [&str; 3] = ["' time", "'s time", "time"];

/// A number and its unit after "in", or before "from now".
fn from_now(words: Words<'_>) -> Option<(i64, &str, Words<'_>)> {
    let after_in = words.after_any(&["in", "within"]);
    let (count, unit, rest) = amount(words)?;
    let rest = match after_in {
        Some(_) => rest.after_any(&OF_TIME).unwrap_or(rest),
        None => rest.after_any(&FROM_NOW)?,
    };
    Some((count, unit, rest))
}

/// A number and its unit, "in" before them or not: "in 3 days", "two weeks", "a couple of hours".
pub(super) fn amount(words: Words<'_>) -> Option<(i64, &str, Words<'_>)> {
    let words = words.after_any(&["in", "within"]).unwrap_or(words);
    let (count, rest) = couple(words).or_else(|| count(words))?;
    (!rest.is_empty()).then(|| (count, rest.at(0), rest.skip(1)))
}

fn couple(words: Words<'_>) -> Option<(i64, Words<'_>)> {
    Some((2, words.after_any(&["a couple of", "a couple", "couple of"])?))
}

/// A number in digits or words: "90", "ninety", "twenty-five", "twenty five".
pub(super) fn count(words: Words<'_>) -> Option<(i64, Words<'_>)> {
    let (first, rest) = (small_number(words.at(0))?, words.skip(1));
    if TENS.contains(&words.at(0))
        && let Some(ones) = spelled(rest.at(0)).filter(|ones| *ones < 10)
    {
        return Some((first + ones, rest.skip(1)));
    }
    Some((first, rest))
}

const NUMBERS: [&str; 19] = [
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
];
const TENS: [&str; 8] =
    ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

/// A number up to four digits, or a word for one up to ninety-nine.
pub(super) fn small_number(word: &str) -> Option<i64> {
    if matches!(word, "a" | "an") {
        return Some(1);
    }
    let digits = || (word.len() <= 4).then(|| word.parse().ok().filter(|&number| number >= 0));
    spelled(word).or_else(|| digits().flatten())
}

fn spelled(word: &str) -> Option<i64> {
    let tens = |word| position(&TENS, word).map(|index| (index + 2) * 10);
    let ones = |word| position(&NUMBERS, word).map(|index| index + 1);
    ones(word).or_else(|| tens(word)).or_else(|| {
        let (first, last) = word.split_once('-')?;
        Some(tens(first)? + ones(last).filter(|ones| *ones < 10)?)
    })
}

fn position(names: &[&str], word: &str) -> Option<i64> {
    names.iter().position(|name| *name == word)?.try_into().ok()
}

/// How much later a task is to be due; earlier, if it is negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shift {
    pub(super) by: i64,
    pub(super) unit: ShiftUnit,
}

/// What shifts are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ShiftUnit {
    Minute,
    Hour,
    Day,
    Week,
    Month,
}

impl ShiftUnit {
    /// As tools take it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }
}

/// Reads how far something is to be moved, if the words are that and nothing else; and whether it
/// is said to be later, or earlier.
pub(super) fn shift(words: Words<'_>) -> Option<(Shift, Option<bool>)> {
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
