//! The outside world behind the ports of `todo-domain`: PostgreSQL and SQLite, Redis, Cohere,
//! password hashing, limits, the clock, ids.
#![warn(missing_docs)]

mod archive_format;
mod circuit_breaker;
mod clock;
mod cohere;
mod conversation_cache;
mod error_chain;
mod fair_queue;
mod ids;
mod instrumented_model;
mod limits;
mod password;
mod redis;
mod storage;
mod tls;
mod turn_logs;

pub use archive_format::JsonLines;
pub use circuit_breaker::CircuitBreakerSettings;
pub use clock::SystemClock;
pub use cohere::{
    CohereModel, CohereModelName, CohereModelNameError, CohereRetries, CohereSettings,
    CohereSetupError, CohereTimeouts, Temperature, TemperatureError, decode_cohere_answer,
};
pub use conversation_cache::ConversationCache;
pub use error_chain::error_chain;
pub use ids::UuidV7;
pub use instrumented_model::InstrumentedModel;
pub use limits::{InProcessLimits, SharedLimits};
pub use password::{Argon2Cost, Argon2Hasher, HashingLimits};
pub use redis::{
    MemoryError, RedisProbeError, RedisSettings, RedisUrl, RedisUrlError, SharedMemory,
};
pub use storage::{
    BackupError, Copied, Database, DatabaseEngine, DatabaseSettings, DatabaseUrl, DatabaseUrlError,
    Existing, KeptSecret, MigrationError, MigrationState, OpenError, Pooler, PoolerError,
    PoolerFound, Protection, ProtectionError, ReplicaProbeError, ReplicaSettings, Restored,
    RowCounts, SecretOutcome, SslMode, TlsFailure, Verification, backup, restore,
};
pub use tls::{http_client, install_crypto_provider, is_loopback};
pub use turn_logs::SharedTurnLogs;

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
