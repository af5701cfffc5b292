//! Where users, tasks, conversations and turns are kept: PostgreSQL or SQLite behind the ports.
//!
//! `engine/` holds what is an engine's own, `sql/` the queries, which are written once and compiled
//! for each engine. What the ports ask for reaches the database through one function, `Db::run`.

mod backup;
mod columns;
mod database;
mod engine;
mod error;
mod file;
mod migrations;
mod observers;
mod pool;
mod pooler;
mod provenance;
mod replica;
mod searches;
mod space;
mod tls;
mod trace;
mod unit_telemetry;
mod url;

pub use backup::{
    BackupError, Copied, Existing, KeptSecret, Restored, RowCounts, SecretOutcome, backup, restore,
};
pub use database::{Database, DatabaseSettings, MigrationError, OpenError};
pub use migrations::MigrationState;
pub(crate) use observers::{WriteObserver, Written};
pub use pooler::{Pooler, PoolerError, PoolerFound};
pub use replica::{ReplicaProbeError, ReplicaSettings, SharedWrites};
pub use tls::{Protection, ProtectionError, SslMode, TlsFailure, Verification};
pub use url::{DatabaseEngine, DatabaseUrl, DatabaseUrlError};
