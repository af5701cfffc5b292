//! The outside world behind the ports of `todo-domain`: PostgreSQL and SQLite, Redis, Cohere,
//! password hashing, limits, the clock, ids.
//!
//! Features, all on by default: `databases` (PostgreSQL and SQLite), `redis`, `cohere` (with the HTTP
//! client). Without any of them there is what needs no other program: hashing, limits in the
//! process, the clock, ids, exports, and the [`codec`] of what is kept as JSON.
#![warn(missing_docs)]

#[cfg(feature = "cohere")]
mod circuit_breaker;
mod clock;
pub mod codec;
#[cfg(feature = "cohere")]
mod cohere;
#[cfg(feature = "databases")]
mod conversation_cache;
mod error_chain;
mod fair_queue;
#[cfg(feature = "cohere")]
mod http_client;
mod ids;
mod instrumented_model;
mod limits;
mod password;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "databases")]
mod storage;
#[cfg(any(feature = "databases", feature = "redis", feature = "cohere"))]
mod tls;
#[cfg(feature = "redis")]
mod turn_logs;

#[cfg(feature = "cohere")]
pub use circuit_breaker::CircuitBreakerSettings;
pub use clock::SystemClock;
pub use codec::JsonLines;
#[cfg(feature = "cohere")]
pub use cohere::{
    CohereModel, CohereModelName, CohereModelNameError, CohereRetries, CohereSettings,
    CohereSetupError, CohereTimeouts, Temperature, TemperatureError, decode_cohere_answer,
};
#[cfg(feature = "databases")]
pub use conversation_cache::ConversationCache;
pub use error_chain::error_chain;
#[cfg(feature = "cohere")]
pub use http_client::{http_client, is_loopback};
pub use ids::UuidV7;
pub use instrumented_model::InstrumentedModel;
pub use limits::InProcessLimits;
#[cfg(feature = "redis")]
pub use limits::SharedLimits;
pub use password::{Argon2Cost, Argon2Hasher, HashingLimits};
#[cfg(feature = "redis")]
pub use redis::{
    MemoryError, RedisProbeError, RedisSettings, RedisUrl, RedisUrlError, SharedMemory,
};
#[cfg(feature = "databases")]
pub use storage::{
    BackupError, Copied, Database, DatabaseEngine, DatabaseSettings, DatabaseUrl, DatabaseUrlError,
    Existing, KeptSecret, MigrationError, MigrationState, OpenError, Pooler, PoolerError,
    PoolerFound, Protection, ProtectionError, ReplicaProbeError, ReplicaSettings, Restored,
    RowCounts, SecretOutcome, SharedWrites, SslMode, TlsFailure, Verification, backup, restore,
};
#[cfg(any(feature = "databases", feature = "redis", feature = "cohere"))]
pub use tls::install_crypto_provider;
#[cfg(feature = "redis")]
pub use turn_logs::SharedTurnLogs;

/// Compiles the examples of the README.
#[cfg(all(doctest, feature = "databases"))]
#[doc = include_str!("../README.md")]
struct Readme;
