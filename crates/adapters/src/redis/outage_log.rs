//! Tells of outages without filling the log with them.

use std::{fmt::Display, time::Duration};

use parking_lot::Mutex;
use tokio::time::Instant;

/// The shortest time between two warnings of a kind.
const QUIET: Duration = Duration::from_secs(60);

/// Warns once a minute at most, and tells of the end of what it warned of.
#[derive(Debug, Default)]
pub(super) struct OutageLog(Mutex<Logged>);

#[derive(Debug, Default)]
struct Logged {
    away: Option<Instant>,
    /// Somebody reads the log and believes that Redis is away.
    believed_away: bool,
    refused: Option<Instant>,
}

impl OutageLog {
    /// Redis can't be used.
    pub(super) fn away(&self, error: impl Display) {
        let mut logged = self.0.lock();
        if is_due(&mut logged.away) {
            logged.believed_away = true;
            tracing::warn!(%error, "Redis is away, the service goes on without it");
        }
    }

    /// Redis can be used.
    pub(super) fn back(&self) {
        let mut logged = self.0.lock();
        if std::mem::take(&mut logged.believed_away) {
            tracing::info!("Redis is back");
        }
    }

    /// Redis answers, but refuses a command.
    pub(super) fn refused(&self, error: impl Display) {
        let mut logged = self.0.lock();
        if is_due(&mut logged.refused) {
            tracing::warn!(%error, "Redis refuses a command, the service goes on without it");
        }
    }
}

fn is_due(last: &mut Option<Instant>) -> bool {
    let now = Instant::now();
    let due = last.is_none_or(|last| now.duration_since(last) >= QUIET);
    if due {
        *last = Some(now);
    }
    due
}
