//! Times of the day as people say them: 3pm, 15:00, 3:30 p.m., noon, at 5.

use jiff::civil::{Time, time};

use super::words::Words;

/// Reads a time at the beginning, and says what follows it. In the evening, 8 is 8 pm.
pub(super) fn time_of_day(words: Words<'_>, evening: bool) -> Option<(Time, Words<'_>)> {
    let said_at = words.after_any(&["at", "@", "around"]);
    let words = said_at.unwrap_or(words);
    if let Some(rest) = words.after_any(&["noon", "midday", "lunchtime"]) {
        return Some((time(12, 0, 0, 0), rest));
    }
    // The midnight at which a day ends, as "by midnight" means it.
    if let Some(rest) = words.after("midnight") {
        return Some((time(23, 59, 0, 0), rest));
    }
    let clock = Clock::read(words.at(0))?;
    let rest = words.skip(1);
    for (half, names) in [(Half::Am, ["am", "a.m"]), (Half::Pm, ["pm", "p.m"])] {
        if let Some(rest) = rest.after_any(&names) {
            return Some((clock.in_half(half)?, rest.after(".").unwrap_or(rest)));
        }
    }
    if let Some(half) = clock.half {
        // "3p.m." leaves its last full stop behind.
        let rest = if words.at(0).contains('.') { rest.after(".").unwrap_or(rest) } else { rest };
        return Some((clock.in_half(half)?, rest));
    }
    let spoken = rest.after_any(&["o'clock", "oclock"]);
    if clock.minute.is_none() && spoken.is_none() && said_at.is_none() {
        // A mere number is no time.
        return None;
    }
    let time = if evening && clock.hour < 12 {
        clock.in_half(Half::Pm)
    } else if clock.minute.is_none() {
        clock.in_daytime()
    } else {
        clock.as_shown()
    };
    Some((time?, spoken.unwrap_or(rest)))
}

/// What a word says about a clock.
#[derive(Debug, Clone, Copy)]
struct Clock {
    hour: i8,
    minute: Option<i8>,
    half: Option<Half>,
}

#[derive(Debug, Clone, Copy)]
enum Half {
    Am,
    Pm,
}

impl Clock {
    /// Reads `3`, `15:00`, `3pm`, `3:30p.m`.
    fn read(word: &str) -> Option<Self> {
        let (digits, half) =
            [("am", Half::Am), ("a.m", Half::Am), ("pm", Half::Pm), ("p.m", Half::Pm)]
                .into_iter()
                .find_map(|(name, half)| Some((word.strip_suffix(name)?, Some(half))))
                .unwrap_or((word, None));
        let (hour, minute) =
            match digits.split_once(if half.is_some() { [':', '.'] } else { [':', 'h'] }) {
                Some((hour, minute)) if minute.len() == 2 => (hour, Some(number(minute)?)),
                Some(_) => return None,
                None => (digits, None),
            };
        Some(Self { hour: number(hour)?, minute, half })
    }

    fn as_shown(self) -> Option<Time> {
        Time::new(self.hour, self.minute.unwrap_or(0), 0, 0).ok()
    }

    fn in_half(self, half: Half) -> Option<Time> {
        let hour = match (self.hour, half) {
            (12, Half::Am) => 0,
            (1..=11, Half::Pm) => self.hour + 12,
            (1..=12, _) => self.hour,
            _ => return None,
        };
        Self { hour, ..self }.as_shown()
    }

    /// An hour without am or pm: from one to six people mean the afternoon.
    fn in_daytime(self) -> Option<Time> {
        if (1..=6).contains(&self.hour) { self.in_half(Half::Pm) } else { self.as_shown() }
    }
}

/// A number of one or two digits.
fn number(digits: &str) -> Option<i8> {
    let plain = (1..=2).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::{super::words::Message, *};

    fn read(text: &str) -> Option<String> {
        let message = Message::read(text);
        let (time, rest) = time_of_day(message.words(), false)?;
        rest.is_empty().then(|| time.strftime("%H:%M").to_string())
    }

    #[test]
    fn people_say_times_in_many_ways() {
        for (said, meant) in [
            ("3pm", "15:00"),
            ("3 p.m.", "15:00"),
            ("at 3:30p.m.", "15:30"),
            ("12am", "00:00"),
            ("12 pm", "12:00"),
            ("15:00", "15:00"),
            ("9:05", "09:05"),
            ("at noon", "12:00"),
            ("at 5", "17:00"),
            ("at 10", "10:00"),
            ("7 o'clock", "07:00"),
            ("midnight", "23:59"),
        ] {
            assert_eq!(read(said).as_deref(), Some(meant), "{said}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for said in ["3", "25:00", "13pm", "3:5", "at home", "3:60", "100", "pm", "at", ""] {
            assert_eq!(read(said), None, "{said}");
        }
    }
}
