//! How Cohere is reached, and how it answers.

use std::num::NonZeroU32;

use secrecy::{ExposeSecret, SecretString};
use todo_adapters::{CohereSettings, Temperature};
use url::Url;

use super::{Variables, provider};

/// Where Cohere itself is.
const COHERE: &str = "https://api.cohere.com";

/// Reads what the environment says about Cohere; `None` if it asks for nothing that could be
/// reached: neither a key nor another address is given.
///
/// - `COHERE_API_KEY`: the key. Default: none, which suits other addresses only.
/// - `COHERE_BASE_URL`: where the API is, `http` or `https`. Default: Cohere's own.
/// - `COHERE_MODEL`: a model's name; a retired one stands for its successor. Default
///   `command-a-03-2025`.
/// - `COHERE_TEMPERATURE`: from 0 to 1, default 0.7.
/// - `COHERE_MAX_TOKENS`: the most tokens an answer may have, 1 to 64000 and no more than the model
///   is able to; default 1024.
pub(super) fn read(variables: &mut Variables) -> Option<CohereSettings> {
    let api_key = api_key(variables);
    let own = Url::parse(COHERE).ok()?;
    let base_url = variables.base_url("COHERE_BASE_URL").unwrap_or_else(|| own.clone());
    let is_reachable = api_key.is_some() || base_url != own;
    let defaults = CohereSettings::new(base_url, api_key);
    let settings = CohereSettings {
        temperature: variables.parsed(
            "COHERE_TEMPERATURE",
            defaults.temperature,
            "a number from 0 to 1",
            |text| Temperature::new(text.parse().ok()?).ok(),
        ),
        max_tokens: variables.whole_as(
            "COHERE_MAX_TOKENS",
            defaults.max_tokens,
            "a whole number",
            1..=64_000,
            NonZeroU32::new,
        ),
        circuit_breaker: provider::read(variables),
        model: variables.text("COHERE_MODEL").map_or(defaults.model.clone(), |name| {
            name.parse().unwrap_or_else(|error| {
                variables.fault("COHERE_MODEL", format!("{error}"));
                defaults.model.clone()
            })
        }),
        ..defaults
    };
    is_reachable.then_some(settings)
}

fn api_key(variables: &mut Variables) -> Option<SecretString> {
    let key = variables.secret("COHERE_API_KEY")?;
    if !key.expose_secret().bytes().all(|byte| byte.is_ascii_graphic()) {
        variables.fault("COHERE_API_KEY", "must be visible ASCII characters without blanks");
    }
    Some(key)
}
