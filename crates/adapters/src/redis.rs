//! Redis: memory that the processes of the service share. Whatever lies in it can be done
//! without, for Redis may be away, slow, empty or full at any time.

mod connection;
mod outage_log;
mod probe;
mod shared_memory;
mod url;

pub use probe::RedisProbeError;
pub use shared_memory::{MemoryError, RedisSettings, SharedMemory};
pub use url::{RedisUrl, RedisUrlError};
