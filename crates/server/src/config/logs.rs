//! What is logged, and in which form.

use tracing::Level;

use super::{
    Variables,
    table::{LOG_FORMAT, LOG_LEVEL},
};

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// `time - name - level - message key=value`, for people.
    Text,
    /// One JSON object a line, for collectors.
    Json,
}

/// What is logged, and in which form.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LogConfig {
    /// What is left out: all that matters less.
    pub(crate) level: Level,
    /// How a line looks.
    pub(crate) format: LogFormat,
}

impl LogConfig {
    pub(super) fn read(variables: &mut Variables) -> Self {
        Self::read_or(Level::INFO, variables)
    }

    /// What a command logs whose output a person reads: by default nothing below a warning.
    pub(super) fn read_for_a_person(variables: &mut Variables) -> Self {
        Self::read_or(Level::WARN, variables)
    }

    fn read_or(level: Level, variables: &mut Variables) -> Self {
        variables.note_default(LOG_LEVEL.name, level.as_str().to_ascii_lowercase());
        variables.note_default(LOG_FORMAT.name, "text");
        Self {
            level: variables.choice(LOG_LEVEL, level, |word| word.parse().ok()),
            format: variables.choice(LOG_FORMAT, LogFormat::Text, |word| match word {
                "text" => Some(LogFormat::Text),
                "json" => Some(LogFormat::Json),
                _ => None,
            }),
        }
    }
}
