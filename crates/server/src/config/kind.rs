//! What variables may be set to. Each kind knows its bounds; the defaults are those of the settings
//! that the values become.

use std::fmt;

/// A number of seconds, fractions allowed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seconds {
    pub(super) name: &'static str,
    pub(super) min: f64,
    pub(super) max: f64,
}

/// A whole number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Whole {
    pub(super) name: &'static str,
    /// What is counted, if that is not plain: `days`.
    pub(super) unit: &'static str,
    pub(super) min: u64,
    pub(super) max: u64,
}

/// A whole number from 1 on, or 0 or `off` for no limit.
#[derive(Debug, Clone, Copy)]
pub(super) struct OrOff {
    pub(super) name: &'static str,
    pub(super) max: u64,
}

/// A number from 0 to 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Share {
    pub(super) name: &'static str,
}

/// Yes or no.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flag {
    pub(super) name: &'static str,
}

/// One of these words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choice {
    pub(super) name: &'static str,
    pub(super) words: &'static [&'static str],
}

/// Text, which its reader checks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text {
    pub(super) name: &'static str,
}

/// Text that must not be shown. It may be in a file, which a second variable names.
#[derive(Debug, Clone, Copy)]
pub(super) struct Secret {
    pub(super) name: &'static str,
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a number of seconds from {} to {}", self.min, self.max)
    }
}

impl fmt::Display for Whole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { unit, min, max, .. } = self;
        match *unit {
            "" => write!(f, "a whole number from {min} to {max}"),
            "port" => write!(f, "a port from {min} to {max}"),
            unit => write!(f, "a whole number of {unit} from {min} to {max}"),
        }
    }
}

impl fmt::Display for OrOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from 1 to {}, or 0 or off for no limit", self.max)
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number from 0 to 1")
    }
}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true, false, 1 or 0")
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.words {
            [rest @ .., last] if !rest.is_empty() => write!(f, "{} or {last}", rest.join(", ")),
            words => f.write_str(&words.join(", ")),
        }
    }
}

/// What a row of the table needs of a kind: its bounds as `.env.example` says them, and whether a
/// second variable may name a file.
#[cfg(test)]
pub(super) trait Kind: Sync {
    fn bounds(&self) -> String;

    fn is_secret(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod kinds {
    use super::{Choice, Flag, Kind, OrOff, Seconds, Secret, Share, Text, Whole};

    impl Kind for Seconds {
        fn bounds(&self) -> String {
            format!("seconds, {} to {}", self.min, self.max)
        }
    }

    impl Kind for Whole {
        fn bounds(&self) -> String {
            let Self { unit, min, max, .. } = self;
            match *unit {
                "days" | "milliseconds" => format!("whole {unit}, {min} to {max}"),
                _ => format!("{min} to {max}"),
            }
        }
    }

    impl Kind for OrOff {
        fn bounds(&self) -> String {
            format!("1 to {}, or 0 or off for no limit", self.max)
        }
    }

    impl Kind for Share {
        fn bounds(&self) -> String {
            "0 to 1".to_owned()
        }
    }

    impl Kind for Flag {
        fn bounds(&self) -> String {
            self.to_string()
        }
    }

    impl Kind for Choice {
        fn bounds(&self) -> String {
            self.to_string()
        }
    }

    impl Kind for Text {
        fn bounds(&self) -> String {
            String::new()
        }
    }

    impl Kind for Secret {
        fn bounds(&self) -> String {
            String::new()
        }

        fn is_secret(&self) -> bool {
            true
        }
    }
}
