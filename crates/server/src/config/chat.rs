//! Who answers in a chat, and within which bounds.

use std::num::NonZeroU32;

use secrecy::{ExposeSecret, SecretString};
use todo_adapters::{CircuitBreakerSettings, CohereSettings, DatabaseEngine, Temperature};
use todo_domain::{ConfirmAbove, ModelPrices, TokenBudget, TokenPrice};
use todo_service::{ChatEngine, ChatSettings};
use url::Url;

use super::{
    Variables,
    table::{
        CHAT_ENGINE, CHAT_TIMEOUT, CHAT_TOKENS_PER_DAY, COHERE_API_KEY, COHERE_BASE_URL,
        COHERE_MAX_TOKENS, COHERE_MODEL, COHERE_TEMPERATURE, CONFIRM_ABOVE, MODEL_PRICES,
        PROVIDER_BREAKER_FAILURES, PROVIDER_BREAKER_PAUSE, PROVIDER_CONCURRENCY, PROVIDER_QUEUE,
        SLOW_CHAT_THRESHOLD,
    },
};

/// Where Cohere itself is.
const COHERE: &str = "https://api.cohere.com";

/// Reads who answers in a chat, and within which bounds.
pub(super) fn read(variables: &mut Variables, database: DatabaseEngine) -> ChatSettings {
    let ChatSettings { turns, prices, .. } = ChatSettings::default();
    ChatSettings {
        engine: engine(variables, database),
        turns: todo_app::ChatSettings {
            timeout: variables.seconds(CHAT_TIMEOUT, turns.timeout),
            slow_threshold: variables.seconds(SLOW_CHAT_THRESHOLD, turns.slow_threshold),
            token_budget: TokenBudget::new(
                variables
                    .whole(CHAT_TOKENS_PER_DAY, turns.token_budget.map_or(0, TokenBudget::get)),
            )
            .ok(),
            confirm_above: ConfirmAbove::new(
                variables.whole(CONFIRM_ABOVE, turns.confirm_above.get()),
            )
            .unwrap_or(turns.confirm_above),
            ..turns
        },
        prices: read_prices(variables, prices),
    }
}

#[derive(Clone, Copy)]
enum Engine {
    Cohere,
    Offline,
}

fn engine(variables: &mut Variables, database: DatabaseEngine) -> ChatEngine {
    let cohere = read_cohere(variables);
    let choice = variables.choice(CHAT_ENGINE, None, |word| match word {
        "cohere" => Some(Some(Engine::Cohere)),
        "offline" => Some(Some(Engine::Offline)),
        _ => None,
    });
    match (choice, cohere, database) {
        (Some(Engine::Cohere) | None, Some(settings), _) => {
            return ChatEngine::Cohere(Box::new(settings));
        }
        // Whoever relies on the service, or asked for Cohere, shall not silently get another
        // assistant.
        (Some(Engine::Cohere), None, _) => {
            variables.fault(COHERE_API_KEY.name, "is required with CHAT_ENGINE=cohere");
        }
        (None, None, DatabaseEngine::Postgres) => variables
            .fault(COHERE_API_KEY.name, "is required with PostgreSQL, unless CHAT_ENGINE=offline"),
        (Some(Engine::Offline), ..) | (None, None, DatabaseEngine::Sqlite) => {}
    }
    ChatEngine::Offline
}

/// Reads what the environment says about Cohere; `None` if it asks for nothing that could be
/// reached: neither a key nor another address is given.
fn read_cohere(variables: &mut Variables) -> Option<CohereSettings> {
    let api_key = api_key(variables);
    let own = Url::parse(COHERE).ok()?;
    variables.note_default(COHERE_BASE_URL.name, COHERE);
    let base_url = variables.base_url(COHERE_BASE_URL).unwrap_or_else(|| own.clone());
    let is_reachable = api_key.is_some() || base_url != own;
    let defaults = CohereSettings::new(base_url, api_key);
    let temperature = (defaults.temperature.get(), defaults.temperature);
    let settings = CohereSettings {
        temperature: variables
            .share(COHERE_TEMPERATURE, temperature, |number| Temperature::new(number).ok()),
        max_tokens: NonZeroU32::new(variables.whole(COHERE_MAX_TOKENS, defaults.max_tokens.get()))
            .unwrap_or(defaults.max_tokens),
        circuit_breaker: circuit_breaker(variables),
        model: variables.text_or(COHERE_MODEL, defaults.model.as_str()).parse().unwrap_or_else(
            |error| {
                variables.fault(COHERE_MODEL.name, format!("{error}"));
                defaults.model.clone()
            },
        ),
        ..defaults
    };
    is_reachable.then_some(settings)
}

fn api_key(variables: &mut Variables) -> Option<SecretString> {
    let key = variables.secret(COHERE_API_KEY)?;
    if !key.expose_secret().bytes().all(|byte| byte.is_ascii_graphic()) {
        variables.fault(COHERE_API_KEY.name, "must be visible ASCII characters without blanks");
    }
    Some(key)
}

/// Reads how calls of the provider are held back.
fn circuit_breaker(variables: &mut Variables) -> CircuitBreakerSettings {
    let defaults = CircuitBreakerSettings::default();
    CircuitBreakerSettings {
        failures: variables.whole(PROVIDER_BREAKER_FAILURES, defaults.failures),
        pause: variables.seconds(PROVIDER_BREAKER_PAUSE, defaults.pause),
        concurrency: variables.whole(PROVIDER_CONCURRENCY, defaults.concurrency),
        queue: variables.whole(PROVIDER_QUEUE, defaults.queue),
        longest_wait: defaults.longest_wait,
    }
}

/// Reads what models cost. What is given is added to what there is by default and goes before it. A
/// model without a price has no cost in the metrics, and none that is known in what a user is shown.
fn read_prices(variables: &mut Variables, mut prices: ModelPrices) -> ModelPrices {
    for (position, entry) in (1..).zip(variables.list(MODEL_PRICES)) {
        match price(&entry) {
            Some(price) => prices.extend([price]),
            None => variables.fault(
                MODEL_PRICES.name,
                format!(
                    "entry {position} must be model=input/output in dollars for a million tokens, \
                     each from 0 to 1000 with at most 6 decimals, such as command-r-08-2024=0.15/0.60"
                ),
            ),
        }
    }
    prices
}

fn price(entry: &str) -> Option<(String, TokenPrice)> {
    let (model, price) = entry.split_once('=')?;
    let price: TokenPrice = price.parse().ok()?;
    let model = model.trim();
    (!model.is_empty()).then(|| (model.to_owned(), price))
}
