//! The outside world behind the ports of `todo-domain`: PostgreSQL and SQLite, Redis, Cohere,
//! the offline assistant, password hashing, limits, the clock, ids.
#![warn(missing_docs)]

mod archive_format;
mod causes;
mod clock;
mod cohere;
mod conversation_cache;
mod fair_queue;
mod gate;
mod ids;
mod limits;
mod measured_model;
mod offline;
mod password;
mod redis;
mod storage;
mod tls;

pub use archive_format::JsonLines;
pub use causes::with_causes;
pub use clock::SystemClock;
pub use cohere::{
    CohereModel, CohereModelName, CohereModelNameError, CoherePatience, CohereRetries,
    CohereSettings, CohereSetupError, Temperature, TemperatureError, decode_cohere_answer,
};
pub use conversation_cache::ConversationCache;
pub use gate::GateSettings;
pub use ids::UuidV7;
pub use limits::{InProcessLimits, SharedLimits};
pub use measured_model::MeasuredModel;
pub use offline::OfflineAssistant;
pub use password::{Argon2Cost, Argon2Hasher, HashingLimits};
pub use redis::{
    MemoryError, RedisProbeError, RedisSettings, RedisUrl, RedisUrlError, SharedMemory,
};
pub use storage::{
    BackupError, Database, DatabaseEngine, DatabaseSettings, DatabaseUrl, DatabaseUrlError,
    Existing, Holdings, KeptSecret, MigrationError, MigrationState, OpenError, Pooler, PoolerError,
    PoolerFound, Protection, ProtectionError, ReplicaProbeError, ReplicaSettings, Restored,
    SecretOutcome, SslMode, TlsFailure, Verification, backup, restore,
};
pub use tls::{http_client, install_crypto_provider, is_loopback};

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
