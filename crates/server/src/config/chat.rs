//! Who answers in a chat, and how long a turn may take.

use std::time::Duration;

use todo_adapters::DatabaseEngine;

use super::Variables;

/// Who answers in a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChatEngine {
    /// The built-in assistant: no network, no key.
    Offline,
}

/// Who answers in a chat, and how long a turn may take.
///
/// `COHERE_API_KEY` and `COHERE_MODEL` (default `command-a-03-2025`) are checked and not kept as
/// long as there is no engine that takes them.
#[derive(Debug)]
pub(crate) struct ChatConfig {
    /// `CHAT_ENGINE`: `cohere | offline`. Default: cohere with a key and with PostgreSQL, offline
    /// otherwise.
    pub(crate) engine: ChatEngine,
    /// `CHAT_TIMEOUT`: how long a turn may take in all. Seconds from 0.1 to 300, default 30.
    pub(crate) timeout: Duration,
}

impl ChatConfig {
    pub(super) fn read(variables: &mut Variables, database: DatabaseEngine) -> Self {
        variables.parsed("COHERE_MODEL", (), "a model's name such as command-a-03-2025", |name| {
            is_model_name(name).then_some(())
        });
        Self {
            engine: engine(variables, database),
            timeout: variables.seconds("CHAT_TIMEOUT", Duration::from_secs(30), 0.1..=300.0),
        }
    }
}

#[derive(Clone, Copy)]
enum Choice {
    Cohere,
    Offline,
}

fn engine(variables: &mut Variables, database: DatabaseEngine) -> ChatEngine {
    let has_key = variables.secret("COHERE_API_KEY").is_some();
    let choice = variables.parsed("CHAT_ENGINE", None, "cohere or offline", |name| {
        match name.to_ascii_lowercase().as_str() {
            "cohere" => Some(Some(Choice::Cohere)),
            "offline" => Some(Some(Choice::Offline)),
            _ => None,
        }
    });
    match (choice, has_key, database) {
        (Some(Choice::Offline), ..) | (None, false, DatabaseEngine::Sqlite) => {}
        (None, false, DatabaseEngine::Postgres) => variables
            .fault("COHERE_API_KEY", "is required with PostgreSQL, unless CHAT_ENGINE=offline"),
        // There is no Cohere adapter yet. Whoever asks for Cohere shall not get another assistant
        // in its place without a word.
        (Some(Choice::Cohere), ..) | (None, true, _) => variables
            .fault("CHAT_ENGINE", "Cohere is not part of this build, set CHAT_ENGINE=offline"),
    }
    ChatEngine::Offline
}

/// Which models there are changes without us; what their names look like does not.
fn is_model_name(name: &str) -> bool {
    name.len() <= 100
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:/".contains(c))
}
