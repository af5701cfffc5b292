//! Where limits are counted: in this process, or together with others in the memory they share.

mod in_process;
#[cfg(feature = "redis")]
mod shared;

pub use in_process::InProcessLimits;
#[cfg(feature = "redis")]
pub use shared::SharedLimits;
