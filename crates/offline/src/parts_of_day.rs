//! Parts of the day, and what they make of a time without am or pm: "at 6 in the morning".

use super::words::Words;

/// A part of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Morning,
    Afternoon,
    Evening,
    /// It goes on after midnight.
    Night,
}

/// A day is due at its end anyway.
pub(super) const END_OF_DAY: [&str; 8] = [
    "eod", "cob", "the end of the day", "end of the day", "end of day", "close of business",
    "the close of business", "end of business",
];

impl Part {
    /// Reads "in the morning", "at night" at the beginning, and says what follows.
    pub(super) fn stated(words: Words<'_>) -> Option<(Self, Words<'_>)> {
        const STATED: [(&[&str], Part); 4] = [
            (
                &[
                    "in the early morning", "early in the morning", "in the morning",
                    "on the morning of", "the morning of",
                ],
                Part::Morning,
            ),
            (&["in the afternoon", "on the afternoon of", "the afternoon of"], Part::Afternoon),
            (&["in the evening", "on the evening of", "the evening of"], Part::Evening),
            (
                &["late at night", "at night", "in the night", "on the night of", "the night of"],
                Part::Night,
            ),
        ];
        STATED.iter().find_map(|&(names, part)| Some((part, words.after_any(names)?)))
    }

    /// Reads "morning" as in "tomorrow morning".
    pub(super) fn named(words: Words<'_>) -> Option<(Self, Words<'_>)> {
        let part = match words.at(0) {
            "morning" => Self::Morning,
            "afternoon" => Self::Afternoon,
            "evening" => Self::Evening,
            "night" => Self::Night,
            _ => return None,
        };
        Some((part, words.skip(1)))
    }

    /// The part in the name of a day: "tonight", "this morning".
    pub(super) fn of_today(words: Words<'_>) -> Option<Self> {
        if words.at(0) == "tonight" {
            return Some(Self::Night);
        }
        words.after("this").and_then(Self::named).map(|(part, _)| part)
    }

    /// The hour that a task gets which is moved to this part of a day and no hour is said.
    pub(super) const fn usual_hour(self) -> i8 {
        match self {
            Self::Morning => 9,
            Self::Afternoon => 15,
            Self::Evening => 18,
            Self::Night => 21,
        }
    }

    /// Whether a title that names this part of the day says which half of it an hour is in.
    pub(super) const fn fits(self, hour: i8) -> bool {
        match self {
            Self::Morning => 4 <= hour && hour <= 11,
            Self::Afternoon => hour <= 6 || hour == 12,
            Self::Evening => 5 <= hour && hour <= 11,
            Self::Night => 6 <= hour && hour <= 11,
        }
    }

    /// The one part of the day that these words name.
    pub(super) fn among(words: Words<'_>) -> Option<Self> {
        let mut named = words.plain().filter_map(|word| match word {
            "morning" => Some(Self::Morning),
            "afternoon" => Some(Self::Afternoon),
            "evening" => Some(Self::Evening),
            "night" | "tonight" => Some(Self::Night),
            _ => None,
        });
        let first = named.next()?;
        named.all(|other| other == first).then_some(first)
    }
}
