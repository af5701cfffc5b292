//! Adapters of the ports of `todo-domain`.

mod clock;
mod ids;
mod password;

pub use clock::SystemClock;
pub use ids::UuidV7;
pub use password::{Argon2Cost, Argon2Hasher, HashingLimits};
