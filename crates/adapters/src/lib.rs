//! The outside world behind the ports of `todo-domain`: PostgreSQL and SQLite, Cohere, the
//! offline assistant, password hashing, the clock, ids.
#![warn(missing_docs)]

mod clock;
mod cohere;
mod ids;
mod measured_model;
mod offline;
mod password;
mod storage;
mod tls;

pub use clock::SystemClock;
pub use cohere::{
    CohereModel, CohereModelName, CohereModelNameError, CoherePatience, CohereRetries,
    CohereSettings, CohereSetupError, Temperature, TemperatureError, decode_cohere_answer,
};
pub use ids::UuidV7;
pub use measured_model::MeasuredModel;
pub use offline::OfflineAssistant;
pub use password::{Argon2Cost, Argon2Hasher, HashingLimits};
pub use storage::{
    Database, DatabaseEngine, DatabaseSettings, DatabaseUrl, DatabaseUrlError, MigrationError,
    MigrationState, OpenError, PoolStatus,
};
pub use tls::install_crypto_provider;
