//! UserSelector answers in a chat, and how long a turn may take.

use std::time::Duration;

use todo_adapters::{CohereSettings, DatabaseEngine};
use todo_domain::{ModelPrices, TokenBudget};

use super::{Variables, cohere, prices};

/// UserSelector answers in a chat.
#[derive(Debug)]
pub(crate) enum ChatEngine {
    /// The built-in assistant: no network, no key.
    Offline,
    /// A model of Cohere's, or of whoever speaks its language.
    Cohere(Box<CohereSettings>),
}

impl ChatEngine {
    /// Its name in a log.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Offline => "offline",
            Self::Cohere(settings) => settings.model.as_str(),
        }
    }
}

/// UserSelector answers in a chat, and how long a turn may take.
#[derive(Debug)]
pub(crate) struct ChatConfig {
    /// `CHAT_ENGINE`: `cohere | offline`. Default: cohere with `COHERE_API_KEY`, with another
    /// `COHERE_BASE_URL` than Cohere's own, and with PostgreSQL; offline otherwise.
    pub(crate) engine: ChatEngine,
    /// `CHAT_TIMEOUT`: how long a turn may take in all. Seconds from 0.1 to 300, default 30.
    pub(crate) timeout: Duration,
    /// `SLOW_CHAT_THRESHOLD`: what the log warns of, with where the time went. Seconds from 0 to
    /// 300, default 5; with 0 every turn is slow.
    pub(crate) slow_threshold: Duration,
    /// `CHAT_TOKENS_PER_DAY`: how many tokens of the provider a user may spend in a day of UTC, read
    /// and written together. From 1 to 1000000000000, or 0 for any number, which is the default. The
    /// offline assistant spends none.
    pub(crate) tokens_per_day: Option<TokenBudget>,
    /// `MODEL_PRICES`: what tokens cost, for the metrics. Default: Cohere's public prices.
    pub(crate) prices: ModelPrices,
}

impl ChatConfig {
    pub(super) fn read(variables: &mut Variables, database: DatabaseEngine) -> Self {
        Self {
            engine: engine(variables, database),
            timeout: variables.seconds("CHAT_TIMEOUT", Duration::from_secs(30), 0.1..=300.0),
            slow_threshold: variables.seconds(
                "SLOW_CHAT_THRESHOLD",
                Duration::from_secs(5),
                0.0..=300.0,
            ),
            tokens_per_day: variables.whole_as(
                "CHAT_TOKENS_PER_DAY",
                None,
                "a whole number of tokens",
                0..=TokenBudget::MAX.get(),
                |tokens| Some(TokenBudget::new(tokens).ok()),
            ),
            prices: prices::read(variables),
        }
    }
}

#[derive(Clone, Copy)]
enum Choice {
    Cohere,
    Offline,
}

fn engine(variables: &mut Variables, database: DatabaseEngine) -> ChatEngine {
    let cohere = cohere::read(variables);
    let choice = variables.parsed("CHAT_ENGINE", None, "cohere or offline", |name| {
        match name.to_ascii_lowercase().as_str() {
            "cohere" => Some(Some(Choice::Cohere)),
            "offline" => Some(Some(Choice::Offline)),
            _ => None,
        }
    });
    match (choice, cohere, database) {
        (Some(Choice::Cohere) | None, Some(settings), _) => {
            return ChatEngine::Cohere(Box::new(settings));
        }
        // Whoever relies on the service, or asked for Cohere, shall not get another assistant in
        // its place without a word.
        (Some(Choice::Cohere), None, _) => {
            variables.fault("COHERE_API_KEY", "is required with CHAT_ENGINE=cohere");
        }
        (None, None, DatabaseEngine::Postgres) => variables
            .fault("COHERE_API_KEY", "is required with PostgreSQL, unless CHAT_ENGINE=offline"),
        (Some(Choice::Offline), ..) | (None, None, DatabaseEngine::Sqlite) => {}
    }
    ChatEngine::Offline
}
