//! Who answers in a chat, and within which bounds.

use todo_adapters::DatabaseEngine;
use todo_domain::{ConfirmAbove, TokenBudget};
use todo_service::{ChatEngine, ChatSettings};

use super::{Variables, cohere, prices};

/// Reads who answers in a chat, and within which bounds.
///
/// - `CHAT_ENGINE`: `cohere | offline`. Default: cohere with `COHERE_API_KEY`, with another
///   `COHERE_BASE_URL` than Cohere's own, and with PostgreSQL; offline otherwise.
/// - `CHAT_TIMEOUT`: seconds from 0.1 to 300.
/// - `SLOW_CHAT_THRESHOLD`: seconds from 0 to 300; with 0 every turn is slow.
/// - `CHAT_TOKENS_PER_DAY`: from 1 to 1000000000000, or 0 for any number, which is the default. The
///   tokens of a day of UTC are those read and written together.
/// - `CONFIRM_ABOVE`: how many tasks a turn deletes without asking, from 0 to 50; 3 by default.
/// - `MODEL_PRICES`: what tokens cost, in `prices.rs`.
pub(super) fn read(variables: &mut Variables, database: DatabaseEngine) -> ChatSettings {
    let ChatSettings { turns, prices, .. } = ChatSettings::default();
    ChatSettings {
        engine: engine(variables, database),
        turns: todo_app::ChatSettings {
            timeout: variables.seconds("CHAT_TIMEOUT", turns.timeout, 0.1..=300.0),
            slow_threshold: variables.seconds(
                "SLOW_CHAT_THRESHOLD",
                turns.slow_threshold,
                0.0..=300.0,
            ),
            token_budget: variables.whole_as(
                "CHAT_TOKENS_PER_DAY",
                turns.token_budget,
                "a whole number of tokens",
                0..=TokenBudget::MAX.get(),
                |tokens| Some(TokenBudget::new(tokens).ok()),
            ),
            confirm_above: variables.whole_as(
                "CONFIRM_ABOVE",
                turns.confirm_above,
                "a whole number of tasks",
                0..=ConfirmAbove::MAX,
                |tasks| ConfirmAbove::new(tasks).ok(),
            ),
            ..turns
        },
        prices: prices::read(variables, prices),
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
