//! Times of the day as people say them: 3pm, 15:00, 3:30 p.m., noon, at 5, half past six.

use jiff::civil::Time;

use super::{
    offsets::{self, SaidOffset},
    parts_of_day::Part,
    spans::small_number,
    words::Words,
};

/// What was said about a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clock {
    pub(super) hour: i8,
    pub(super) minute: i8,
    second: i8,
    pub(super) half: Option<Half>,
    /// How it was said.
    pub(super) form: Form,
}

/// The half of the day, where it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    Am,
    Pm,
}

/// How a time was said, as far as it tells whether 3 may be 15.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// "3", "3:15".
    Twelve,
    /// "03:15", "15h30": who writes like that means what the clock shows.
    TwentyFour,
    /// "six": that it is a time must be said.
    Spelled,
    /// "noon", "midnight".
    Named,
}

/// Reads a time at the beginning, and says what follows it.
pub(super) fn clock(words: Words<'_>) -> Option<(Clock, Option<SaidOffset>, Words<'_>)> {
    match words.after_any(&["at", "@", "around"]) {
        Some(words) => read(words, true),
        None => read(words, false),
    }
}

/// Reads a time where another word says that it is one, and says what follows it.
pub(super) fn hour(words: Words<'_>) -> Option<(Clock, Option<SaidOffset>, Words<'_>)> {
    read(words, true)
}

/// Reads a time that was said to be one, or not: then a mere number is none.
fn read(words: Words<'_>, said: bool) -> Option<(Clock, Option<SaidOffset>, Words<'_>)> {
    if let Some((clock, rest)) = named(words).or_else(|| past_the_hour(words)) {
        return Some((clock, None, rest));
    }
    let (word, attached) = offsets::split(words.at(0));
    let (mut clock, bare) = Clock::read(word)?;
    let rest = words.skip(1);
    // "12 noon" and "12 midnight" are one time, said twice.
    if clock.hour == 12
        && clock.minute == 0
        && clock.half.is_none()
        && let Some((clock, rest)) = named(rest)
    {
        return Some((clock, None, rest));
    }
    if attached.is_some() {
        return (!bare).then_some((clock, attached, rest));
    }
    for (half, names) in [(Half::Am, ["am", "a.m"]), (Half::Pm, ["pm", "p.m"])] {
        if let Some(rest) = rest.after_any(&names) {
            clock.half = Some(half);
            return clock.checked(None, rest.after(".").unwrap_or(rest));
        }
    }
    if clock.half.is_some() {
        // "3p.m." leaves its last full stop behind.
        let rest = if words.at(0).contains('.') { rest.after(".").unwrap_or(rest) } else { rest };
        return clock.checked(None, rest);
    }
    if let Some(rest) = rest.after_any(&["o'clock", "oclock"]) {
        clock.form = Form::Twelve;
        return clock.checked(None, rest);
    }
    if bare && !said && Part::stated(rest).is_none() {
        return None;
    }
    clock.checked(None, rest)
}

fn named(words: Words<'_>) -> Option<(Clock, Words<'_>)> {
    let clock = |hour, minute| Clock { hour, minute, second: 0, half: None, form: Form::Named };
    if let Some(rest) = words.after_any(&["noon", "midday", "lunchtime"]) {
        return Some((clock(12, 0), rest));
    }
    // The midnight at which a day ends, as "by midnight" means it.
    Some((clock(23, 59), words.after("midnight")?))
}

/// `half past six`, `quarter to 9`.
fn past_the_hour(words: Words<'_>) -> Option<(Clock, Words<'_>)> {
    let words = words.after("a").unwrap_or(words);
    let (minutes, rest) = if let Some(rest) = words.after("half past") {
        (30, rest)
    } else if let Some(rest) = words.after("quarter past") {
        (15, rest)
    } else {
        (-15, words.after("quarter to")?)
    };
    let hour: i8 =
        small_number(rest.at(0)).filter(|hour| (1..=12).contains(hour))?.try_into().ok()?;
    let (hour, minute) = match (minutes, hour) {
        (-15, 1) => (12, 45),
        (-15, _) => (hour - 1, 45),
        (minutes, _) => (hour, minutes),
    };
    let rest = rest.skip(1);
    let half = rest.after_any(&["am", "a.m"]).map(|rest| (Half::Am, rest));
    let half = half.or_else(|| rest.after_any(&["pm", "p.m"]).map(|rest| (Half::Pm, rest)));
    let clock = |half| Clock { hour, minute, second: 0, half, form: Form::Twelve };
    Some(match half {
        Some((half, rest)) => (clock(Some(half)), rest.after(".").unwrap_or(rest)),
        None => (clock(None), rest),
    })
}

impl Clock {
    /// Reads `3`, `six`, `15:00`, `3pm`, `3:30p.m`, `15:30:00`; and whether it is a mere number.
    fn read(word: &str) -> Option<(Self, bool)> {
        if let Some(hour) =
            small_number(word).filter(|_| word.bytes().all(|byte| byte.is_ascii_lowercase()))
            && !matches!(word, "a" | "an")
        {
            let hour = hour.try_into().ok()?;
            return Some((
                Self { hour, minute: 0, second: 0, half: None, form: Form::Spelled },
                true,
            ));
        }
        let (digits, half) =
            [("am", Half::Am), ("a.m", Half::Am), ("pm", Half::Pm), ("p.m", Half::Pm)]
                .into_iter()
                .find_map(|(name, half)| Some((word.strip_suffix(name)?, Some(half))))
                .unwrap_or((word, None));
        let (digits, second) = seconds(digits);
        let mut form = Form::Twelve;
        let (hour, minute) =
            match digits.split_once(if half.is_some() { [':', '.'] } else { [':', 'h'] }) {
                Some((hour, minute)) if minute.len() == 2 => {
                    if digits.contains('h') || hour.starts_with('0') {
                        form = Form::TwentyFour;
                    }
                    (hour, Some(number(minute)?))
                }
                Some(_) => return None,
                None => (digits, None),
            };
        let hour = number(hour)?;
        if hour == 0 || hour > 12 {
            form = Form::TwentyFour;
        }
        let bare = half.is_none() && minute.is_none();
        Some((Self { hour, minute: minute.unwrap_or(0), second, half, form }, bare))
    }

    /// The clock, if there is such a time.
    fn checked<'m>(
        self,
        offset: Option<SaidOffset>,
        rest: Words<'m>,
    ) -> Option<(Self, Option<SaidOffset>, Words<'m>)> {
        let fits = match self.half {
            Some(_) => (1..=12).contains(&self.hour),
            None => true,
        };
        (fits && self.at_hour(self.hour).is_some()).then_some((self, offset, rest))
    }

    /// The time it shows at this hour.
    pub(super) fn at_hour(self, hour: i8) -> Option<Time> {
        Time::new(hour, self.minute, self.second, 0).ok()
    }

    /// The hour, as a clock of 24 hours shows it.
    pub(super) const fn full_hour(hour: i8) -> Self {
        Self { hour, minute: 0, second: 0, half: None, form: Form::TwentyFour }
    }

    /// The time when no part of the day is said. Without am or pm, from one to six people mean the
    /// afternoon.
    pub(super) fn time(self) -> Option<Time> {
        match (self.half, self.form) {
            (Some(Half::Am), _) => self.at_hour(self.hour % 12),
            (Some(Half::Pm), _) => self.at_hour(self.hour % 12 + 12),
            (None, Form::Twelve | Form::Spelled) if (1..=6).contains(&self.hour) => {
                self.at_hour(self.hour + 12)
            }
            (None, _) => self.at_hour(self.hour),
        }
    }

    /// Whether the same words may mean a time twelve hours later.
    pub(super) fn has_two_readings(self) -> bool {
        self.half.is_none() && self.form != Form::Named && (1..=12).contains(&self.hour)
    }

    /// The time, read as it is shown.
    pub(super) fn as_shown(self) -> Option<Time> {
        if self.half.is_some() { self.time() } else { self.at_hour(self.hour) }
    }
}

/// Splits the seconds off `15:30:00` and `15:30:00.5`. Nobody is due by a fraction.
fn seconds(digits: &str) -> (&str, i8) {
    let split = || {
        let (time, seconds) = digits.rsplit_once(':').filter(|(time, _)| time.contains(':'))?;
        let whole = seconds.split_once('.').map_or(seconds, |(whole, _)| whole);
        (whole.len() == 2).then_some((time, number(whole)?))
    };
    split().unwrap_or((digits, 0))
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
        let (clock, _, rest) = clock(message.words())?;
        rest.is_empty().then(|| Some(clock.time()?.strftime("%H:%M").to_string())).flatten()
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
            ("12 noon", "12:00"),
            ("at 5", "17:00"),
            ("at 3:00", "15:00"),
            ("at 03:00", "03:00"),
            ("at 10", "10:00"),
            ("7 o'clock", "07:00"),
            ("half past six", "18:30"),
            ("at a quarter to 9", "08:45"),
            ("quarter past 10 pm", "22:15"),
            ("midnight", "23:59"),
        ] {
            assert_eq!(read(said).as_deref(), Some(meant), "{said}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for said in
            ["3", "25:00", "13pm", "3:5", "at home", "3:60", "100", "pm", "at", "", "six", "0am"]
        {
            assert_eq!(read(said), None, "{said}");
        }
    }
}
