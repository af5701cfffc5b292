//! Parts of a date that were not read with the rest of it.
//!
//! A date is taken whole or not at all: what stays in the title can be read there, and half a date
//! would be believed.

use super::{
    calendar::Calendar,
    dates::day,
    days::{day_number, is_unclear, month_name, said_day, weekday_name},
    offsets::iso_time,
    parts_of_day::Part,
    spans::small_number,
    times::clock,
    when::When,
    words::Words,
};

/// Whether a title that a due date was taken off still has a part of that date.
pub(super) fn stays_in(title: Words<'_>, said: Words<'_>, due: When, calendar: &Calendar) -> bool {
    let before = without_connection(title);
    ends_with_day(before, said, due, calendar)
        || ends_with_time(before)
        || !due.has_day() && (names_a_day(title, calendar) || names_a_time(title))
}

/// Whether words that follow a due date go on with it: "tomorrow or Friday".
pub(super) fn goes_on(due: When, rest: Words<'_>, calendar: &Calendar) -> bool {
    let linked = rest.after_any(&["or", "and", "to", "until", "till", "through", "-", "–"]);
    let next = linked.and_then(|rest| rest.after("on").or(Some(rest)));
    next.is_some_and(|rest| said_day(rest, calendar).is_some() || clock(rest).is_some())
        || due.has_time() && is_zone(rest.take(1))
}

/// Without what leads from one date to another: "Monday or", "December 1 -".
fn without_connection(words: Words<'_>) -> Words<'_> {
    const CONNECTIONS: [&str; 13] =
        ["or", "and", "to", "until", "till", "through", "by", "-", "–", "—", ",", "/", "."];
    let mut words = words;
    while let Some(shorter) = words.before_any(&CONNECTIONS) {
        words = shorter;
    }
    words
}

/// Whether words end with a day, or with what looks like one.
fn ends_with_day(words: Words<'_>, said: Words<'_>, due: When, calendar: &Calendar) -> bool {
    const LONGEST: usize = 6;
    let Some(last) = words.len().checked_sub(1) else { return false };
    let word = words.at(last);
    let before = last.checked_sub(1).map_or("", |before| words.at(before));
    if let Some(weekday) = weekday_name(word).map(|_| before) {
        // Of "slides for Monday" due tomorrow the Monday is the slides'; "sit in the sun" has none.
        let claimed = matches!(weekday, "for" | "of" | "black" | "the" | "a")
            && (due.has_day() || word.len() < 4);
        return !claimed;
    }
    if is_unclear(word) && matches!(before, "on" | "by" | "due") {
        return true;
    }
    // "3.12. at 10" is a day with its time, while "Python 3.12 tomorrow" has a day besides.
    let divided = word.contains('/') || word.matches('.').count() == 2 || !due.has_day();
    if is_unclear(word) && divided {
        return true;
    }
    if matches!(word, "week" | "weekend" | "month" | "year") && matches!(before, "next" | "this") {
        return true;
    }
    // "Feb 30, 2026", "31 June": no such days.
    let end = (0..=last).rev().take(5).find(|&at| month_name(words.at(at)).is_some());
    let numbered = |at: usize| day_number(words.at(at)).is_some();
    if let Some(month) = end {
        let after = (month + 1..=last).all(|at| {
            words.at(at) == "," || words.at(at).bytes().all(|byte| byte.is_ascii_digit())
        });
        let around = month < last && numbered(month + 1) || month > 0 && numbered(month - 1);
        if after && around {
            return true;
        }
    }
    // "3 days before Friday", "in 2 fortnights": so much of something.
    let counted = matches!(
        word,
        "minute"
            | "minutes"
            | "hour"
            | "hours"
            | "day"
            | "days"
            | "week"
            | "weeks"
            | "month"
            | "months"
            | "fortnight"
            | "fortnights"
    ) && small_number(before).is_some();
    let before_a_day = said.at(0) == "before";
    let introduced = last.checked_sub(2).is_some_and(|at| words.at(at) == "in");
    if counted && (introduced || before_a_day) {
        return true;
    }
    // A day that can be read, but was not: "tomorrow or Friday".
    (words.len().saturating_sub(LONGEST)..words.len()).any(|at| {
        let end = words.skip(at);
        let named = end.len() > 1
            || matches!(end.at(0), "today" | "tomorrow" | "tonight")
            || end.at(0).contains('-');
        let iso = || iso_time(end).is_some_and(|(_, rest)| rest.is_empty());
        named && day(end, calendar).is_some_and(|(_, rest)| rest.is_empty()) || iso()
    })
}

/// Whether words end with a time, or with what looks like one, and perhaps its time zone.
fn ends_with_time(words: Words<'_>) -> bool {
    const LONGEST_ZONE: usize = 4;
    (0..=LONGEST_ZONE.min(words.len())).any(|zone| {
        let at = words.len() - zone;
        (zone == 0 || is_zone(words.skip(at))) && ends_with_clock(words.take(at))
    })
}

/// Whether words look like a time zone. Most of their names mean several, so none is read: "9am PST",
/// "3pm Berlin time", "15:00 Europe/Berlin".
fn is_zone(words: Words<'_>) -> bool {
    let name = words.written();
    let is_abbreviation = (2..=5).contains(&name.len())
        && name.ends_with('T')
        && name.bytes().all(|byte| byte.is_ascii_uppercase());
    let is_region = name
        .split_once('/')
        .is_some_and(|(region, city)| region.starts_with(char::is_alphabetic) && !city.is_empty());
    words.last() == "time" || words.len() == 1 && (is_abbreviation || is_region)
}

fn ends_with_clock(words: Words<'_>) -> bool {
    let Some(last) = words.len().checked_sub(1) else { return false };
    let word = words.at(last);
    let digits = |text: &str| {
        (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let word = word.strip_suffix("ish").map_or(word, |word| word.trim_end_matches('-'));
    // "14:00-15:00"
    let until = word.rsplit(['-', '–']).next().unwrap_or(word);
    let clock_like = until
        .split_once(':')
        .is_some_and(|(hour, minute)| digits(hour) && minute.len() == 2 && digits(minute));
    let halved = ["am", "pm"].iter().any(|half| {
        word.strip_suffix(half).is_some_and(|time| {
            time.ends_with(|last: char| last.is_ascii_digit())
                && time.starts_with(|first: char| first.is_ascii_digit())
        }) || word == *half && last > 0 && digits(words.at(last - 1))
    });
    let part = (words.len().saturating_sub(3)..last)
        .any(|at| Part::stated(words.skip(at)).is_some_and(|(_, rest)| rest.is_empty()));
    let at_hour = last > 0 && matches!(words.at(last - 1), "at" | "@") && digits(word);
    clock_like || halved || at_hour || part && has_number(words)
}

fn has_number(words: Words<'_>) -> bool {
    words.plain().any(|word| word.starts_with(|first: char| first.is_ascii_digit()))
}

/// Whether words name another time somewhere: "1 at 8am and 2 at 8pm".
fn names_a_time(words: Words<'_>) -> bool {
    let has_digit = |word: &str| {
        let word = word.strip_suffix("am").or_else(|| word.strip_suffix("pm")).unwrap_or(word);
        word.contains(|letter: char| letter.is_ascii_digit())
    };
    (0..words.len()).any(|at| {
        let rest = words.skip(at);
        let said_at = rest.after_any(&["at", "@"]);
        let clear = said_at.is_some() || rest.at(0).ends_with('m') || rest.at(0).contains(':');
        clear && has_digit(said_at.unwrap_or(rest).at(0)) && clock(rest).is_some()
    })
}

/// Whether words name a day somewhere, to which a mere time may belong.
fn names_a_day(words: Words<'_>, calendar: &Calendar) -> bool {
    const LONG: usize = 5;
    (0..words.len()).any(|at| {
        let word = words.at(at);
        let rest = words.skip(at);
        matches!(
            word,
            "today"
                | "tomorrow"
                | "tonight"
                | "christmas"
                | "easter"
                | "thanksgiving"
                | "halloween"
        ) || rest.after("new year's").is_some()
            || weekday_name(word).is_some() && word.len() >= LONG
            || rest.after("next week").is_some()
            || month_name(word).is_some() && said_day(rest, calendar).is_some()
            || day_number(word).is_some()
                && month_name(rest.at(1)).is_some()
                && said_day(rest, calendar).is_some()
    })
}
