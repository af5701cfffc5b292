//! The outside world behind the ports of `todo-domain`.
#![warn(missing_docs)]

mod cached_model_health;
mod cohere;
mod tls;

pub use cached_model_health::CachedModelHealth;
pub use cohere::{
    CohereModel, CohereModelName, CohereModelNameError, CoherePatience, CohereRetries,
    CohereSettings, CohereSetupError, Temperature, TemperatureError, decode_cohere_answer,
};
pub use tls::install_crypto_provider;
