//! Instants: a time with its offset from UTC.

use jiff::{civil::DateTime, tz::Offset};
use todo_domain::Timestamp;

use super::words::Words;

/// An offset from UTC.
pub(super) type SaidOffset = Offset;

/// `2026-12-05T15:00`, and with an offset `2026-12-05T15:00Z`.
pub(super) enum IsoTime {
    Local(DateTime),
    Instant(Timestamp),
}

/// Reads a date-time as machines write it.
pub(super) fn iso_time(words: Words<'_>) -> Option<(IsoTime, Words<'_>)> {
    let word = words.at(0);
    if word.as_bytes().get(10) != Some(&b't')
        || !word.starts_with(|first: char| first.is_ascii_digit())
    {
        return None;
    }
    let (time, offset) = split(word);
    let local: DateTime = time.parse().ok().filter(|local: &DateTime| local.year() >= 1)?;
    let rest = words.skip(1);
    let (offset, rest) = match offset {
        Some(offset) => (Some(offset), rest),
        None => stated(rest, true).map_or((None, rest), |(offset, rest)| (Some(offset), rest)),
    };
    let then = match offset {
        Some(offset) => IsoTime::Instant(instant(local, offset)?),
        None => IsoTime::Local(local),
    };
    Some((then, rest))
}

/// The instant at which clocks with this offset show this.
pub(super) fn instant(local: DateTime, offset: Offset) -> Option<Timestamp> {
    let at = offset.to_timestamp(local).ok()?;
    Timestamp::from_microsecond(at.as_microsecond()).ok()
}

/// Splits the offset off `15:30z` and `15:30+02:00`.
pub(super) fn split(word: &str) -> (&str, Option<Offset>) {
    let found = || {
        // A day has hyphens of its own.
        let (day, time) = word.split_once('t').map_or(("", word), |(day, time)| (day, time));
        // "14:00-15:00" is no time with an offset, but from one time to another.
        let at =
            if day.is_empty() { time.find(['z', '+']) } else { time.find(['z', '+', '-', '−']) }?;
        let offset = read(&time[at..])?;
        let start = if day.is_empty() { 0 } else { day.len() + 1 };
        Some((&word[..start + at], Some(offset)))
    };
    if word.contains(':') { found().unwrap_or((word, None)) } else { (word, None) }
}

/// Reads "UTC", "GMT+2" or "+02:00" at the beginning, and says what follows. After a day that people
/// write, "-15:00" is the end of something.
pub(super) fn stated(words: Words<'_>, after_iso: bool) -> Option<(Offset, Words<'_>)> {
    if let Some(rest) = words.after_any(&["utc", "gmt", "z", "zulu"]) {
        return Some((Offset::UTC, rest));
    }
    let signed = words.at(0) == "+" || after_iso && matches!(words.at(0), "-" | "−");
    if signed && words.clings(1) && words.at(1).contains(':') {
        let offset = read(&format!("{}{}", words.at(0), words.at(1)))?;
        return Some((offset, words.skip(2)));
    }
    let named = ["utc", "gmt"].iter().find_map(|name| words.at(0).strip_prefix(name))?;
    Some((read(named)?, words.skip(1)))
}

/// `z`, `+02:00`, `+0200`, `-5`.
fn read(text: &str) -> Option<Offset> {
    if text == "z" {
        return Some(Offset::UTC);
    }
    let mut chars = text.chars();
    let sign = match chars.next()? {
        '+' => 1,
        '-' | '−' => -1,
        _ => return None,
    };
    let digits = chars.as_str();
    let (hours, minutes) = match digits.split_once(':') {
        Some((hours, minutes)) => (hours, minutes),
        None if digits.len() == 4 && digits.is_ascii() => digits.split_at(2),
        None => (digits, "00"),
    };
    let number = |text: &str, most: i32| {
        let plain = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| text.parse().ok()).flatten().filter(|&number: &i32| number <= most)
    };
    let minutes = number(minutes, 59).filter(|_| minutes.len() == 2)?;
    let most = if sign > 0 { 14 } else { 12 };
    Offset::from_seconds(sign * (number(hours, most)? * 3600 + minutes * 60)).ok()
}
