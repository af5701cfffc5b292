//! Adapters of the ports of `todo-domain`.

mod clock;
mod ids;
mod offline;
mod password;

pub use clock::SystemClock;
pub use ids::UuidV7;
pub use offline::OfflineAssistant;
pub use password::{Argon2Cost, Argon2Hasher, HashingLimits};
