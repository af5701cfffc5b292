//! Where limits are counted: in this process, or together with others in the memory they share.

mod in_process;
mod shared;

pub use in_process::InProcessLimits;
pub use shared::SharedLimits;
