//! What is logged, and in which form.

use tracing::Level;

use super::Variables;

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
    /// `LOG_LEVEL`: `error | warn | info | debug | trace` in any case, default info.
    pub(crate) level: Level,
    /// `LOG_FORMAT`: `text | json`, default text.
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
        let levels = "error, warn, info, debug or trace";
        Self {
            level: variables.parsed("LOG_LEVEL", level, levels, |name| {
                match name.to_ascii_lowercase().as_str() {
                    "error" => Some(Level::ERROR),
                    "warn" => Some(Level::WARN),
                    "info" => Some(Level::INFO),
                    "debug" => Some(Level::DEBUG),
                    "trace" => Some(Level::TRACE),
                    _ => None,
                }
            }),
            format: variables.parsed("LOG_FORMAT", LogFormat::Text, "text or json", |name| {
                match name.to_ascii_lowercase().as_str() {
                    "text" => Some(LogFormat::Text),
                    "json" => Some(LogFormat::Json),
                    _ => None,
                }
            }),
        }
    }
}
