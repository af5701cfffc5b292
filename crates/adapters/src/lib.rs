//! The outside world behind the ports of `todo-domain`: PostgreSQL and SQLite.
#![warn(missing_docs)]

mod storage;

pub use storage::{
    Database, DatabaseEngine, DatabaseSettings, DatabaseUrl, DatabaseUrlError, MigrationError,
    MigrationState, OpenError, PoolStatus,
};
